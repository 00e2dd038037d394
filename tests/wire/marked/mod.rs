//! What carries a stack's mark is found, whatever is recorded of it: one table of all tagged kinds.

mod doubles;
mod orphans;

use crate::{
    harness::Wire,
    stacks::{self, Program},
};
use futures::future::{BoxFuture, join_all};
use groundplan::aws::cloudwatch::Alarm;
use groundplan::aws::ec2::{
    ElasticIp, FlowLog, InternetGateway, LaunchTemplate, NatGateway, Peering, RouteTable,
    SecurityGroup, SecurityGroupRule, Subnet, Vpc, VpcEndpoint,
};
use groundplan::aws::ecr::Repository;
use groundplan::aws::eks::{AccessEntry, Addon, Cluster, NodeGroup, PodIdentityAssociation};
use groundplan::aws::iam::{InstanceProfile, OidcProvider, Policy, Role};
use groundplan::aws::kms::Key;
use groundplan::aws::logs::LogGroup;
use groundplan::aws::opensearch::Domain;
use groundplan::aws::organizations::{Account, Unit};
use groundplan::aws::ram::Share;
use groundplan::aws::rds::{Instance, SubnetGroup};
use groundplan::aws::sso::PermissionSet;
use groundplan::aws::{registry, secretsmanager::Secret};
use groundplan::{Address, Json, Mark, Marked, Naming, Near, Ownership, Resource, to_json};
use groundplan_state::Entry;
use std::collections::BTreeMap;

/// A kind of the table.
struct Kind {
    name: &'static str,
    check: for<'a> fn(&'a Wire) -> BoxFuture<'a, ()>,
}

macro_rules! kinds {
    ($($kind:ty),* $(,)?) => {
        [$(Kind { name: <$kind>::KIND, check: |wire| Box::pin(check::<$kind>(wire)) }),*]
    };
}

/// All kinds whose objects carry tags.
fn table() -> Vec<Kind> {
    let kinds = kinds![
        AccessEntry,
        Account,
        Addon,
        Alarm,
        Cluster,
        Domain,
        ElasticIp,
        FlowLog,
        Instance,
        InstanceProfile,
        InternetGateway,
        Key,
        LaunchTemplate,
        LogGroup,
        NatGateway,
        NodeGroup,
        OidcProvider,
        Peering,
        PermissionSet,
        PodIdentityAssociation,
        Policy,
        Repository,
        Role,
        RouteTable,
        Secret,
        SecurityGroup,
        SecurityGroupRule,
        Share,
        Subnet,
        SubnetGroup,
        Unit,
        Vpc,
        VpcEndpoint,
    ];
    kinds.into()
}

#[tokio::test]
async fn every_kind_finds_what_carries_its_mark() {
    let all = registry();
    let tagged: Vec<_> = all
        .kinds()
        .filter(|kind| all.meta(kind).is_some_and(|m| m.ownership == Ownership::Tagged))
        .collect();
    let mut table: Vec<_> = table();
    table.sort_by_key(|kind| kind.name);
    assert_eq!(table.iter().map(|kind| kind.name).collect::<Vec<_>>(), tagged);

    let programs = Box::pin(stacks::every("marked")).await;
    join_all(programs.iter().map(|of| of.wire.apply(of.first.clone()))).await;
    for kind in &table {
        let mut some = false;
        for Program { wire, .. } in &programs {
            if !wire.recorded(kind.name).await.is_empty() {
                some = true;
                (kind.check)(wire).await;
            }
        }
        assert!(some, "no stack has a {}", kind.name);
    }
    join_all(programs.iter().map(|of| of.wire.destroy())).await;
}

/// Of a kind, exactly what the stack has is found; by another mark, nothing.
async fn check<R: Resource>(wire: &Wire) {
    let snapshot = wire.snapshot().await;
    let recorded = wire.recorded(R::KIND).await;
    // One says where to look. What is recorded of the others is not told.
    let near = recorded.values().take(1).map(|entry| decode(&entry.inputs)).collect();
    let near = Near::<R>::new(near);
    let cx = wire.context().await;
    let find = async |stack: &str, lineage: Option<String>| {
        let mark = Mark { stack: stack.to_owned(), lineage };
        let found = R::marked(&cx, &near, &mark).await;
        found.unwrap_or_else(|fault| panic!("{}: {fault}", R::KIND))
    };
    let lineage = snapshot.lineage.to_string();
    for known in [Some(lineage.clone()), None] {
        let found = find(wire.name(), known).await;
        assert_eq!(found.len(), recorded.len(), "{}: {found:#?}", R::KIND);
        for marked in &found {
            assert_eq!(marked.owner.stack, wire.name());
            assert_eq!(marked.owner.lineage, lineage);
            assert_is::<R>(marked, &recorded);
        }
    }
    assert_eq!(find(wire.name(), Some("another".into())).await.len(), 0, "{}", R::KIND);
    assert_eq!(find("another", None).await.len(), 0, "{}", R::KIND);
}

fn assert_is<R: Resource>(marked: &Marked<R::Outputs>, recorded: &BTreeMap<Address, Entry>) {
    let address = &marked.owner.address;
    let entry = &recorded[address];
    assert_eq!(marked.owner.generation, entry.generation, "{address}");
    assert_eq!(Some(to_json(&marked.live.outputs)), entry.outputs, "{address}");
    assert!(!marked.id.is_empty(), "{address}");
    assert!(!marked.live.leaving, "{address}");
    let named = matches!(R::META.naming, Naming::Derived { .. });
    assert_eq!(marked.name, entry.physical_name.clone().filter(|_| named), "{address}");
    // As the engine reads it: over what is recorded of it, or else of another beside it.
    for beside in [&entry.inputs, &recorded.values().next().expect("one").inputs] {
        let _: R = decode(&over(beside, &marked.live.fields));
    }
}

fn over(inputs: &Json, fields: &Json) -> Json {
    let both = [inputs, fields].into_iter().flat_map(|all| all.as_object().expect("fields"));
    let all: serde_json::Map<_, _> = both.map(|(f, value)| (f.clone(), value.clone())).collect();
    Json::Object(all.into_iter().filter(|(_, value)| !value.is_null()).collect())
}

fn decode<R: Resource>(inputs: &Json) -> R {
    serde_json::from_value(inputs.clone())
        .unwrap_or_else(|why| panic!("{} from {inputs:#}: {why}", R::KIND))
}
