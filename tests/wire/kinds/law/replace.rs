//! An object of which a fixed field changes is replaced, in the order that was asked for.

use super::Trial;
use crate::kinds::specimen::{Specimen, Version};
use groundplan::{Event, Options, Resource, Verb};

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    if specimen.replacements.is_empty() {
        return;
    }
    let trial = Trial::new(specimen, "replace").await;
    trial.apply(Version::First).await;
    for (number, way) in specimen.replacements.iter().enumerate() {
        let lines = trial.plan(Version::With(way)).await;
        let head = format!("replace {} {}", Specimen::<R>::address(), way.path);
        let named = |line: &String| {
            line.strip_prefix(&head).is_some_and(|rest| rest.starts_with([':', '.', '[']))
        };
        assert!(lines.iter().any(named), "{head}: {lines:#?}");
        // The order that is asked for takes turns.
        let create_before_delete = number % 2 == 0 && R::META.coexists;
        for version in [Version::With(way), Version::First] {
            let options = Options { create_before_delete, ..Options::default() };
            trial.wire.apply(trial.program_with(&version, options)).await;
            assert_eq!(verbs(&trial), order(create_before_delete), "{head}");
            let options = Options { create_before_delete, ..Options::default() };
            let again = trial.wire.plan(trial.program_with(&version, options)).await;
            assert_eq!(again, [""; 0], "{head}");
            trial.assert_single().await;
        }
        // The option is on record; without it the plan is to write that down.
        trial.apply(Version::First).await;
    }
    trial.end().await;
}

fn order(create_before_delete: bool) -> [Verb; 2] {
    if create_before_delete { [Verb::Create, Verb::Delete] } else { [Verb::Delete, Verb::Create] }
}

/// What the last run did to the object, in its order.
fn verbs<R: Resource>(trial: &Trial<'_, R>) -> Vec<Verb> {
    let own = Specimen::<R>::address();
    let done = trial.wire.events().into_iter().filter_map(|event| match event {
        Event::StepDone { address, verb, .. } if address == own => Some(verb),
        _ => None,
    });
    done.collect()
}
