//! What must hold after every history. Objects are counted in the cloud, never in the state.

use super::SimCloud;
use crate::{Graph, Json, Known, Registry, expr, testing::Object};
use groundplan_state::{Address, Entry, Snapshot, Status};
use std::collections::BTreeMap;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A run with nothing in its way did not do all of its work.
    #[error("a run with nothing in its way did not come to its end: {0}")]
    Incomplete(String),
    /// There is an object of ours that nothing asks for.
    #[error("orphan: {0} is there and nothing asks for it")]
    Orphan(String),
    /// Something is recorded or asked for and is not there.
    #[error("phantom: {0} is recorded and not there")]
    Phantom(String),
    /// An object is not as the program says.
    #[error("{0}")]
    Differs(String),
    /// The record of something is not that of a finished run.
    #[error("unfinished: {0}")]
    Unfinished(String),
    /// Two objects were there at once though one was asked for.
    #[error("made twice: {0} and {1} were there at once, and one was asked for")]
    MadeTwice(String, String),
    /// Something foreign was touched.
    #[error("touched: {0}, and is not ours")]
    Foreign(String),
    /// A plan changed something.
    #[error("a plan wrote: {0}")]
    PlanWrote(String),
    /// A complete run was followed by a plan with changes.
    #[error("a complete run left changes to plan: {0}")]
    NotSettled(String),
}

impl Broken {
    /// The promise, in two words.
    pub fn promise(&self) -> &'static str {
        match self {
            Self::Incomplete(_) => "next run converges",
            Self::Orphan(_) => "no orphan",
            Self::Phantom(_) => "no phantom",
            Self::Differs(_) => "properties equal",
            Self::Unfinished(_) => "nothing unfinished",
            Self::MadeTwice(..) => "one of each",
            Self::Foreign(_) => "nothing foreign",
            Self::PlanWrote(_) => "plan is pure",
            Self::NotSettled(_) => "plan is empty",
        }
    }
}

/// The invariants after a complete run of a program.
///
/// Objects of kinds that cannot be found again are let off if they may never have been known; see
/// [`Note`](super::Note) and [`Rule`](super::Rule).
pub(super) fn check(
    cloud: &SimCloud,
    state: &Snapshot,
    graph: &Graph,
    registry: &Registry,
) -> Result<(), Broken> {
    if let Some((one, other)) = cloud.twice().into_iter().next() {
        return Err(Broken::MadeTwice(one, other));
    }
    if let Some(what) = cloud.touched().into_iter().next() {
        return Err(Broken::Foreign(what));
    }
    let mut objects: BTreeMap<_, _> =
        cloud.objects().into_iter().filter(Object::is_ours).map(|o| (o.id.clone(), o)).collect();
    if let Some((address, ..)) = state.deposed.iter().next() {
        return Err(Broken::Unfinished(format!("{address} has an old object left")));
    }
    let recorded: Known = state
        .entries
        .iter()
        .filter_map(|(address, entry)| Some((address.clone(), entry.outputs.clone()?)))
        .collect();
    for node in &graph.nodes {
        let Some(entry) = state.entries.get(&node.address) else {
            return Err(Broken::Phantom(format!("{}, which the program asks for,", node.address)));
        };
        if entry.status != Status::Ready {
            return Err(Broken::Unfinished(format!("{} is {:?}", node.address, entry.status)));
        }
        if registry.resource(node.address.kind()).is_some() {
            let object = take(&mut objects, &node.address, entry)?;
            equal(&node.address, &expr::resolve(&node.draft, &recorded), &object)?;
        }
    }
    if let Some(address) = state.entries.keys().find(|a| graph.inputs(a).is_none()) {
        return Err(Broken::Phantom(format!("{address}, which nothing asks for,")));
    }
    for left in &state.left {
        // It is nobody's business what became of it since.
        let _ = take(&mut objects, &left.address, &left.entry);
    }
    match objects.values().find(|o| !o.may_be_unknown()) {
        Some(orphan) => Err(Broken::Orphan(orphan.id.clone())),
        None => Ok(()),
    }
}

/// Takes the object of a record out of those that are there.
fn take(
    objects: &mut BTreeMap<String, Object>,
    address: &Address,
    entry: &Entry,
) -> Result<Object, Broken> {
    let id = entry.outputs.as_ref().and_then(|outputs| outputs["id"].as_str()).unwrap_or_default();
    let fits = objects.get(id).is_some_and(|o| o.kind == address.kind() && !o.is_leaving());
    match objects.remove(id).filter(|_| fits) {
        Some(object) => Ok(object),
        None => Err(Broken::Phantom(format!("{address} as `{id}`"))),
    }
}

fn equal(address: &Address, wanted: &Json, object: &Object) -> Result<(), Broken> {
    for (field, value) in wanted.as_object().into_iter().flatten() {
        let live = &object.fields[field];
        if live != value {
            let what = format!("{address} `{field}` is {live} and should be {value}");
            return Err(Broken::Differs(what));
        }
    }
    Ok(())
}
