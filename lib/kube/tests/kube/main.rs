//! The kinds through the engine: with the real helm, and against a real control plane.
//!
//! `GROUNDPLAN_TEST_HELM` names the helm program, of version 3 or 4, and
//! `GROUNDPLAN_TEST_CONTROL_PLANE` the program built from `driver/sandbox/control-plane`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cluster;
mod folder;
mod heal;
mod marked;
mod objects;
mod preview;
mod releases;
mod world;
