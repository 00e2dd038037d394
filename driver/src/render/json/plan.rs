//! A plan for programs: the document and its JSON Schema, both from these types.

use super::FORMAT;
use groundplan::{Change, Counts, Danger, Finding, Json, Mode, Plan, Refusal, to_json};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;

/// A plan: what changes, why, and what to know before anybody approves of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "A plan of Groundplan", deny_unknown_fields)]
struct Document<'a> {
    /// The version of this form. It grows only when something is taken away or means something else.
    format: u32,
    /// The stack's name.
    stack: &'a str,
    /// What the plan is to bring about.
    mode: Mode,
    /// What tells this plan from any other; `apply --approved` takes it.
    digest: &'a str,
    /// How many resources are treated in which way.
    counts: Totals,
    /// What a reviewer must not miss, the most final first.
    dangers: &'a [Danger],
    /// What rules found.
    findings: &'a [Finding],
    /// Resources that change, in the order of their steps.
    changes: &'a [Change],
    /// What guards refuse. A plan with refusals cannot be applied.
    refusals: &'a [Refusal],
    /// What a reader should know of the whole.
    notes: &'a [String],
    /// How long it is likely to take.
    outlook: Outlook,
}

/// How many resources are treated in which way.
#[derive(Debug, Serialize, JsonSchema)]
struct Totals {
    #[serde(flatten)]
    counts: Counts,
    /// Left as they are.
    unchanged: usize,
}

/// How long the plan is likely to take.
#[derive(Debug, Serialize, JsonSchema)]
struct Outlook {
    /// From the first step to the last.
    likely_seconds: u64,
    /// The chain of steps that takes that long.
    longest: Vec<Link>,
}

/// One step of the chain that takes longest.
#[derive(Debug, Serialize, JsonSchema)]
struct Link {
    /// Of which resource.
    address: String,
    /// How long it is likely to take.
    seconds: u64,
}

/// A plan.
pub(crate) fn plan(plan: &Plan, digest: &str) -> Json {
    let longest = plan.outlook.longest.iter();
    to_json(&Document {
        format: FORMAT,
        stack: &plan.stack,
        mode: plan.mode,
        digest,
        counts: Totals { counts: plan.counts(), unchanged: plan.unchanged },
        dangers: &plan.dangers,
        findings: &plan.findings,
        changes: &plan.changes,
        refusals: &plan.refusals,
        notes: &plan.notes,
        outlook: Outlook {
            likely_seconds: plan.outlook.likely.as_secs(),
            longest: longest
                .map(|(address, took)| Link {
                    address: address.to_string(),
                    seconds: took.as_secs(),
                })
                .collect(),
        },
    })
}

/// The JSON Schema of [`plan`].
pub(crate) fn schema() -> Json {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    to_json(&generator.into_root_schema_for::<Document<'_>>())
}
