//! The steps that change an object which is there: brought to what the program says, or taken up.

use super::step::{Job, new_token};
use crate::{
    Class, Fault, Fields, Json, Live, Result, Seen,
    kind::WantedJson,
    plan::{self, FieldChange},
};
use groundplan_state::{Entry, Status, Why};

/// Brings an object to what the program says. True if it turned out that nothing was to do.
pub(super) async fn update(job: &Job) -> Result<bool> {
    let recorded = job.step.entry.clone().expect("BUG: an update starts from a record");
    let finishing = recorded.status != Status::Ready;
    let changes = approved_changes(job, &recorded.inputs, &job.step.before)?;
    let mut entry =
        Entry { token: recorded.token.clone(), ..job.entry(Status::Ready, String::new()) };
    entry.outputs.clone_from(&recorded.outputs);
    if changes.is_empty() && !finishing && !job.step.marks {
        job.record(&entry, Why::Recorded).await?;
        return Ok(true);
    }
    let live = recorded.outputs.clone().expect("BUG: an update has an object");
    let creating = recorded.status == Status::Creating;
    // Until it is done the object may hold what it held before as well as what it is to hold.
    let needs = recorded.needs.union(&entry.needs).cloned().collect();
    let intent = if creating {
        Entry { status: Status::Creating, needs, ..entry.clone() }
    } else {
        let inputs = recorded.inputs.clone();
        Entry {
            status: Status::Updating,
            inputs,
            pending: Some(job.inputs.clone()),
            needs,
            ..entry.clone()
        }
    };
    job.record(&intent, Why::UpdateIntent).await?;
    entry.outputs = Some(converge(job, &entry, &live, &job.step.before).await?);
    job.done(job.put(&entry, Why::Ready)).await?;
    Ok(false)
}

/// Takes up an object that exists already. It is on record before anything of it is changed, as one whose
/// change was begun: whatever cuts this off, the next run goes on from there.
pub(super) async fn import(job: &Job) -> Result<bool> {
    let live = look(job).await?;
    let before = plan::before(&job.inputs, Some(&live.fields));
    let changes = approved_changes(job, &before, &before)?;
    let entry = Entry { outputs: Some(live.outputs), ..job.entry(Status::Ready, new_token()) };
    if changes.is_empty() && !job.step.marks {
        let known = job.put(&entry, Why::Imported);
        job.recorder.record(std::iter::once(known).chain(job.new_place.clone()).collect()).await?;
        return Ok(false);
    }
    let begun = Entry {
        status: Status::Updating,
        inputs: before.clone(),
        pending: Some(job.inputs.clone()),
        ..entry.clone()
    };
    let begun = job.put(&begun, Why::Imported);
    job.recorder.record(std::iter::once(begun).chain(job.new_place.clone()).collect()).await?;
    let live = entry.outputs.clone().unwrap_or(Json::Null);
    let outputs = converge(job, &entry, &live, &before).await?;
    job.done(job.put(&Entry { outputs: Some(outputs), ..entry }, Why::Ready)).await?;
    Ok(false)
}

/// The object as it is now: it must still be there, and nobody else's.
async fn look(job: &Job) -> Result<Live<Json>> {
    let owner = job.cx.owner(job.marked_as(), job.step.generation);
    let wanted = WantedJson {
        owner: owner.clone(),
        inputs: job.inputs.clone(),
        outputs: job.step.entry.as_ref().and_then(|entry| entry.outputs.clone()),
        name: job.step.name.clone(),
        taking: true,
    };
    let kind = job.step.address.kind();
    let seen = plan::observe(&job.registry, &job.cx, kind, &[wanted], false).await?;
    let refused = |what: String| {
        Err(Fault::new(Class::Refused, what).hint("plan again, and look at what it says now"))
    };
    match seen.into_iter().next() {
        Some(Seen::Present(live)) => match plan::obstacle("what was planned", &live, &owner) {
            Some((what, lift)) => Err(Fault::new(Class::Refused, what).hint(lift)),
            None => Ok(*live),
        },
        _ => refused("the object that was to be taken up is not there any more".to_owned()),
    }
}

/// What changes, all of which the plan showed.
fn approved_changes(job: &Job, recorded: &Json, before: &Json) -> Result<Vec<FieldChange>> {
    let (meta, ignore) = (job.kind().meta(), &job.step.options.ignore);
    let changes = plan::changes(meta, recorded, before, &job.inputs, ignore);
    let shown = |change: &FieldChange| !change.replaces && job.step.approved.has(&change.path);
    match changes.iter().find(|change| !shown(change)) {
        None => Ok(changes),
        Some(more) => Err(Fault::new(
            Class::Refused,
            format!("`{}` would change, which the plan did not show", more.path),
        )
        .why(format!("{} → {}", more.before, more.after))
        .hint("plan again: the values are known now")),
    }
}

/// Brings what was approved to what is wanted. What is ignored stays as it is, also where one call sets it
/// together with something else.
async fn converge(job: &Job, entry: &Entry, live: &Json, before: &Json) -> Result<Json> {
    let cx = job.step_cx(&entry.token);
    let inputs = match &job.step.approved {
        Fields::All => job.inputs.clone(),
        Fields::Only(_) => plan::keeping(&job.inputs, before, &job.step.options.ignore),
    };
    job.kind().converge(&cx, &inputs, live, &job.step.approved).await
}
