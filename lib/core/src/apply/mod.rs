//! Carries out a plan. The only owner of the state: what is done is recorded before it counts.

mod change;
mod dispatch;
mod record;
mod step;

use crate::{Cx, Fault, Known, Plan, Registry, expr};
use groundplan_state::{Address, Change, Run, Session, Slot, Snapshot, Why};
use serde_json::{Map, Value as Json};

/// How to apply.
#[derive(Clone, Debug)]
pub struct ApplySettings {
    /// Steps under way at once.
    pub at_once: usize,
    /// Resources whose protection is lifted for this run, in the cloud too.
    pub unprotect: std::collections::BTreeSet<Address>,
    /// Who runs it, for the record.
    pub run: Run,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps done.
    pub done: usize,
    /// Steps that failed, with why.
    pub failed: Vec<(Address, Fault)>,
    /// Resources whose steps were not tried.
    pub skipped: Vec<Address>,
    /// Whether the run was told to stop.
    pub cancelled: bool,
    /// What the stack gives to its users now.
    pub outputs: Map<String, Json>,
}

impl Report {
    /// Whether everything was done.
    pub fn complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && !self.cancelled
    }
}

/// Why an apply did not begin, or could not record what it did.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Guards refuse the plan.
    #[error("the plan is refused")]
    Refused(Vec<crate::Refusal>),
    /// The state changed after the plan was made.
    #[error("the state has changed since the plan was made (serial {planned}, now {now})")]
    Stale {
        /// The serial the plan rests on.
        planned: u64,
        /// The serial now.
        now: u64,
    },
    /// The state could not be written. What the run had under way is ended as far as it can be.
    #[error("the state could not be written")]
    Store(#[from] groundplan_state::Error),
}

/// Carries out a plan, and records every step durably before anything rests on it.
///
/// # Errors
/// If the plan is refused or stale, before anything is touched; or if the state cannot be written.
/// Failed steps are in the [`Report`].
pub async fn apply(
    plan: Plan,
    session: &mut dyn Session,
    registry: &Registry,
    cx: &Cx,
    settings: ApplySettings,
) -> Result<Report, ApplyError> {
    if !plan.refusals.is_empty() {
        return Err(ApplyError::Refused(plan.refusals));
    }
    let now = session.snapshot().serial;
    if plan.serial != now {
        return Err(ApplyError::Stale { planned: plan.serial, now });
    }
    let absent = plan.absent.iter().map(|address| Change::Remove {
        address: address.clone(),
        slot: Slot::Current,
        why: Why::Absent,
    });
    let first: Vec<_> = plan.moved.into_iter().chain(plan.taken_up).chain(absent).collect();
    if !first.is_empty() {
        session.append(first).await?;
    }
    let mut report =
        dispatch::Dispatcher::new(plan.steps, registry, cx, &settings).run(session).await?;
    report.outputs = outputs(&plan.outputs, session.snapshot());
    if report.outputs != session.snapshot().outputs {
        session.append(vec![Change::Outputs { outputs: report.outputs.clone() }]).await?;
    }
    // A run that recorded nothing leaves the state as it was, to the byte.
    if session.snapshot().serial != now {
        session.compact(settings.run).await?;
    }
    Ok(report)
}

/// The stack's outputs, as far as they are known.
pub(crate) fn outputs(drafts: &Map<String, Json>, snapshot: &Snapshot) -> Map<String, Json> {
    let known = known(snapshot);
    let resolved = drafts.iter().map(|(name, draft)| (name.clone(), expr::resolve(draft, &known)));
    resolved.filter(|(_, value)| expr::is_known(value)).collect()
}

pub(crate) fn known(snapshot: &Snapshot) -> Known {
    let outputs =
        snapshot.entries.iter().filter_map(|(a, e)| Some((a.clone(), e.outputs.clone()?)));
    outputs.collect()
}
