//! Objects that nobody marked, taken up: what others made with their own tools.

use crate::harness::{ACCOUNT, Wire};
use aws_sdk_ec2::types::{Tag, VpcAttributeName};
use groundplan::aws::{
    Tags,
    ec2::{Subnet, Vpc},
    iam::{Role, RolePolicy},
};
use groundplan::{Options, Stack, json_text};

fn of(id: &str) -> Options {
    Options { import: Some(id.to_owned()), ..Options::default() }
}

/// A network as somebody made it by hand: a VPC and a subnet, with a name tag and no DNS names.
async fn by_hand(wire: &Wire, block: &str) -> (String, String) {
    let ec2 = &wire.clients().await.ec2;
    let made = ec2.create_vpc().cidr_block(format!("{block}.0.0/16")).send().await.unwrap();
    let vpc = made.vpc.unwrap().vpc_id.unwrap();
    let tag = Tag::builder().key("Name").value("legacy").build();
    ec2.create_tags().resources(&vpc).tags(tag).send().await.unwrap();
    let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block(format!("{block}.1.0/24"));
    let subnet = subnet.availability_zone("eu-west-1a").send().await.unwrap();
    (vpc, subnet.subnet.unwrap().subnet_id.unwrap())
}

fn network(wire: &Wire, block: &str, (vpc, subnet): (&str, &str)) -> Stack {
    let (mut stack, scope) = wire.stack();
    let cidr = |rest: &str| format!("{block}.{rest}").parse().expect("a block");
    let tags = Tags::from([("Name".to_owned(), "legacy".to_owned())]);
    let main = Vpc { tags, ..Vpc::new(scope.clone(), cidr("0.0/16")) };
    let main = stack.add_with("main", main, of(vpc));
    let a = Subnet::new(scope, main.id(), cidr("1.0/24"), "eu-west-1a".into());
    stack.add_with("a", a, of(subnet));
    stack
}

#[tokio::test]
async fn a_network_made_by_hand_is_taken_up_with_what_differs() {
    let wire = Wire::new("import-network");
    let (vpc, subnet) = by_hand(&wire, "10.40").await;
    let program = || network(&wire, "10.40", (&vpc, &subnet));
    assert_eq!(
        wire.plan(program()).await,
        [
            "import ec2.subnet/a tags.groundplan:address: null → \"ec2.subnet/a\"",
            "import ec2.subnet/a tags.groundplan:stack: null → \"import-network\"",
            "import ec2.vpc/main dns_hostnames: false → true",
            "import ec2.vpc/main tags.groundplan:address: null → \"ec2.vpc/main\"",
            "import ec2.vpc/main tags.groundplan:stack: null → \"import-network\"",
        ]
    );
    let calls = wire.apply(program()).await;
    assert!(
        calls.iter().all(|call| !call.contains("CreateVpc") && !call.contains("CreateSubnet")),
        "{calls:?}"
    );
    assert_eq!(wire.plan(program()).await, [""; 0]);
    let ec2 = &wire.clients().await.ec2;
    let read = ec2.describe_vpc_attribute().vpc_id(&vpc);
    let read = read.attribute(VpcAttributeName::EnableDnsHostnames).send().await.unwrap();
    assert_eq!(read.enable_dns_hostnames.and_then(|value| value.value), Some(true));
    wire.destroy().await;
    let left = ec2.describe_subnets().subnet_ids(&subnet).send().await;
    assert!(left.is_err(), "what was taken up is ours to remove");
}

#[tokio::test]
async fn an_import_that_dies_anywhere_is_ended_by_the_next_run() {
    let wire = Wire::new("import-dies");
    let (vpc, subnet) = by_hand(&wire, "10.41").await;
    let program = || network(&wire, "10.41", (&vpc, &subnet));
    let died = wire.apply_dying(program()).await;
    assert!(died.iter().any(|call| call.contains("CreateTags")), "{died:?}");
    assert_eq!(wire.plan(program()).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn another_stacks_network_is_refused_and_so_is_one_that_is_not_there() {
    let (ours, theirs) = (Wire::new("import-ours"), Wire::new("import-theirs"));
    let (vpc, subnet) = by_hand(&theirs, "10.42").await;
    theirs.apply(network(&theirs, "10.42", (&vpc, &subnet))).await;
    let plan = ours.try_plan(network(&ours, "10.42", (&vpc, "subnet-0123"))).await;
    let said: Vec<_> = plan.refusals.iter().map(|refusal| refusal.what.clone()).collect();
    assert_eq!(
        said,
        [
            format!(
                "is to be {vpc}, which carries the mark of ec2.vpc/main of stack `import-theirs`"
            ),
            "is to be taken up, and ec2.vpc/main, which it needs, is not there yet".to_owned(),
        ]
    );
    let alone = |id: &str| {
        let (mut stack, scope) = ours.stack();
        let block = "10.42.0.0/16".parse().expect("a block");
        stack.add_with("main", Vpc::new(scope, block), of(id));
        stack
    };
    let plan = ours.try_plan(alone("vpc-0123")).await;
    assert!(plan.refusals[0].what.contains("there is none of that id"), "{:?}", plan.refusals);
    theirs.destroy().await;
}

#[tokio::test]
async fn a_role_with_its_policy_is_taken_up_by_name() {
    let wire = Wire::new("import-role");
    let iam = &wire.clients().await.iam;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    iam.create_role()
        .role_name("legacy-app")
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    let may = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}"#;
    let put = iam.put_role_policy().role_name("legacy-app").policy_name("list");
    put.policy_document(may).send().await.unwrap();
    let program = || {
        let (mut stack, scope) = wire.stack();
        let role = Role::new(scope.clone(), trust.to_owned().into());
        // Its name is the object's from now on, though the program gives none.
        let role = stack.add_with("app", role, of("legacy-app"));
        let document = json_text!({
            "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*" },
        });
        let policy = RolePolicy::new(scope, role.name(), "list", document);
        stack.add_with("list", policy, Options { adopt: true, ..Options::default() });
        stack
    };
    assert_eq!(
        wire.plan(program()).await,
        [
            "import iam.role/app tags.groundplan:address: null → \"iam.role/app\"",
            "import iam.role/app tags.groundplan:stack: null → \"import-role\"",
            "import iam.role_policy/list",
        ]
    );
    let calls = wire.apply(program()).await;
    assert!(calls.len() == 1 && calls[0].contains("TagRole"), "{calls:?}");
    assert_eq!(wire.plan(program()).await, [""; 0]);
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/legacy-app");
    assert_eq!(wire.outputs("iam.role/app").await["arn"], arn);
    wire.destroy().await;
}
