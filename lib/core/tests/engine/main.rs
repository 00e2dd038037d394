//! The engine on the simulated cloud: what it promises, whatever happens in between.

mod crash;
mod plans;
mod programs;
mod random;
mod runs;
mod world;
