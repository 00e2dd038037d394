//! What a rule found in a program, and who answers for leaving it so.

use groundplan_state::Address;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know and to mend some day.
    Warn,
    /// Not to be applied unless somebody answers for it.
    Error,
}

/// A rule's judgement on one field of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// The rule's name, such as `rds-backups`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Of which resource.
    #[schemars(with = "String")]
    pub address: Address,
    /// The field that was read.
    pub field: String,
    /// What was found, as a sentence: `no backups are kept`.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// How to mend it.
    pub mend: String,
    /// Who answers for leaving it so, if somebody does.
    pub waiver: Option<Waiver>,
    /// Whether the waiver's last day is over: then it counts no more.
    pub expired: bool,
}

/// A finding that is left as it is, because somebody answers for that until a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The rule's name, such as `rds-multi-az`.
    pub rule: String,
    /// The resource, such as `rds.instance/main`; wherever the rule finds something if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub address: Option<Address>,
    /// Why it is right here.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Who answers for it: a person or a team.
    #[schemars(length(min = 1))]
    pub owner: String,
    /// The last day on which it counts, such as `2027-03-31`.
    #[schemars(with = "String")]
    pub expires: Date,
}

impl Finding {
    /// Whether it stands: nobody answers for it, or not any more.
    pub fn stands(&self) -> bool {
        self.waiver.is_none() || self.expired
    }
}

impl Waiver {
    /// Whether it is about what this rule found in this resource.
    pub(crate) fn covers(&self, rule: &str, address: &Address) -> bool {
        self.rule == rule && self.address.as_ref().is_none_or(|only| only == address)
    }
}
