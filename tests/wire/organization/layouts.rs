//! The example `accounts` in both of its layouts: one run makes accounts and all that is in them, another
//! one leaves the accounts and nothing else.

use crate::harness::{ACCOUNT, Wire, eventually};
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter};
use groundplan::{
    Json, Problems, Program, Stack,
    aws::{Clients, organizations::AccountOutputs},
};
use groundplan_examples::accounts::{Accounts, Settings};
use std::sync::Arc;

/// The company that has the warehouse: an account outside the organization, and the role that lets us in.
const COMPANY: (&str, &str) = ("210987654321", "groundplan-guest");
/// The warehouse's addresses: some that EKS would choose for services, so that clusters name theirs.
const WAREHOUSE: &str = "10.100.0.0/16";

/// What both layouts have in common.
fn settings(wire: &Wire, layout: &str) -> String {
    let name = wire.name();
    format!(
        r#"
        stack = "{name}"
        layout = "{layout}"
        region = "eu-west-1"
        zones = ["euw1-az1", "euw1-az2"]
        nat = "one"
        protect = false

        [organization]
        management_account = "{ACCOUNT}"
        unit = "{name}"

        [platform]
        email = "{name}-platform@example.com"
        cidr = "10.20.0.0/16"

        [workloads.analytics]
        email = "{name}-analytics@example.com"
        cidr = "10.40.0.0/16"

        [cluster]
        version = "1.35"
        service_cidr = "172.20.0.0/16"
        instance_types = ["m7i.large"]
        nodes = 1

        [database]
        class = "db.t4g.medium"
        storage_gib = 20
        multi_az = false
        backup_days = 0
        "#
    )
}

fn program(settings: &str) -> Stack {
    let settings: Settings = toml::from_str(settings).expect("settings");
    let mut problems = Problems::default();
    Accounts::check(&settings, &mut problems);
    assert_eq!(problems.into_vec(), []);
    let mut stack = Stack::new(&Accounts::stack(&settings));
    Accounts::build(&settings, &mut stack);
    stack
}

/// The id of an account that was made.
async fn account(wire: &Wire, name: &str) -> String {
    let outputs = wire.outputs(&format!("organizations.account/{name}")).await;
    let outputs: AccountOutputs = serde_json::from_value(outputs).expect("outputs");
    outputs.id.expect("it is made")
}

async fn inside(wire: &Wire, account: &str) -> Arc<Clients> {
    wire.clients_of(account, "OrganizationAccountAccessRole").await
}

/// The account that something is recorded in.
async fn place(wire: &Wire, address: &str) -> Json {
    let address = address.parse().expect("an address");
    wire.snapshot().await.entries[&address].inputs["scope"]["account"].clone()
}

/// Nothing but what an account begins with is in it.
async fn assert_empty(aws: &Clients, of: &str) {
    let own = Filter::builder().name("is-default").values("false").build();
    let vpcs = aws.ec2.describe_vpcs().filters(own).send().await.unwrap();
    assert_eq!(vpcs.vpcs(), [], "{of}");
    let addresses = aws.ec2.describe_addresses().send().await.unwrap();
    assert_eq!(addresses.addresses(), [], "{of}");
    assert_eq!(aws.eks.list_clusters().send().await.unwrap().clusters(), [""; 0], "{of}");
    let databases = aws.rds.describe_db_instances().send().await.unwrap();
    assert_eq!(databases.db_instances(), [], "{of}");
    let roles = aws.iam.list_roles().send().await.unwrap();
    let made = roles.roles().iter().map(aws_sdk_iam::types::Role::role_name);
    let made: Vec<_> = made.filter(|name| !name.starts_with("AWSServiceRole")).collect();
    assert_eq!(made, ["OrganizationAccountAccessRole"], "{of}");
    let providers = aws.iam.list_open_id_connect_providers().send().await.unwrap();
    assert_eq!(providers.open_id_connect_provider_list(), [], "{of}");
}

/// All goes but the accounts, which are above where they were, and named.
async fn leaves_the_accounts_and_nothing_else(wire: &Wire) {
    let ids = [account(wire, "platform").await, account(wire, "analytics").await];
    wire.destroy().await;
    let left = wire.snapshot().await.left;
    let mut left: Vec<_> = left.iter().map(|left| left.address.to_string()).collect();
    left.retain(|address| address != "ram.organization_sharing/the");
    left.sort();
    assert_eq!(left, ["organizations.account/analytics", "organizations.account/platform"]);
    let aws = wire.clients().await;
    for id in &ids {
        let found = aws.organizations.describe_account().account_id(id).send().await.unwrap();
        assert_eq!(found.account.unwrap().state().unwrap().as_str(), "ACTIVE");
        assert_empty(&*inside(wire, id).await, id).await;
    }
}

#[tokio::test]
async fn central_accounts_are_made_filled_shared_and_emptied() {
    let wire = Wire::new("central");
    let program = || program(&settings(&wire, "central"));
    wire.apply(program()).await;
    assert_eq!(wire.plan(program()).await, [""; 0]);

    let (platform, analytics) =
        (account(&wire, "platform").await, account(&wire, "analytics").await);
    let shown = [
        ("ec2.vpc/platform", &platform),
        ("eks.cluster/platform", &platform),
        ("rds.instance/analytics", &analytics),
        ("ec2.security_group/analytics-mysql", &analytics),
    ];
    for (address, id) in shown {
        assert_eq!(place(&wire, address).await, **id, "{address}");
    }
    assert_eq!(wire.recorded("ec2.vpc").await.len(), 1, "one network for all");

    // The cluster's own account administers it, and its nodes are let in to the other account's database.
    let entries = wire.recorded("eks.access_entry").await;
    let [entry] = &entries.values().collect::<Vec<_>>()[..] else { panic!("{entries:#?}") };
    let role = format!("arn:aws:iam::{platform}:role/OrganizationAccountAccessRole");
    assert_eq!(entry.inputs["principal"], *role);
    assert_eq!(wire.outputs("eks.access/platform").await["access"]["role"], *role);
    let aws = inside(&wire, &analytics).await;
    let group = wire.outputs("ec2.security_group/analytics-mysql").await["id"].clone();
    let own = Filter::builder().name("group-id").values(group.as_str().unwrap()).build();
    let rules = aws.ec2.describe_security_group_rules().filters(own).send().await.unwrap();
    let peers = rules.security_group_rules().iter().filter_map(|r| r.referenced_group_info());
    let peers: Vec<_> = peers.filter_map(|info| info.user_id()).collect();
    assert_eq!(peers, [platform.as_str()]);

    // The database is in the subnets of the other account's network.
    let found = aws.rds.describe_db_subnet_groups().send().await.unwrap();
    let subnets = found.db_subnet_groups()[0].subnets().iter();
    let mut subnets: Vec<_> = subnets.filter_map(|s| s.subnet_identifier()).collect();
    subnets.sort_unstable();
    let recorded = wire.recorded("ec2.subnet").await;
    let private = recorded.iter().filter(|(a, _)| a.name().starts_with("platform-private"));
    let mut private: Vec<_> =
        private.map(|(_, e)| e.outputs.as_ref().unwrap()["id"].as_str().unwrap()).collect();
    private.sort_unstable();
    assert_eq!(subnets, private);

    // One more zone moves no database.
    let third = "zones = [\"euw1-az1\", \"euw1-az2\", \"euw1-az3\"]";
    let more = settings(&wire, "central").replace("zones = [\"euw1-az1\", \"euw1-az2\"]", third);
    let lines = wire.plan(self::program(&more)).await;
    let replaced: Vec<_> = lines.iter().filter(|l| l.starts_with("replace rds.")).collect();
    assert_eq!(replaced, [""; 0]);
    assert!(
        lines.iter().any(|l| l.starts_with("update rds.subnet_group/analytics subnets")),
        "{lines:#?}"
    );

    leaves_the_accounts_and_nothing_else(&wire).await;
}

#[tokio::test]
async fn an_account_that_was_left_is_filled_again() {
    let wire = Wire::new("refilled");
    let program = || {
        let settings = settings(&wire, "central");
        program(&settings)
    };
    wire.apply(program()).await;
    let before = account(&wire, "analytics").await;
    wire.destroy().await;
    let calls = wire.apply(program()).await;
    assert!(!calls.iter().any(|call| call == "CreateAccount"), "{calls:?}");
    assert_eq!(account(&wire, "analytics").await, before);
    assert_eq!(wire.plan(program()).await, [""; 0]);
    wire.destroy().await;
}

/// A network that was there before, with names and a route table.
struct Warehouse {
    aws: Arc<Clients>,
    vpc: String,
    table: String,
}

impl Warehouse {
    async fn new(wire: &Wire) -> Self {
        let aws = wire.clients_of(COMPANY.0, COMPANY.1).await;
        let made = aws.ec2.create_vpc().cidr_block(WAREHOUSE).send().await.unwrap();
        let vpc = made.vpc.unwrap().vpc_id.unwrap();
        let on = AttributeBooleanValue::builder().value(true).build();
        eventually(async || {
            let call = aws.ec2.modify_vpc_attribute().vpc_id(&vpc);
            call.enable_dns_hostnames(on.clone()).send().await
        })
        .await;
        let made = aws.ec2.create_route_table().vpc_id(&vpc).send().await.unwrap();
        let table = made.route_table.unwrap().route_table_id.unwrap();
        Self { aws, vpc, table }
    }

    fn settings(&self) -> String {
        let (Self { vpc, table, .. }, (account, role)) = (self, COMPANY);
        format!(
            r#"
            [warehouse]
            account = "{account}"
            role = "arn:aws:iam::{account}:role/{role}"
            vpc = "{vpc}"
            cidr = "{WAREHOUSE}"
            route_tables = {{ main = "{table}" }}
            "#
        )
    }

    /// Where its packets go through connections.
    async fn routes(&self) -> Vec<String> {
        let call = self.aws.ec2.describe_route_tables().route_table_ids(&self.table);
        let found = call.send().await.unwrap();
        let routes = found.route_tables()[0].routes().iter();
        let peered = routes.filter(|route| route.vpc_peering_connection_id().is_some());
        let mut routes: Vec<_> =
            peered.filter_map(|route| route.destination_cidr_block().map(str::to_owned)).collect();
        routes.sort();
        routes
    }
}

#[tokio::test]
async fn decentral_accounts_reach_each_other_and_a_warehouse_that_was_there() {
    let wire = Wire::new("decentral");
    let warehouse = Warehouse::new(&wire).await;
    let settings = settings(&wire, "decentral") + &warehouse.settings();
    wire.apply(program(&settings)).await;
    assert_eq!(wire.plan(program(&settings)).await, [""; 0]);

    let analytics = account(&wire, "analytics").await;
    for address in ["ec2.vpc/analytics", "eks.cluster/analytics", "rds.instance/analytics"] {
        assert_eq!(place(&wire, address).await, *analytics, "{address}");
    }
    for (address, entry) in wire.recorded("eks.cluster").await {
        assert_eq!(entry.inputs["service_cidr"], "172.20.0.0/16", "{address}");
    }
    assert_eq!(wire.recorded("ec2.peering").await.len(), 3);
    let names = wire.recorded("ec2.peering_dns").await;
    assert_eq!(names.len(), 6, "names both ways");
    assert_eq!(warehouse.routes().await, ["10.20.0.0/16", "10.40.0.0/16"]);
    let routes = wire.recorded("ec2.route").await;
    let leads = |from: &str, to: &str| {
        let mut all = routes.iter();
        all.any(|(a, e)| a.name().starts_with(from) && e.inputs["destination"] == to)
    };
    for (from, to) in [
        ("analytics-platform-from-analytics", "10.20.0.0/16"),
        ("analytics-platform-from-platform", "10.40.0.0/16"),
        ("platform-warehouse-from-platform", WAREHOUSE),
        ("analytics-warehouse-from-analytics", WAREHOUSE),
    ] {
        assert!(leads(from, to), "{from} to {to}");
    }

    leaves_the_accounts_and_nothing_else(&wire).await;
    assert_eq!(warehouse.routes().await, [""; 0], "what was there is as it was");
    let call = warehouse.aws.ec2.describe_vpcs().vpc_ids(&warehouse.vpc);
    assert_eq!(call.send().await.unwrap().vpcs().len(), 1);
}
