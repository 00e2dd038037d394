//! Tests of the whole: what holds of every file, every kind, and of the platform in a sandbox.

mod forms;
mod kinds;
mod platform;
mod refusals;
mod rules;
mod tidy;
