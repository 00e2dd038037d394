//! Objects that carry a stack's mark and are on no record, and those that more than one carries it.

mod doubles;
mod orphans;
