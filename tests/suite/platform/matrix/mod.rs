//! The matrix of kills: a run of the reference platform is killed at every operation that it asks of
//! AWS and of Kubernetes, once before the operation is handled and once after, and the next run has to
//! find its way, alone.
//!
//! The platform goes round in one sandbox that is never reset: up, changed with a replacement, changed
//! back, down. A first round lists the operations of each leg. In each round after that, a run on each
//! leg is killed at one operation, a plain run follows, then a plan; and what there is is counted in
//! the cloud and held against what the first round left. Nothing runs in the cluster of that round, so
//! that it is fast; workloads go round in a cluster that stays, and what EKS is asked is tried once more
//! with workloads in the cluster.
//!
//! A sample is part of every test run; all of it is
//! `cargo test -p groundplan-tests --test suite -- --ignored --nocapture every_kill`. With
//! `GROUNDPLAN_KILL=CreateVpc` only operations with that in their names are killed at.

mod cell;
mod count;
mod ground;
mod leg;
mod table;

use ground::Ground;

#[test]
fn a_sample_of_kills_at_aws_is_survived() {
    Ground::aws().go_round(Some(2));
}

#[test]
fn a_sample_of_kills_at_kubernetes_is_survived() {
    Ground::cluster().go_round(Some(1));
}

#[test]
#[ignore = "takes about an hour"]
fn every_kill_at_aws_is_survived() {
    Ground::aws().go_round(None);
}

#[test]
#[ignore = "takes about an hour"]
fn every_kill_at_eks_with_workloads_is_survived() {
    Ground::whole().go_round(None);
}

#[test]
#[ignore = "takes about an hour"]
fn every_kill_at_kubernetes_is_survived() {
    Ground::cluster().go_round(None);
}
