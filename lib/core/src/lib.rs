//! The engine: a graph of resources is compared with a recorded state, and the difference applied.
//!
//! ```text
//! program ──add──▶ Stack ──freeze──▶ Graph ─┐
//!                                           ├─ plan (pure) ─▶ Plan ─ apply ─▶ journal ─▶ state
//! state ──────────────load──▶ Snapshot ─────┤                  │
//! cloud ──────answers to Need──▶ ───────────┘                  └─▶ Event ─▶ renderers
//! ```
//!
//! This crate knows no cloud and no terminal. It never prints, never reads the environment and never
//! ends the process.

mod apply;
mod cx;
mod danger;
mod event;
mod expr;
mod fault;
mod finding;
mod graph;
mod handover;
mod iam;
mod kind;
mod meta;
mod observe;
mod pace;
mod plan;
mod program;
mod recover;
mod refresh;
mod resource;
mod rules;
mod secret;
mod stack;
mod standing;
pub mod testing;
mod value;
mod wait;
pub mod words;

pub use apply::{ApplyError, ApplySettings, Report, apply};
pub use cx::{Cx, CxBuilder, StepCx};
pub use danger::{Danger, DangerKind, Risk, Transition};
pub use event::{Event, Events, Verb};
pub use expr::{
    Known, Use, describe, is_known, references, resolve, shown, stand_in, to_json, uses,
};
pub use fault::{Class, Fault, FaultParts};
pub use finding::{Finding, Severity, Waiver};
pub use graph::Graph;
pub use groundplan_state::{Address, Options, Timeouts};
pub use handover::{HandoverError, can_go, hand_over};
pub use iam::{Hole, Iam, When};
pub use jiff::civil::Date;
pub use kind::Registry;
pub use meta::{LostCreate, Meta, Naming, Ownership, ReadCost, Stays, Typical, overlaps};
pub use observe::{
    Fields, Identity, Live, Mark, Marked, Near, Owner, Preview, PreviewObject, Problems, Seen,
    TAG_ADDRESS, TAG_GENERATION, TAG_LINEAGE, TAG_PREFIX, TAG_STACK, Wanted,
};
pub use pace::{Answer, Pace, Rate};
pub use plan::{
    Act, Action, Approved, Cause, Change, Counts, Difference, FieldChange, Mode, Node, Outlook,
    Plan, PlanError, Refusal, ReplaceOrder, Settings, Touch, plan, same_policy,
};
pub use program::Program;
pub use recover::{Recovered, lineages, recover};
pub use refresh::{Drift, DriftField, OutputChange, Refreshed, refresh};
pub use resource::{Derived, Outputs, Resource, Result};
pub use rules::{Checked, Checks, Rule, Rules, Verdict, View};
pub use secret::{Resolved, Secret, SecretResolver, SecretSource};
pub use serde_json::{Value as Json, json};
pub use stack::{Problem, Stack};
pub use standing::Standing;
pub use tokio_util::sync::CancellationToken;
pub use value::{Val, holes};
pub use wait::{Patience, Probe};

/// The number of a step within its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct StepId(pub usize);
