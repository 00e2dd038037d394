//! What a rule found in a plan.

use groundplan_state::Address;
use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know and to mend some day.
    Warn,
    /// Not to be approved without a reason.
    Error,
}

/// A rule's judgement on one field of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// The rule's name, such as `rds-encrypted`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Of which resource.
    #[schemars(with = "String")]
    pub address: Address,
    /// The field that was read.
    pub field: String,
    /// What was found, as a sentence: `storage is not encrypted`.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// How to mend it.
    pub mend: String,
    /// Who answers for leaving it so, if somebody does.
    pub waiver: Option<Waiver>,
}

/// A finding that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Waiver {
    /// Why it is right here.
    pub reason: String,
    /// Who says so: a person or a team.
    pub owner: String,
    /// The last day on which it counts, such as `2027-03-31`.
    pub expires: String,
}

impl Finding {
    /// Whether it stands: nobody answers for it.
    pub fn stands(&self) -> bool {
        self.waiver.is_none()
    }
}
