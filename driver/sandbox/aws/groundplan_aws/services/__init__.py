"""What is added to moto, one module per service or, for a large one, per kind of object."""
