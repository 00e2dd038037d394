//! The engine on the simulated cloud: what it promises, whatever happens in between.

mod crash;
mod found;
mod history;
mod import;
mod moving;
mod plans;
mod programs;
mod refresh;
mod rules;
mod runs;
mod world;
