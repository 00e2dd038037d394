//! Kinds for the simulated cloud, one for each way in which an object is found again.

mod gate;
mod host;
mod net;
mod note;
mod rule;
mod sum;

pub use gate::{Gate, GateHandle, GateOutputs};
pub use host::{Host, HostHandle, HostOutputs};
pub use net::{Net, NetHandle, NetOutputs};
pub use note::{Note, NoteHandle, NoteOutputs};
pub use rule::{Rule, RuleHandle, RuleOutputs};
pub use sum::{Sum, SumHandle, SumOutputs};

use super::{Object, SimCloud};
use crate::{
    Class, Cx, Fault, Live, Mark, Marked, Owner, Patience, Probe, Registry, Resource, Result, Seen,
    StepCx,
};

/// Every simulated kind.
pub fn registry() -> Registry {
    Registry::new()
        .with::<Gate>()
        .with::<Host>()
        .with::<Net>()
        .with::<Note>()
        .with::<Rule>()
        .with_derived::<Sum>()
}

fn cloud(cx: &Cx) -> &SimCloud {
    cx.extension()
}

/// A kind of which the simulated cloud holds the objects.
trait Simulated: Resource {
    fn live(object: &Object) -> Live<Self::Outputs>;
}

/// What a read of those that fit comes to.
fn seen<R: Simulated>(all: &[Object], fits: impl Fn(&&Object) -> bool) -> Seen<R::Outputs> {
    match &all.iter().filter(fits).collect::<Vec<_>>()[..] {
        [] => Seen::Absent,
        [one] => R::live(one).into(),
        many => Seen::Ambiguous(many.iter().map(|o| o.id.clone()).collect()),
    }
}

/// All objects of a kind that carry a mark.
async fn marked<R: Simulated>(cx: &Cx, mark: &Mark) -> Result<Vec<Marked<R::Outputs>>> {
    let all = cloud(cx).list(R::KIND).await?;
    let read = |object: &Object| {
        let owner = mark.read(|key| object.tags.get(key).map(String::as_str))?;
        let (id, name) = (object.id.clone(), object.name.clone());
        Some(Marked { owner, id, name, live: R::live(object) })
    };
    Ok(all.iter().filter_map(read).collect())
}

fn owned(object: &Object, owner: &Owner) -> bool {
    owner.owns(|key| object.tags.get(key).map(String::as_str))
}

/// Changes an object once reads see it, and waits until it works.
async fn settle(cx: &StepCx, id: &str, change: impl Fn(&mut Object) + Send + Sync) -> Result<()> {
    let shows = || async {
        let found = cloud(cx).get(id).await?;
        Ok(match found {
            Some(object) if object.is_leaving() => {
                let what = format!("{id} is being deleted");
                return Err(Fault::new(Class::NotFound, what));
            }
            Some(object) if object.is_ready() => Probe::Ready(()),
            Some(_) => Probe::not_yet("not ready yet"),
            None => Probe::not_yet("not visible yet"),
        })
    };
    cx.wait(Patience::SECONDS, "the object to show", shows).await?;
    repeat(cx, || cloud(cx).update(id, &change)).await
}

/// Deletes an object and waits until it is gone.
async fn remove(cx: &StepCx, id: &str) -> Result<()> {
    repeat(cx, || cloud(cx).delete(id)).await?;
    let gone = || async {
        let found = cloud(cx).get(id).await?;
        Ok(if found.is_none() { Probe::Ready(()) } else { Probe::not_yet("it is there still") })
    };
    cx.wait(Patience::SECONDS, "the object to be gone", gone).await
}

/// Repeats an idempotent call while something is in its way or there is no answer.
async fn repeat<F: Future<Output = Result<()>> + Send>(
    cx: &StepCx,
    call: impl FnMut() -> F + Send,
) -> Result<()> {
    cx.retry(Patience::SECONDS, |f: &Fault| f.class == Class::InUse, call).await
}
