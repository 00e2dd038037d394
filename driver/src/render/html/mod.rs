//! Pages for a browser: a plan, and its graph. Each is one file that needs nothing else, and is
//! complete without its script.
//!
//! Pure functions from data to text. Whatever comes from a plan passes through [`foreign`] or the
//! escaping of `maud`: nothing from elsewhere is ever markup, style or script. Nothing here cuts:
//! what is long is folded or scrolls.

mod change;
mod diff;
mod foreign;
mod frame;
mod graph;
mod links;
mod outlook;
mod plan;
mod value;

pub(crate) use graph::page as graph;
pub(crate) use plan::page;
