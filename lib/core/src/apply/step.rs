//! One step, from its intent to its result. Every record is durable before the next thing happens.

use super::{change, record::Recorder};
use crate::{
    Class, Cx, Event, Fault, Fields, Ownership, Registry, Result, Seen, StepCx, Verb, expr,
    kind::{Deriver, Kind, WantedJson},
    plan::{self, Step},
};
use groundplan_state::{Address, Change, Entry, Slot, Snapshot, Status, Why};
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// A step with all that it takes to run it.
pub(super) struct Job {
    pub(super) step: Step,
    /// The inputs, resolved with what the steps before really put out.
    pub(super) inputs: Json,
    pub(super) cx: Cx,
    pub(super) registry: Registry,
    pub(super) recorder: Recorder,
    unprotected: bool,
    /// The object that this one is to replace while that is still there.
    predecessor: Option<Entry>,
    /// A place that no object of this kind was made in before.
    pub(super) new_place: Option<Change>,
    begun: Instant,
}

impl Job {
    pub(super) fn new(
        mut step: Step,
        snapshot: &Snapshot,
        registry: &Registry,
        cx: &Cx,
        recorder: Recorder,
        unprotected: bool,
    ) -> Self {
        let inputs = expr::resolve(&step.draft, &super::known(snapshot));
        if step.verb == Verb::Delete {
            // What is deleted is what is recorded now: this very run may have changed it.
            let read = step.entry.take();
            step.entry = snapshot.get(&step.address, step.slot).cloned();
            if let (Some(now), Some(read)) = (&mut step.entry, read) {
                now.outputs = now.outputs.take().or(read.outputs);
            }
        }
        let predecessor =
            step.depose.then(|| snapshot.entries.get(&step.address).cloned()).flatten();
        let new_place = matches!(step.verb, Verb::Create | Verb::Import)
            .then(|| new_place(&step, &inputs, registry, snapshot))
            .flatten();
        Self {
            step,
            inputs,
            cx: cx.clone(),
            registry: registry.clone(),
            recorder,
            unprotected,
            predecessor,
            new_place,
            begun: Instant::now(),
        }
    }

    pub(super) fn kind(&self) -> &Arc<dyn Kind> {
        self.registry.resource(self.step.address.kind()).expect("BUG: the plan checked the kinds")
    }

    fn deriver(&self) -> Option<&Arc<dyn Deriver>> {
        self.registry.deriver(self.step.address.kind())
    }

    pub(super) fn step_cx(&self, token: &str) -> StepCx {
        let mut owner = self.cx.owner(self.marked_as(), self.step.generation);
        // What came from another stack and goes before it got a mark of ours still bears that one's.
        if let (Verb::Delete, Some(entry)) = (self.step.verb, &self.step.entry)
            && let Some(marker) = &entry.marked_by
        {
            owner.stack.clone_from(&marker.stack);
            owner.lineage = marker.lineage.to_string();
            owner.address = entry.marked_as.as_ref().unwrap_or(&self.step.address).clone();
        }
        let mut cx = StepCx::new(self.cx.clone(), owner, token.to_owned());
        cx.name.clone_from(&self.step.name);
        cx.unprotected = self.unprotected;
        let timeouts = self.step.options.timeouts;
        let seconds = match self.step.verb {
            Verb::Create => timeouts.create_seconds,
            Verb::Delete => timeouts.delete_seconds,
            _ => timeouts.update_seconds,
        };
        cx.limit = seconds.map(Duration::from_secs);
        cx
    }

    /// The address that the object's mark bears: of a renamed one that is the old name.
    pub(super) fn marked_as(&self) -> &Address {
        let recorded = self.step.entry.as_ref().filter(|e| e.generation == self.step.generation);
        // One that came from another stack is given a mark of ours, with its present name.
        let recorded = recorded.filter(|entry| entry.marked_by.is_none());
        recorded.and_then(|entry| entry.marked_as.as_ref()).unwrap_or(&self.step.address)
    }

    /// The record of the finished step, before outputs.
    pub(super) fn entry(&self, status: Status, token: String) -> Entry {
        let version =
            self.registry.resource(self.step.address.kind()).map_or(0, |kind| kind.version());
        Entry {
            version,
            status,
            inputs: self.inputs.clone(),
            pending: None,
            outputs: None,
            needs: self.step.needs.clone(),
            options: self.step.options.clone(),
            generation: self.step.generation,
            token,
            physical_name: self.step.name.clone(),
            marked_as: Some(self.marked_as()).filter(|a| **a != self.step.address).cloned(),
            marked_by: None,
        }
    }

    pub(super) fn put(&self, entry: &Entry, why: Why) -> Change {
        Change::Put {
            address: self.step.address.clone(),
            slot: self.step.slot,
            entry: Box::new(entry.clone()),
            why,
        }
    }

    pub(super) async fn record(&self, entry: &Entry, why: Why) -> Result<()> {
        self.recorder.record(vec![self.put(entry, why)]).await
    }

    /// Lets an object go that stays, with its identity, so that it is not taken for a lost one.
    async fn leave(&self, entry: &Entry) -> Result<()> {
        let (address, slot) = (self.step.address.clone(), self.step.slot);
        let known = self.put(entry, Why::Recorded);
        self.recorder.record(vec![known, Change::Leave { address, slot }]).await
    }

    /// Records the end of a step, and how long it took, if it was not begun by another run.
    pub(super) async fn done(&self, result: Change) -> Result<()> {
        let what = plan::took(&self.step.address, self.step.verb);
        let seconds = self.begun.elapsed().as_secs();
        let resumed = self.step.entry.as_ref().is_some_and(|e| e.status != Status::Ready);
        let took = (seconds > 0 && !resumed).then_some(Change::Took { what, seconds });
        self.recorder.record(std::iter::once(result).chain(took).collect()).await
    }

    async fn forget(&self, why: Why) -> Result<()> {
        let (address, slot) = (self.step.address.clone(), self.step.slot);
        self.recorder.record(vec![Change::Remove { address, slot, why }]).await
    }
}

/// Runs a step. True if it turned out that nothing was to do.
pub(super) async fn run(job: Job) -> Result<bool> {
    let unknown = expr::references(&job.inputs);
    if let Some(source) = unknown.first().filter(|_| job.step.verb != Verb::Delete) {
        return Err(Fault::new(
            Class::Other,
            format!("a value of {source} is not known after its step"),
        )
        .hint("the kind of that resource did not give the output; please report it"));
    }
    refuse_what_was_not_shown(&job)?;
    match job.step.verb {
        Verb::Create => create(&job).await.map(|()| false),
        Verb::Import => change::import(&job).await,
        Verb::Update => change::update(&job).await,
        Verb::Delete => delete(&job).await.map(|()| false),
        Verb::Derive => derive(&job).await.map(|()| false),
        Verb::Record => record(&job).await.map(|()| true),
    }
}

/// A value that the plan showed, and that turned out to be another since: an output that was to stay as it
/// is did not.
fn refuse_what_was_not_shown(job: &Job) -> Result<()> {
    let (shown, real) = (&job.step.desired, &job.inputs);
    if !matches!(job.step.verb, Verb::Create | Verb::Import | Verb::Update) {
        return Ok(());
    }
    let Some((path, shown, real)) = expr::departure(shown, real, "") else { return Ok(()) };
    let what = format!("`{path}` would be {real}, and the plan showed {shown}");
    Err(Fault::new(Class::Refused, what)
        .why("a resource that it comes from did not stay as it was")
        .hint("plan again: the values are known now"))
}

async fn create(job: &Job) -> Result<()> {
    // The same token as before if an earlier run's create may have been lost, so that the cloud
    // answers with the same object.
    let resumed = job.step.entry.as_ref().map(|entry| entry.token.clone());
    let mut entry = job.entry(Status::Creating, resumed.unwrap_or_else(new_token));
    let mut intent = vec![job.put(&entry, Why::CreateIntent)];
    if job.step.depose {
        intent.insert(0, Change::Depose { address: job.step.address.clone() });
    }
    intent.extend(job.new_place.clone());
    job.recorder.record(intent).await?;

    let cx = job.step_cx(&entry.token);
    let live = match job.kind().create(&cx, &job.inputs).await {
        Ok(live) => live,
        Err(fault) => after_failed_create(job, &entry, fault).await?,
    };
    refuse_the_old_object(job, &live).await?;
    entry.outputs = Some(live.clone());
    job.record(&entry, Why::Identity).await?;

    entry.outputs = Some(job.kind().converge(&cx, &job.inputs, &live, &Fields::All).await?);
    entry.status = Status::Ready;
    job.done(job.put(&entry, Why::Ready)).await
}

/// A create that is answered with the object it was to replace would have that deleted as the old one.
async fn refuse_the_old_object(job: &Job, live: &Json) -> Result<()> {
    let Some(old) = &job.predecessor else { return Ok(()) };
    let is_it = |outputs| job.kind().meta().same_object(outputs, live);
    if !old.outputs.as_ref().is_some_and(is_it) {
        return Ok(());
    }
    let (address, slot) = (job.step.address.clone(), Slot::Deposed(old.generation));
    let back = Change::Remove { address: address.clone(), slot, why: Why::Absent };
    let old = job.put(old, Why::Recorded);
    job.recorder.record(vec![old, back]).await?;
    let what = format!("the new {} is the old one", address.kind());
    Err(Fault::new(Class::Refused, what)
        .why("it was to be made before the old one goes, and its name or key is the same")
        .hint("give it another name, or let the old one go first: create_before_delete = false"))
}

/// What is made for the first time in a place is looked for there ever after.
fn new_place(step: &Step, inputs: &Json, registry: &Registry, now: &Snapshot) -> Option<Change> {
    let kind = step.address.kind();
    let meta = registry.meta(kind).filter(|meta| meta.ownership == Ownership::Tagged)?;
    let here = plan::place(meta, inputs);
    let known = now.places.get(kind).into_iter().flatten().any(|p| plan::place(meta, p) == here);
    (!known).then(|| Change::Place { kind: kind.to_owned(), inputs: inputs.clone() })
}

/// A create that failed may still have made its object: the answer can be lost, and a repeated call
/// then finds the name taken. Looks before it gives up.
async fn after_failed_create(job: &Job, entry: &Entry, fault: Fault) -> Result<Json> {
    let never_made = matches!(
        fault.class,
        Class::Denied
            | Class::Invalid
            | Class::InUse
            | Class::NotFound
            | Class::NotOurs
            | Class::Refused
            | Class::Throttled
    );
    if never_made {
        // A deposed object stays recorded in its own slot; only the intent is taken back.
        job.forget(Why::Absent).await?;
        return Err(fault);
    }
    let wanted = WantedJson {
        owner: job.cx.owner(job.marked_as(), job.step.generation),
        inputs: job.inputs.clone(),
        outputs: None,
        name: entry.physical_name.clone(),
        taking: false,
    };
    let seen =
        plan::observe(&job.registry, &job.cx, job.step.address.kind(), &[wanted], true).await;
    match seen.ok().and_then(|seen| seen.into_iter().next()) {
        Some(Seen::Present(live)) if !live.leaving => {
            let found =
                "the answer to its create was lost; the object was found by its mark".to_owned();
            job.cx.events().send(Event::Recovered { address: job.step.address.clone(), found });
            Ok(live.outputs)
        }
        // The intent stays on record: the next run looks again.
        _ => Err(fault),
    }
}

async fn delete(job: &Job) -> Result<()> {
    // Gone from the record already: an earlier step of this run took it away.
    let Some(mut entry) = job.step.entry.clone() else { return Ok(()) };
    job.registry.upgrade(&job.step.address, &mut entry)?;
    if job.deriver().is_some() {
        return job.forget(Why::Deleted).await;
    }
    // Without an identity the plan looked for the object and found none.
    let Some(live) = entry.outputs.clone() else { return job.forget(Why::Absent).await };
    if job.step.options.retain {
        return job.leave(&entry).await;
    }
    entry.status = Status::Deleting;
    entry.pending = None;
    job.record(&entry, Why::DeleteIntent).await?;
    job.kind().delete(&job.step_cx(&entry.token), &entry.inputs, &live).await?;
    let (address, slot) = (job.step.address.clone(), job.step.slot);
    job.done(Change::Remove { address, slot, why: Why::Deleted }).await
}

async fn derive(job: &Job) -> Result<()> {
    let deriver = job.deriver().expect("BUG: the plan checked the kinds");
    let mut entry = job.entry(Status::Ready, String::new());
    let cx = job.cx.lent_to(&job.step.address);
    entry.outputs = Some(deriver.derive(&cx, &job.inputs).await?);
    job.record(&entry, Why::Derived).await
}

async fn record(job: &Job) -> Result<()> {
    let recorded = job.step.entry.clone().expect("BUG: only what is recorded is recorded anew");
    let token = recorded.token.clone();
    let entry = Entry { outputs: recorded.outputs, ..job.entry(Status::Ready, token) };
    job.record(&entry, Why::Recorded).await
}

/// At most 64 ASCII characters, as EC2 wants.
pub(super) fn new_token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
