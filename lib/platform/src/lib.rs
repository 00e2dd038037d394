//! Components of a data platform, and the program that puts them together.

pub mod reference;
