//! The law that every AWS kind keeps, shown of one specimen of each, over the wire.
//!
//! A kind's specimen says what an object of it stands on, which fields change it in place and which make
//! another object. The rest is shared: created, left alone, changed and changed back, drifted and mended
//! field by field, replaced in either order, deleted by somebody else, off the record, with answers that
//! get lost and processes that die, and all of that with no more rights than its kinds declare.

mod fields;
mod ground;
mod law;
mod specimen;

mod acm;
mod cloudwatch;
mod ec2;
mod ecr;
mod eks;
mod iam;
mod kafka;
mod kms;
mod logs;
mod opensearch;
mod organizations;
mod peering;
mod ram;
mod rds;
mod route53;
mod s3;
mod secretsmanager;
mod sso;

use groundplan::aws::registry;
use law::Law;
use std::collections::BTreeSet;

/// Makes a test of each specimen, and the table of all.
macro_rules! specimens {
    ($($specimen:ident),* $(,)?) => {
        pub(super) fn all() -> Vec<Box<dyn $crate::kinds::law::Law>> {
            vec![$(Box::new($specimen())),*]
        }
        mod keeps_the_law {
            $(#[tokio::test]
            async fn $specimen() {
                $crate::kinds::law::Law::holds(&super::$specimen()).await;
            })*
        }
    };
}
use specimens;

/// All specimens.
fn table() -> Vec<Box<dyn Law>> {
    let services = [
        acm::all(),
        cloudwatch::all(),
        ec2::all(),
        ecr::all(),
        eks::all(),
        iam::all(),
        kafka::all(),
        kms::all(),
        logs::all(),
        opensearch::all(),
        organizations::all(),
        peering::all(),
        ram::all(),
        rds::all(),
        route53::all(),
        s3::all(),
        secretsmanager::all(),
        sso::all(),
    ];
    services.into_iter().flatten().collect()
}

#[test]
fn every_kind_has_a_specimen_that_speaks_of_every_field() {
    let table = table();
    let shown: BTreeSet<_> = table.iter().map(|specimen| specimen.kind()).collect();
    let all = registry();
    let missing = all.kinds().filter(|kind| all.meta(kind).is_some() && !shown.contains(kind));
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
    let gaps: Vec<_> = table.iter().flat_map(|specimen| specimen.gaps()).collect();
    assert_eq!(gaps, [""; 0]);
}
