//! A stack of CloudFormation is taken up and let go of by commands alone.

use super::{sweep::deploy, world::Folder};
use serde_json::json;

/// What the small program declares, as the CDK would have named it, and a queue that nothing here knows of.
fn template() -> String {
    let vpc =
        json!({ "CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true, "EnableDnsSupport": true });
    let subnet = json!({
        "VpcId": { "Ref": "Main8378EB38" },
        "CidrBlock": "10.0.0.0/24",
        "AvailabilityZone": "eu-west-1a",
    });
    json!({
        "Resources": {
            "Main8378EB38": { "Type": "AWS::EC2::VPC", "Properties": vpc },
            "Main5C2D37C4": { "Type": "AWS::EC2::Subnet", "Properties": subnet },
            "Queue": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "legacy-queue" } },
        },
    })
    .to_string()
}

#[test]
fn what_cloudformation_made_is_taken_up_and_let_go_of() {
    let folder =
        Folder::small("account = \"123456789012\"\nregion = \"eu-west-1\"\nturn = \"first\"\n");
    deploy(&folder, "legacy", &template());
    let of = |more: &[&'static str]| {
        let asked = ["--sandbox=aws", "import", "--cloudformation", "legacy"];
        folder.run(&[&asked, more].concat())
    };
    let (_, from) = folder.changes(0);
    // Nothing is let go of that nobody would know of.
    let said = of(&["--release", "--yes"]).with(3).said();
    assert!(said.contains("not on record here: ec2.vpc/main and ec2.subnet/main"), "{said}");
    let said = of(&["--plan"]).with(2).said();
    assert!(said.contains("2 to import, 0 to create") && said.contains("Queue"), "{said}");
    assert_eq!(folder.changes(from).0, [""; 0], "all of this only looks");

    of(&["--yes"]).with(0);
    let (made, from) = folder.changes(from);
    let makes = |call: &String| call.contains("Create") && call != "ec2:CreateTags";
    assert!(!made.iter().any(makes), "nothing is made again: {made:?}");
    folder.run(&["--sandbox=aws", "plan"]).with(0);

    let said = of(&["--release", "--plan"]).with(2).said();
    assert!(said.contains("keeps 3 resources more of 3"), "{said}");
    let said = of(&["--release", "--yes"]).with(0).said();
    assert!(
        said.contains("stack `legacy` is gone from CloudFormation; of 2 objects nothing is lost"),
        "{said}"
    );
    let (made, _) = folder.changes(from);
    assert!(made.contains(&"cloudformation:DeleteStack".to_owned()), "{made:?}");
    assert!(made.iter().all(|call| call.starts_with("cloudformation:")), "{made:?}");
    let said = of(&["--release", "--yes"]).with(1).said();
    assert!(said.contains("there is no stack `legacy` in CloudFormation"), "{said}");
    folder.run(&["--sandbox=aws", "plan"]).with(0);
    folder.run(&["--sandbox=aws", "destroy", "--yes"]).with(0);
}
