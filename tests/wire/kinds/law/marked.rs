//! What carries a stack's mark is found, whatever is recorded of it, and nothing else is.

use super::{Specimen, Trial, Version};
use crate::harness::Wire;
use groundplan::{Address, Json, Mark, Marked, Naming, Near, Ownership, Resource, to_json};
use groundplan_state::Entry;
use std::collections::BTreeMap;

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    if R::META.ownership == Ownership::Tagged {
        let trial = Trial::new(specimen, "mark").await;
        trial.apply(Version::First).await;
        check::<R>(&trial.wire).await;
        trial.end().await;
    }
}

/// Of a kind, exactly what the stack has is found; by another mark, nothing.
async fn check<R: Resource>(wire: &Wire) {
    let snapshot = wire.snapshot().await;
    let recorded = wire.recorded(R::KIND).await;
    // One says where to look, of those within each other the outermost. What is recorded of the others is
    // not told.
    let outermost = |entry: &&Entry| entry.needs.iter().all(|need| !recorded.contains_key(need));
    let one = recorded.values().find(outermost).expect("one");
    let near = Near::<R>::new(vec![decode(&one.inputs)]);
    let cx = wire.context().await;
    let find = async |stack: &str, lineage: Option<String>| {
        let mark = Mark { stack: stack.to_owned(), lineage };
        let found = R::marked(&cx, &near, &mark).await;
        found.unwrap_or_else(|fault| panic!("{}: {fault}", R::KIND))
    };
    let lineage = snapshot.lineage.to_string();
    for known in [Some(lineage.clone()), None] {
        let found = find(wire.name(), known).await;
        assert_eq!(found.len(), recorded.len(), "{}: {found:#?}", R::KIND);
        for marked in &found {
            assert_eq!(marked.owner.stack, wire.name());
            assert_eq!(marked.owner.lineage, lineage);
            assert_is::<R>(marked, &recorded);
        }
    }
    assert_eq!(find(wire.name(), Some("another".into())).await.len(), 0, "{}", R::KIND);
    assert_eq!(find("another", None).await.len(), 0, "{}", R::KIND);
}

fn assert_is<R: Resource>(marked: &Marked<R::Outputs>, recorded: &BTreeMap<Address, Entry>) {
    let address = &marked.owner.address;
    let entry = &recorded[address];
    assert_eq!(marked.owner.generation, entry.generation, "{address}");
    let stable = |mut outputs: Json| {
        outputs.as_object_mut().expect("outputs").retain(|name, _| R::META.is_stable(name));
        outputs
    };
    let found = stable(to_json(&marked.live.outputs));
    assert_eq!(Some(found), entry.outputs.clone().map(stable), "{address}");
    assert!(!marked.id.is_empty(), "{address}");
    assert!(!marked.live.leaving, "{address}");
    let named = matches!(R::META.naming, Naming::Derived { .. });
    assert_eq!(marked.name, entry.physical_name.clone().filter(|_| named), "{address}");
    // As the engine reads it: over what is recorded of it, or else of another beside it.
    for beside in [&entry.inputs, &recorded.values().next().expect("one").inputs] {
        let _: R = decode(&over(beside, &marked.live.fields));
    }
}

fn over(inputs: &Json, fields: &Json) -> Json {
    let both = [inputs, fields].into_iter().flat_map(|all| all.as_object().expect("fields"));
    let all: serde_json::Map<_, _> = both.map(|(f, value)| (f.clone(), value.clone())).collect();
    Json::Object(all.into_iter().filter(|(_, value)| !value.is_null()).collect())
}

fn decode<R: Resource>(inputs: &Json) -> R {
    serde_json::from_value(inputs.clone())
        .unwrap_or_else(|why| panic!("{} from {inputs:#}: {why}", R::KIND))
}
