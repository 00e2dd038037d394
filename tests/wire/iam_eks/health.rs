//! What EKS says of an object that does not come up reaches the reader.

use super::{network, service_role, the_fault};
use crate::harness::{Wire, eventually};
use groundplan::aws::eks::{Cluster, NodeGroup};
use groundplan::{Options, Stack};
use std::time::Duration;

/// A cluster without a network for its pods, and with nodes that wait for one.
fn without_network(wire: &Wire, nodes: bool) -> Stack {
    let (mut stack, scope) = wire.stack();
    let subnets = network(&mut stack, &scope);
    let policies = ["AmazonEKSClusterPolicy"];
    let (role, after) = service_role(&mut stack, &scope, "control", "eks.amazonaws.com", &policies);
    let cluster = Cluster::new(scope.clone(), "1.35", role, subnets.clone());
    let cluster = Cluster { deletion_protection: false, ..cluster };
    let cluster = stack.add_with("main", cluster, Options { after, ..Options::default() });
    if nodes {
        let policies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];
        let (role, after) =
            service_role(&mut stack, &scope, "node", "ec2.amazonaws.com", &policies);
        let group = NodeGroup::new(scope, cluster.name(), role, subnets);
        stack.add_with("general", group, Options { after, ..Options::default() });
    }
    stack
}

#[tokio::test]
async fn nodes_that_do_not_join_are_named_with_the_reason() {
    let wire = Wire::new("ill");
    let (report, _) = wire.try_apply(without_network(&wire, true)).await;
    let (fault, hint) = the_fault(&report);
    let says = "eks.node_group/general: the node group `ill-general` is CREATE_FAILED: NodeCreationFailure: ";
    assert!(fault.starts_with(says), "{fault}");
    assert_eq!(hint, "mend the cause, then make it anew: `apply --replace eks.node_group/general`");
    // Out of the program it goes, though it never came up.
    wire.apply(without_network(&wire, false)).await;
    wire.destroy().await;
}

#[tokio::test]
async fn a_role_that_is_not_ready_is_waited_for() {
    let wire = Wire::new("settles");
    let program = || {
        let (mut stack, scope) = wire.stack();
        let subnets = network(&mut stack, &scope);
        let (role, _) = service_role(&mut stack, &scope, "control", "eks.amazonaws.com", &[]);
        let cluster = Cluster::new(scope, "1.35", role, subnets);
        stack.add("main", Cluster { deletion_protection: false, ..cluster });
        stack
    };
    let aws = wire.clients().await;
    let attach = async {
        // Long enough after the role for a first try.
        eventually(async || aws.iam.get_role().role_name("settles-control").send().await).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let attach = aws.iam.attach_role_policy().role_name("settles-control");
        attach.policy_arn("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy").send().await.unwrap();
    };
    let (calls, ()) = tokio::join!(wire.apply(program()), attach);
    let tries = calls.iter().filter(|call| *call == "POST /clusters").count();
    assert!(tries > 1, "{calls:#?}");
    assert_eq!(wire.plan(program()).await, [""; 0]);
    let detach = aws.iam.detach_role_policy().role_name("settles-control");
    detach.policy_arn("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy").send().await.unwrap();
    wire.destroy().await;
}
