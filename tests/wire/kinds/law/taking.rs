//! Taken up by its id: what a state that knows nothing of it comes to is what it was before.

use super::{Specimen, Trial, Version};
use groundplan::{Options, Resource};

/// The id that its users know the object by: its key where its inputs give one, else what AWS assigned.
async fn id<R: Resource>(trial: &Trial<'_, R>) -> String {
    let entry = trial.wire.recorded(R::KIND).await[&Specimen::<R>::address()].clone();
    let inputs: R = serde_json::from_value(entry.inputs).expect("inputs");
    inputs.key(entry.physical_name.as_deref()).unwrap_or_else(|| {
        let outputs = entry.outputs.expect("outputs");
        let id = outputs.get("id").or(outputs.get("arn"));
        id.and_then(|id| id.as_str()).expect("an id").to_owned()
    })
}

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "i").await;
    trial.apply(Version::First).await;
    let (was, id, address) = (trial.identity().await, id(&trial).await, Specimen::<R>::address());

    trial.wire.forget(&address).await;
    let import = || Options { import: Some(id.clone()), ..Options::default() };
    let program = || trial.program_with(&Version::First, import());
    let (shown, calls) = trial.wire.import(program(), &[&address]).await;
    assert_eq!(shown, [format!("import {address}")], "{address} has its mark and fits");
    assert_eq!(calls, [""; 0], "{address} is taken up as it is");
    assert_eq!(trial.identity().await, was, "{address} is the same object");
    assert_eq!(trial.wire.plan(program()).await, [""; 0], "{address}: the next plan is empty");

    // Where the inputs give a name or a key, nobody has to know the id.
    trial.wire.forget(&address).await;
    let adopt = Options { adopt: true, ..Options::default() };
    let program = trial.program_with(&Version::First, adopt);
    let plan = trial.wire.plan_import(program, &[&address]).await;
    let shown: Vec<_> = plan.changes.iter().map(|change| change.address.clone()).collect();
    let keyed = plan.refusals.is_empty();
    assert!(!keyed || shown == [address.clone()], "{address}: {shown:?}");

    let nothing = Options { import: Some("nothing-such".into()), ..Options::default() };
    let program = trial.program_with(&Version::First, nothing);
    let refused = trial.wire.plan_import(program, &[&address]).await.refusals;
    assert_eq!(refused.len(), 1, "{address}: what is not there is refused");

    trial.wire.import(trial.program_with(&Version::First, import()), &[&address]).await;
    trial.settled(Version::First).await;
    trial.end().await;
}
