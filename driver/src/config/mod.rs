//! The settings of a run: `groundplan.toml`, found, layered, and checked all at once.
//!
//! Pure but for [`load`], which reads the files.

mod check;
mod document;
mod load;
mod mend;
mod mistake;
mod path;
mod schema;
mod waivers;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use check::{Sound, check};
pub(crate) use load::{Files, Wanted, find, load};
pub(crate) use schema::schema;
pub(crate) use words::meant;
