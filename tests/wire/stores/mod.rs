//! The kinds that keep data: databases, search domains, secrets.

mod opensearch;
mod rds;
mod secrets;

pub(crate) use rds::snapshots;

use crate::harness::Wire;
use aws_sdk_ec2::types::Filter;
use groundplan::aws::{SecurityGroupId, SubnetId};
use groundplan::{Class, Report, Stack};

/// Two subnets in different zones, and a security group, of the network that an account begins with.
struct Network {
    subnets: Vec<SubnetId>,
    group: SecurityGroupId,
}

impl Network {
    async fn of(wire: &Wire) -> Self {
        let aws = wire.clients().await;
        // There already if another test was faster.
        let role = aws.iam.create_service_linked_role();
        role.aws_service_name("opensearchservice.amazonaws.com").send().await.ok();
        let default = Filter::builder().name("default-for-az").values("true").build();
        let found = aws.ec2.describe_subnets().filters(default).send().await.unwrap();
        let mut subnets: Vec<_> = found.subnets().iter().collect();
        subnets.sort_by_key(|subnet| subnet.availability_zone());
        let vpc = Filter::builder().name("vpc-id").values(subnets[0].vpc_id().unwrap()).build();
        let name = Filter::builder().name("group-name").values("default").build();
        let groups = aws.ec2.describe_security_groups().filters(vpc).filters(name);
        let groups = groups.send().await.unwrap();
        Self {
            subnets: subnets.iter().map(|s| s.subnet_id().unwrap().into()).collect(),
            group: groups.security_groups()[0].group_id().unwrap().into(),
        }
    }
}

/// A database that goes without a snapshot, a search domain, and a secret.
pub(crate) async fn all(wire: &Wire) -> Stack {
    let mut stack = rds::light(wire, |_| {}).await;
    let scope = groundplan::Val::output(&"aws.account/main".parse().unwrap(), "scope");
    opensearch::add(&mut stack, &Network::of(wire).await, scope.clone(), |_| {});
    secrets::add(&mut stack, scope, &secrets::TWO, |_| {});
    stack
}

/// The only fault of a run.
fn fault(report: &Report) -> &groundplan::Fault {
    assert_eq!(report.failed.len(), 1, "{report:#?}");
    &report.failed[0].1
}

fn assert_not_ours(report: &Report) {
    let fault = fault(report);
    assert_eq!(fault.class, Class::NotOurs, "{fault:?}");
    let why = fault.why.as_deref().unwrap();
    assert!(why.contains("ownership tags"), "{why}");
}
