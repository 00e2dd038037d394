//! Stacks of CloudFormation, and of the CDK, which deploys them: what is in one, to be taken over, and how
//! CloudFormation lets go of it.
//!
//! `stack` reads, `map` says which kind a resource is, `parts` looks for what goes with it, `template` keeps
//! everything when the stack goes, `release` carries that out. A stack is no resource here: nothing makes one.

mod map;
mod parts;
mod release;
mod stack;
mod template;

pub use parts::{Contents, Left, contents};
pub use release::{Obstacle, Release, Retained, delete, obstacles, prepare, retain};
pub use stack::{CloudResource, CloudStack, read};
