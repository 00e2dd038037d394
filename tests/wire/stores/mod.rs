//! The kinds that keep data: databases, search domains, secrets.

mod buckets;
mod dns;
mod kafka;
mod opensearch;
mod parameters;
mod rds;
mod restores;
mod secrets;
mod storage;

pub(crate) use rds::snapshots;

use crate::harness::Wire;
use aws_sdk_ec2::types::Filter;
use groundplan::aws::{SecurityGroupId, SubnetId, Tags};
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
pub(crate) async fn first(wire: &Wire) -> Stack {
    all(wire, "data").await
}

/// The same with changes of each.
pub(crate) async fn second(wire: &Wire) -> Stack {
    all(wire, "platform").await
}

async fn all(wire: &Wire, team: &str) -> Stack {
    let tags = || Tags::from([("team".to_owned(), team.to_owned())]);
    let size = if team == "data" { 100 } else { 200 };
    let mut stack = rds::light(wire, |db| {
        (db.tags, db.storage_gib) = (tags(), size);
    })
    .await;
    let scope = groundplan::Val::output(&"aws.account/main".parse().unwrap(), "scope");
    opensearch::add(&mut stack, &Network::of(wire).await, scope.clone(), |domain| {
        (domain.tags, domain.volume_gib) = (tags(), size);
    });
    let values = if team == "data" { &secrets::TWO[..1] } else { &secrets::TWO };
    secrets::add(&mut stack, scope, values, |secret| {
        (secret.tags, secret.description) = (tags(), team.to_owned());
        // One that can be restored is not made a second time.
        secret.recovery_days = 0;
    });
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
