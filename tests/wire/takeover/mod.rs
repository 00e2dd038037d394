//! A stack that CloudFormation made is taken up whole, and let go of: nothing is made again, nothing goes.

#[rustfmt::skip]
#[path = "legacy.generated"]
#[expect(clippy::too_many_lines, reason = "what is written is one list")]
mod legacy;

use crate::harness::Wire;
use groundplan::{
    Address, Cx, Stack,
    aws::{
        cloudformation::{self, CloudStack, Contents},
        registry,
        snippet::{self, Declared},
    },
};
use std::{fs, path::Path};

const TEMPLATE: &str = include_str!("template.json");

/// Has CloudFormation make a stack.
async fn deploy(wire: &Wire, name: &str, template: &str) {
    let cloudformation = &wire.clients().await.cloudformation;
    let made = cloudformation.create_stack().stack_name(name).template_body(template).send().await;
    made.unwrap_or_else(|error| panic!("{name}: {error:?}"));
}

async fn found(wire: &Wire, cx: &Cx, name: &str) -> (CloudStack, Contents, Vec<Declared>) {
    let (aws, scope) = (wire.clients().await, Wire::scope());
    let stack = cloudformation::read(&aws, name).await.unwrap();
    let contents = cloudformation::contents(&aws, &scope, &stack).await.unwrap();
    let (declared, absent) = snippet::declare(cx, &scope, &contents.objects).await.unwrap();
    assert_eq!(absent, []);
    (stack, contents, declared)
}

/// The text with every id that EC2 assigned replaced by one that is the same in every run.
fn without_ids(text: &str) -> String {
    const PREFIXES: [&str; 7] = ["vpc-", "subnet-", "igw-", "rtb-", "sg-", "sgr-", "eipalloc-"];
    let mut known: Vec<String> = Vec::new();
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let starts_word = !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        let prefix = PREFIXES.iter().find(|prefix| starts_word && rest.starts_with(**prefix));
        let digits = prefix.map_or(0, |prefix| {
            rest[prefix.len()..].chars().take_while(char::is_ascii_hexdigit).count()
        });
        if let Some(prefix) = prefix.filter(|_| digits >= 8) {
            let id = &rest[..prefix.len() + digits];
            let at = known.iter().position(|one| one == id).unwrap_or_else(|| {
                known.push(id.to_owned());
                known.len() - 1
            });
            out.extend([*prefix, &format!("{:08x}", at + 1)]);
            rest = &rest[id.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// The program that was written, of this stack.
fn program(wire: &Wire) -> Stack {
    let (mut stack, scope) = wire.stack();
    legacy::declare(&mut stack, &scope);
    stack
}

#[tokio::test]
async fn a_stack_is_taken_up_whole_and_let_go_of_and_nothing_is_made_or_lost() {
    let wire = Wire::new("takeover");
    deploy(&wire, "legacy", TEMPLATE).await;
    let cx = wire.context().await;
    let (stack, contents, declared) = found(&wire, &cx, "legacy").await;
    let left: Vec<_> =
        contents.left.iter().map(|one| (one.logical.as_str(), one.why.as_str())).collect();
    assert_eq!(left, [("Queue", "no kind is like it")]);

    // What is written today is what is compiled here.
    let about = ["What the CloudFormation stack `legacy` made.".to_owned()];
    let text = without_ids(&snippet::module(&declared, &about));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("wire/takeover/legacy.generated");
    if std::env::var("GROUNDPLAN_GOLDEN").is_ok_and(|what| what == "write") {
        fs::write(&file, &text).unwrap();
    }
    assert!(!text.contains("not-for-anybody"), "no secret is written");
    assert_eq!(text, fs::read_to_string(&file).unwrap(), "GROUNDPLAN_GOLDEN=write writes it anew");

    // Its program, with the ids of this run.
    let mut graph = program(&wire).freeze(&registry()).unwrap();
    for one in &declared {
        graph.import(&one.address, &one.id).unwrap_or_else(|_| panic!("no {}", one.address));
    }
    let addresses: Vec<&Address> = declared.iter().map(|one| &one.address).collect();
    let (shown, calls) = wire.import_of(&graph, &addresses).await;
    let mark = |line: &String| {
        let words: Vec<_> = line.split(' ').collect();
        words[0] == "import" && words.get(2).is_none_or(|path| path.starts_with("tags.groundplan:"))
    };
    assert!(shown.iter().all(mark), "they only get their mark: {shown:#?}");
    let makes = |call: &String| call.contains("Create") && !call.contains("CreateTags");
    assert!(!calls.iter().any(makes), "{calls:#?}");
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);

    // CloudFormation lets go.
    let aws = wire.clients().await;
    let (release, obstacles) = cloudformation::prepare(&aws, stack).await.unwrap();
    assert_eq!(obstacles, []);
    assert_eq!(release.going.len(), 15, "{:?}", release.going);
    let retained = cloudformation::retain(&cx, &aws, &release).await.unwrap();
    cloudformation::delete(&cx, &aws, retained).await.unwrap();
    let gone = cloudformation::read(&aws, "legacy").await.unwrap_err();
    assert!(gone.what.contains("there is no stack `legacy`"), "{gone}");
    let (still, absent) = snippet::declare(&cx, &Wire::scope(), &contents.objects).await.unwrap();
    assert_eq!((still.len(), absent.len()), (declared.len(), 0));
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn what_would_be_lost_or_made_again_keeps_a_stack_from_being_let_go_of() {
    let wire = Wire::new("takeover-refused");
    let exports = r#"{"Resources":{"Vpc":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":"10.61.0.0/16"}}},
        "Outputs":{"Vpc":{"Value":{"Ref":"Vpc"},"Export":{"Name":"base-vpc"}}}}"#;
    let imports = r#"{"Resources":{"Subnet":{"Type":"AWS::EC2::Subnet","Properties":
        {"VpcId":{"Fn::ImportValue":"base-vpc"},"CidrBlock":"10.61.1.0/24","AvailabilityZone":"eu-west-1a"}}}}"#;
    deploy(&wire, "takeover-base", exports).await;
    deploy(&wire, "takeover-user", imports).await;
    let aws = wire.clients().await;
    let stack = cloudformation::read(&aws, "takeover-base").await.unwrap();
    let (_, obstacles) = cloudformation::prepare(&aws, stack.clone()).await.unwrap();
    let said: Vec<_> = obstacles.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(said, ["stack takeover-user needs its export `base-vpc`"]);

    let protect = aws.cloudformation.update_termination_protection().stack_name("takeover-user");
    let protected = protect.enable_termination_protection(true).send().await.is_ok();
    let stack = cloudformation::read(&aws, "takeover-user").await.unwrap();
    assert_eq!(stack.protected, protected);
    let yaml = "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: 10.62.0.0/16\n";
    deploy(&wire, "takeover-yaml", yaml).await;
    let stack = cloudformation::read(&aws, "takeover-yaml").await.unwrap();
    let (release, _) = cloudformation::prepare(&aws, stack).await.unwrap();
    let cx = wire.context().await;
    let retained = cloudformation::retain(&cx, &aws, &release).await.unwrap();
    let deployed = cloudformation::read(&aws, "takeover-yaml").await.unwrap();
    assert!(deployed.template.contains("    DeletionPolicy: Retain\n"), "{}", deployed.template);
    cloudformation::delete(&cx, &aws, retained).await.unwrap();
    let vpc = &deployed.resources[0].physical;
    let there = aws.ec2.describe_vpcs().vpc_ids(vpc).send().await.unwrap();
    assert_eq!(there.vpcs().len(), 1);
    for (name, id) in [("takeover-user", None), ("takeover-base", None), ("", Some(vpc))] {
        if let Some(id) = id {
            aws.ec2.delete_vpc().vpc_id(id).send().await.unwrap();
        } else if !protected || name != "takeover-user" {
            drop(aws.cloudformation.delete_stack().stack_name(name).send().await);
        }
    }
}
