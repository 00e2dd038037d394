//! Answers get lost and processes die: nothing is made twice, nothing is forgotten.
//!
//! A plan that is empty afterwards says so: it shows whatever carries the stack's mark and is not wanted.

use super::Trial;
use crate::kinds::specimen::{Specimen, Version};
use groundplan::{Options, Resource};

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    answers_are_lost(specimen).await;
    processes_die(specimen).await;
}

async fn answers_are_lost<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "lost").await;
    trial.wire.lose_an_answer_to_each_change();
    trial.apply(Version::First).await;
    trial.settled(Version::First).await;
    trial.assert_single().await;
    for way in &specimen.updates {
        trial.apply(Version::With(way)).await;
        trial.settled(Version::With(way)).await;
    }
    trial.end().await;
    trial.wire.changes_without_answer();
}

async fn processes_die<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "dying").await;
    let program = |version| specimen.program(&trial.wire, &version, Options::default());
    trial.wire.apply_dying(program(Version::First)).await;
    trial.settled(Version::First).await;
    trial.assert_single().await;
    for way in &specimen.updates {
        trial.wire.apply_dying(program(Version::With(way))).await;
        trial.settled(Version::With(way)).await;
    }
    trial.wire.destroy_dying().await;
    assert_eq!(trial.wire.destroy().await, [""; 0], "{}: nothing is left", R::KIND);
}
