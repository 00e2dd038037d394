//! Compares a program with the state and the cloud, and decides. Reads, never writes.
//!
//! [`Planner`](planner::Planner) is pure: it asks and is answered. What is here asks for it.

mod approved;
mod danger;
mod decide;
mod describe;
mod diff;
mod exact;
mod foreign;
mod found;
mod import;
mod model;
mod moving;
mod need;
mod order;
mod outlook;
mod planner;
mod replace;
mod sequence;
mod touch;

pub use approved::Approved;
pub use diff::same_policy;
pub use diff::{Cause, FieldChange};
pub use exact::Difference;
pub use model::{Action, Change, Counts, Mode, Plan, Refusal, ReplaceOrder};
pub use outlook::{Node, Outlook};
pub use touch::{Act, Touch};

pub(crate) use decide::name as physical_name;
pub(crate) use diff::{before, changes, keeping};
pub(crate) use foreign::foreign;
pub(crate) use found::{inputs_of, record_of};
pub(crate) use import::{mark_changes, obstacle};
pub(crate) use model::Step;
pub(crate) use order::took;

use crate::{
    Checks, Cx, Event, Fault, Graph, Patience, Registry, Result, Seen, kind::WantedJson, wait,
};
use futures::{StreamExt, stream::FuturesUnordered};
use groundplan_state::{Address, Slot, Snapshot};
use need::{Answer, Need};
use planner::{Planner, Polled};
pub(crate) use planner::{bearer, place};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How to plan.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What to bring about.
    pub mode: Mode,
    /// Whether to read live objects. What a crash left open is read always.
    pub refresh: bool,
    /// Resources whose protection is lifted for this run.
    pub unprotect: BTreeSet<Address>,
    /// Resources to replace though nothing about them asks for it.
    pub replace: BTreeSet<Address>,
    /// The resources that are taken up, as they exist already, where nothing else is to be done. None: all
    /// that the program says.
    pub only_imports: Option<BTreeSet<Address>>,
    /// What the program is held against; a destroy is held against nothing.
    pub checks: Checks,
}

impl Settings {
    /// Plans what the program says, reading everything, held against no rules.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            refresh: true,
            unprotect: BTreeSet::new(),
            replace: BTreeSet::new(),
            only_imports: None,
            checks: Checks::none(),
        }
    }
}

/// Why there is no plan. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A read failed.
    #[error("could not read `{address}`")]
    Read {
        /// One of the resources that were asked for.
        address: Address,
        /// Why.
        source: Fault,
    },
    /// What carries the stack's mark could not be looked for.
    #[error("could not look for what this stack's runs left behind among `{kind}`")]
    Search {
        /// The kind.
        kind: String,
        /// Why.
        source: Fault,
    },
    /// A derived value could not be computed.
    #[error("could not derive `{address}`")]
    Derive {
        /// Which.
        address: Address,
        /// Why.
        source: Fault,
    },
    /// It could not be said what a change does inside an object.
    #[error("could not work out what changes inside `{address}`")]
    Render {
        /// Which.
        address: Address,
        /// Why.
        source: Fault,
    },
    /// More than one object could be the resource's.
    #[error("`{address}` could be any of {}", found.join(", "))]
    Ambiguous {
        /// Which.
        address: Address,
        /// What was seen.
        found: Vec<String>,
    },
    /// The state names a kind that the program does not know.
    #[error("the state holds `{address}`, whose kind this program does not know")]
    UnknownKind {
        /// Which.
        address: Address,
    },
    /// A flag names a resource that there is not.
    #[error("there is no `{address}`, which --{flag} names")]
    NoSuch {
        /// What it names.
        address: Address,
        /// `replace` or `unprotect`.
        flag: &'static str,
        /// Those of the same kind.
        alike: Vec<Address>,
    },
    /// No order works.
    #[error("BUG: `{address}` waits for a step that waits for it")]
    Cycle {
        /// One of the steps.
        address: Address,
    },
}

impl PlanError {
    /// The fault behind it, if it was one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Read { source, .. }
            | Self::Search { source, .. }
            | Self::Derive { source, .. }
            | Self::Render { source, .. } => Some(source),
            _ => None,
        }
    }

    /// A command or a place.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ambiguous { .. } => Some("look at each and keep one: delete the others, or take the mark off them, as with `aws ec2 delete-tags --resources ID --tags Key=groundplan:lineage`; then run again".into()),
            Self::UnknownKind { address } => Some(format!("add the kind `{}` to the registry, or use the program that made it", address.kind())),
            Self::NoSuch { alike, .. } if alike.is_empty() => {
                Some("`apply state list` lists what there is".into())
            }
            Self::NoSuch { alike, .. } => {
                let names: Vec<_> = alike.iter().map(ToString::to_string).collect();
                Some(format!("there are {}", names.join(", ")))
            }
            Self::Cycle { .. } => Some("please report this with the program that caused it".into()),
            _ => self.fault().and_then(|f| f.hint.clone()),
        }
    }
}

/// How many reads are under way at once. Each is paced further by its service.
const READS_AT_ONCE: usize = 16;

/// How long a lost create is looked for before it counts as never made: tags and names may lag.
const LOST: Patience = Patience::new(500, 2, 8);

/// Makes a plan: asks the cloud what the planner must know.
pub async fn plan(
    graph: &Graph,
    state: &Snapshot,
    registry: &Registry,
    cx: &Cx,
    settings: &Settings,
) -> std::result::Result<Plan, PlanError> {
    let mut planner = Planner::new(graph, state, registry, settings)?;
    ask_all(&mut planner, registry, cx).await?;
    planner.assemble()
}

/// What is recorded, in the form that this program knows, with what a read of each object says. Nothing is
/// decided, and nothing that is not recorded is looked for.
pub(crate) async fn read(
    state: &Snapshot,
    registry: &Registry,
    cx: &Cx,
) -> std::result::Result<(Snapshot, BTreeMap<(Address, Slot), Seen<Json>>), PlanError> {
    let settings = Settings { only_imports: Some(BTreeSet::new()), ..Settings::new(Mode::Destroy) };
    let graph = Graph::empty(&state.stack);
    let mut planner = Planner::new(&graph, state, registry, &settings)?;
    ask_all(&mut planner, registry, cx).await?;
    Ok((planner.state, planner.seen))
}

/// Asks the cloud whatever the planner must know.
async fn ask_all(
    planner: &mut Planner<'_>,
    registry: &Registry,
    cx: &Cx,
) -> std::result::Result<(), PlanError> {
    while let Polled::Ask(needs) = planner.poll()? {
        let total = needs.iter().map(weight).sum();
        let mut waiting = needs.into_iter();
        let mut asked = FuturesUnordered::new();
        let mut done = 0;
        loop {
            while asked.len() < READS_AT_ONCE
                && let Some(need) = waiting.next()
            {
                let weight = weight(&need);
                asked.push(async move { (weight, ask(need, registry, cx).await) });
            }
            let Some((weight, answer)) = asked.next().await else { break };
            planner.answer(answer?);
            done += weight;
            if total > 0 {
                cx.events().send(Event::Refreshing { done, total });
            }
        }
    }
    Ok(())
}

fn weight(need: &Need) -> usize {
    match need {
        Need::Observe { objects, .. } => objects.len(),
        _ => 0,
    }
}

async fn ask(need: Need, registry: &Registry, cx: &Cx) -> std::result::Result<Answer, PlanError> {
    match need {
        Need::Observe { kind, objects, lost } => {
            let wanted: Vec<_> = objects.iter().map(|(.., wanted)| wanted.clone()).collect();
            let seen = observe(registry, cx, &kind, &wanted, lost)
                .await
                .map_err(|source| PlanError::Read { address: objects[0].0.clone(), source })?;
            let answers = objects
                .into_iter()
                .zip(seen)
                .map(|((address, slot, _), seen)| (address, slot, seen));
            Ok(Answer::Observed(answers.collect()))
        }
        Need::Search { kind, near, mark } => {
            let searched = registry.resource(&kind).expect("BUG: only resources are searched for");
            match passing(cx, || searched.marked(cx, &near, &mark)).await {
                Ok(marked) => Ok(Answer::Found { kind, near, marked }),
                Err(source) => Err(PlanError::Search { kind, source }),
            }
        }
        Need::Take(looked) => match import::look(&looked, registry, cx).await {
            Ok(taken) => Ok(Answer::Taken(looked.address, taken)),
            Err(source) => Err(PlanError::Read { address: looked.address, source }),
        },
        Need::Derive { address, inputs } => {
            let deriver =
                registry.deriver(address.kind()).expect("BUG: only derived kinds are derived");
            match passing(cx, || deriver.derive(cx, &inputs)).await {
                Ok(outputs) => Ok(Answer::Derived(address, outputs)),
                Err(source) => Err(PlanError::Derive { address, source }),
            }
        }
        Need::Render { address, before, draft } => {
            let kind = registry.resource(address.kind()).expect("BUG: only resources are rendered");
            match kind.preview(cx, before.as_ref(), &draft).await {
                Ok(preview) => Ok(Answer::Rendered(address, preview)),
                Err(source) => Err(PlanError::Render { address, source }),
            }
        }
    }
}

/// Reads objects. One whose create may be lost is absent only when it stays so for a while.
pub(crate) async fn observe(
    registry: &Registry,
    cx: &Cx,
    kind: &str,
    wanted: &[WantedJson],
    lost: bool,
) -> Result<Vec<Seen<Json>>> {
    let kind = registry.resource(kind).expect("BUG: only resources are observed");
    let mut seen = passing(cx, || kind.observe(cx, wanted)).await?;
    if lost {
        let again = || async {
            let seen = kind.observe(cx, wanted).await?;
            let absent = seen.iter().any(|s| matches!(s, Seen::Absent));
            Ok(if absent { wait::Probe::not_yet("not found") } else { wait::Probe::Ready(seen) })
        };
        let absent = seen.iter().any(|s| matches!(s, Seen::Absent));
        if absent {
            match wait::until(LOST, cx.cancelled(), "a lost create to show", |_, _| {}, again).await
            {
                Ok(found) => seen = found,
                Err(fault) if fault.class == crate::Class::TimedOut => {
                    seen = passing(cx, || kind.observe(cx, wanted)).await?;
                }
                Err(fault) => return Err(fault),
            }
        }
    }
    Ok(seen)
}

/// Repeats a read while its fault may pass.
pub(crate) async fn passing<T, F: Future<Output = Result<T>>>(
    cx: &Cx,
    mut read: impl FnMut() -> F,
) -> Result<T> {
    let patience = Patience::new(200, 5, 60).within(Some(Duration::from_mins(1)));
    wait::retry(patience, cx.cancelled(), |_, _| {}, |_| false, &mut read).await
}
