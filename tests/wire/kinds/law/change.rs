//! An object is made, left alone, changed in place field by field, and mended where others changed it.

use super::{Trial, assert_only};
use crate::kinds::specimen::{Specimen, Version, Way};
use groundplan::Resource;

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    there_and_back(specimen).await;
    for (number, way) in specimen.one_ways.iter().enumerate() {
        there(specimen, &format!("one-way-{number}"), way).await;
    }
}

async fn there_and_back<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "change").await;
    let address = Specimen::<R>::address().to_string();
    assert!(!trial.apply(Version::First).await.is_empty(), "{address} is made");
    trial.settled(Version::First).await;
    assert_eq!(trial.apply(Version::First).await, [""; 0], "{address} is left alone");
    trial.assert_single().await;
    for way in &specimen.updates {
        let path = way.path;
        let before = trial.identity().await;
        assert_only(&trial.plan(Version::With(way)).await, "update", &address, path, false);
        trial.apply(Version::With(way)).await;
        trial.settled(Version::With(way)).await;
        // Somebody else changes it back.
        let twin = trial.twin();
        twin.apply(Version::First).await;
        twin.settled(Version::First).await;
        assert_only(&trial.plan(Version::With(way)).await, "update", &address, path, true);
        trial.apply(Version::With(way)).await;
        trial.settled(Version::With(way)).await;
        assert_eq!(trial.identity().await, before, "{address} {path}: it is the same object");
        trial.apply(Version::First).await;
    }
    trial.settled(Version::First).await;
    trial.assert_single().await;
    trial.end().await;
}

async fn there<R: Resource>(specimen: &Specimen<R>, name: &str, way: &Way<R>) {
    let trial = Trial::new(specimen, name).await;
    let address = Specimen::<R>::address().to_string();
    trial.apply(Version::First).await;
    let before = trial.identity().await;
    assert_only(&trial.plan(Version::With(way)).await, "update", &address, way.path, false);
    trial.apply(Version::With(way)).await;
    trial.settled(Version::With(way)).await;
    assert_eq!(trial.identity().await, before, "{address} {}: it is the same object", way.path);
    trial.end().await;
}
