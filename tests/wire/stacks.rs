//! Programs that together have every kind of AWS, in two versions.

use crate::{ec2, harness::Wire, iam_eks, organization, stores};
use groundplan::Stack;

/// One of them, with a state of its own.
pub(crate) struct Program {
    pub(crate) wire: Wire,
    pub(crate) first: Stack,
    /// The first one with what can change changed.
    pub(crate) second: Stack,
}

/// All of them, with those whose objects stay when they are no more wanted, so that they come only once.
pub(crate) async fn every(suffix: &str) -> Vec<Program> {
    let wire = Wire::new(&format!("organization-{suffix}"));
    let (first, second) = (organization::first(&wire), organization::second(&wire));
    let mut programs: Vec<_> = all(suffix).await.into();
    programs.push(Program { wire, first, second });
    programs
}

/// A network, a cluster, and what keeps data.
pub(crate) async fn all(suffix: &str) -> [Program; 3] {
    let wire = |name| Wire::new(&format!("{name}-{suffix}"));
    let network = wire("network");
    let (first, second) = (ec2::first(&network), ec2::second(&network));
    let network = Program { wire: network, first, second };
    let cluster = wire("cluster");
    let (first, second) = (iam_eks::first(&cluster), iam_eks::second(&cluster));
    let cluster = Program { wire: cluster, first, second };
    let data = wire("data");
    let first = Box::pin(stores::first(&data)).await;
    let second = Box::pin(stores::second(&data)).await;
    [network, cluster, Program { wire: data, first, second }]
}
