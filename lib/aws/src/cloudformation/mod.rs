//! Stacks of CloudFormation, and of the CDK, which deploys them: what is in one, to be taken over, and how
//! CloudFormation lets go of it.
//!
//! `stack` reads, `map` says which kind a resource is, `whole` whether what a part is of is in the stack, `parts`
//! looks for what goes with it, `obstacle` says what keeps a stack from going, `template` keeps everything when it
//! goes, `release` carries that out. A stack is no resource here: nothing makes one.

mod map;
mod obstacle;
mod parts;
mod release;
mod stack;
mod template;
mod whole;

pub use obstacle::{Obstacle, obstacles};
pub use parts::{Contents, Left, contents};
pub use release::{Release, Retained, delete, prepare, retain};
pub use stack::{CloudResource, CloudStack, read};
