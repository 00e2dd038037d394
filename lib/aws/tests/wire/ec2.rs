//! The network kinds.

use crate::harness::Wire;
use groundplan_aws::ec2::{Subnet, Vpc};

#[tokio::test]
async fn a_vpc_and_a_subnet_come_and_go() {
    let wire = Wire::new("vpc-and-subnet");
    let program = || {
        let (mut stack, scope) = wire.stack();
        let vpc = stack.add("main", Vpc::new(scope.clone(), "10.0.0.0/16".parse().unwrap()));
        let cidr = "10.0.0.0/24".parse().unwrap();
        stack.add("a", Subnet::new(scope, vpc.id(), cidr, "eu-west-1a".into()));
        stack
    };
    wire.apply(program()).await;
    assert_eq!(wire.plan(program()).await, [""; 0]);
    wire.destroy().await;
}
