//! Taken up by its id: what a state that knows nothing of it comes to is what it was before.

use super::{Specimen, Trial, Version};
use groundplan::{
    Json, Options, Resource,
    aws::{
        Scope,
        snippet::{self, Existing},
    },
};

/// Kinds of whose objects not all can be read that a program has to say, with what that is.
const UNREAD: &[(&str, &str)] = &[
    ("organizations.account", "the access that its maker left in it"),
    ("secretsmanager.secret", "what makes its value"),
];

/// The id that its users know the object by: its key where its inputs give one, else what AWS assigned.
async fn id<R: Resource>(trial: &Trial<'_, R>) -> String {
    let entry = trial.wire.recorded(R::KIND).await[&Specimen::<R>::address()].clone();
    let inputs: R = serde_json::from_value(entry.inputs.clone()).expect("inputs");
    inputs.key(entry.physical_name.as_deref()).unwrap_or_else(|| {
        let outputs = entry.outputs.expect("outputs");
        let id = outputs.get("id").or(outputs.get("arn")).and_then(Json::as_str).expect("an id");
        match entry.inputs["cluster"].as_str() {
            Some(cluster) => format!("{cluster}:{id}"),
            None => id.to_owned(),
        }
    })
}

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "i").await;
    trial.apply(Version::First).await;
    let (was, id, address) = (trial.identity().await, id(&trial).await, Specimen::<R>::address());
    let scope = trial.wire.recorded(R::KIND).await[&address].inputs["scope"].clone();
    let scope: Scope = serde_json::from_value(scope).expect("a scope");

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

    if UNREAD.iter().all(|(kind, _)| *kind != R::KIND) {
        // The name of a set does not say of which instance it is.
        let arn = (R::KIND == "sso.permission_set").then(|| was["arn"].as_str());
        written(&trial, &scope, arn.flatten().unwrap_or(&id)).await;
    }

    let nothing = Options { import: Some("nothing-such".into()), ..Options::default() };
    let program = trial.program_with(&Version::First, nothing);
    let refused = trial.wire.plan_import(program, &[&address]).await.refusals;
    assert_eq!(refused.len(), 1, "{address}: what is not there is refused");

    trial.wire.import(trial.program_with(&Version::First, import()), &[&address]).await;
    trial.settled(Version::First).await;
    trial.end().await;
}

/// What is written of an object declares it as it is.
async fn written<R: Resource>(trial: &Trial<'_, R>, scope: &Scope, id: &str) {
    let address = Specimen::<R>::address();
    let cx = trial.wire.context().await;
    let object = Existing { address: address.clone(), id: id.to_owned() };
    let read = snippet::declare(&cx, scope, &[object]).await;
    let (declared, absent) = read.unwrap_or_else(|fault| panic!("{address}: {fault}"));
    assert_eq!(absent, [], "{address} is there");
    let program = snippet::graph(trial.wire.name(), &declared);
    let plan = trial.wire.plan_import(program, &[&address]).await;
    assert_eq!(plan.refusals, [], "{address}: {:?}", declared[0].inputs);
    let shown = crate::harness::lines(&plan);
    assert_eq!(shown, [format!("import {address}")], "{:?}", declared[0].inputs);
    let text = snippet::module(&declared, &["It.".to_owned()]);
    assert!(text.contains(&format!("existing({id:?})")), "{text}");
}
