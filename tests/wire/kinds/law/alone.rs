//! An object that is not as recorded: deleted by somebody else, or off the record.

use super::{Trial, assert_only};
use crate::kinds::specimen::{Specimen, Version};
use groundplan::{Class, Ownership, Resource, Stays};

pub(super) async fn holds<R: Resource>(specimen: &Specimen<R>) {
    let trial = Trial::new(specimen, "alone").await;
    match R::META.stays {
        Stays::Never if specimen.is_left => {}
        Stays::Never => deleted_by_somebody_else(&trial).await,
        _ => let_go(&trial).await,
    }
    off_the_record(trial).await;
}

async fn deleted_by_somebody_else<R: Resource>(trial: &Trial<'_, R>) {
    let address = Specimen::<R>::address();
    // It is made again, or taken back.
    trial.apply(Version::First).await;
    trial.twin().apply(Version::Without).await;
    let plan = trial.plan(Version::First).await;
    match trial.specimen.taken_back {
        Some(path) => assert_only(&plan, "update", &address.to_string(), path, true),
        None => assert_eq!(plan, [format!("create {address}")]),
    }
    trial.apply(Version::First).await;
    trial.settled(Version::First).await;
    trial.assert_single().await;

    // It need not be deleted.
    trial.twin().apply(Version::Without).await;
    trial.apply(Version::Without).await;
    trial.settled(Version::Without).await;
}

/// It is taken up where it carries a mark; else it is said to be somebody's.
async fn off_the_record<R: Resource>(trial: Trial<'_, R>) {
    let address = Specimen::<R>::address();
    trial.apply(Version::First).await;
    let (twin, before) = (trial.twin(), trial.identity().await);
    trial.wire.forget(&address).await;
    let (report, calls) = trial.wire.try_apply(trial.program(&Version::First)).await;
    if R::META.ownership == Ownership::Tagged {
        assert!(report.complete(), "{address}: {report:#?}");
        assert_eq!(calls, [""; 0], "{address} is taken up");
    }
    if report.complete() {
        assert_eq!(trial.identity().await, before, "{address} is taken up");
        trial.settled(Version::First).await;
        trial.assert_single().await;
        trial.end().await;
    } else {
        let [(_, fault)] = &report.failed[..] else { panic!("{report:#?}") };
        assert!(matches!(fault.class, Class::NotOurs | Class::Exists), "{address}: {fault:?}");
        assert!(fault.hint.is_some(), "{address}: {fault}");
        // Whoever has it on record still has it.
        twin.settled(Version::First).await;
        twin.end().await;
    }
}

/// An object that stays when it is no more wanted is the same when it is wanted again.
async fn let_go<R: Resource>(trial: &Trial<'_, R>) {
    trial.apply(Version::First).await;
    let before = trial.outputs().await;
    trial.apply(Version::Without).await;
    trial.settled(Version::Without).await;
    trial.apply(Version::First).await;
    assert_eq!(trial.outputs().await, before, "{} is taken up", R::KIND);
    trial.settled(Version::First).await;
}
