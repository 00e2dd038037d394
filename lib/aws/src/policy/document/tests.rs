//! What is written allows what was asked for, and no more.

use super::*;

fn right(action: &str, resource: &str) -> Right {
    Right::new(action, resource.to_owned())
}

/// What documents allow, one by one.
fn allowed(documents: &[Document]) -> BTreeSet<(String, String, String)> {
    let list = |value: &Json| match value {
        Json::Array(all) => all.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    };
    let mut found = BTreeSet::new();
    for statement in documents.iter().flat_map(|d| d.json()["Statement"].as_array().unwrap()) {
        for action in list(&statement["Action"]) {
            for resource in list(&statement["Resource"]) {
                let condition = statement["Condition"].to_string();
                assert!(found.insert((action.clone(), resource, condition)), "{action} twice");
            }
        }
    }
    found
}

#[test]
fn statements_are_merged_without_allowing_more() {
    let tagged = |right: Right| right.when("StringEquals", "aws:ResourceTag/a", "b".into());
    let rights: BTreeSet<_> = [
        right("iam:GetRole", "r/1"),
        right("iam:GetRole", "r/2"),
        right("iam:TagRole", "r/1"),
        right("iam:TagRole", "r/2"),
        right("iam:PutRolePolicy", "r/2"),
        tagged(right("ec2:DeleteVpc", "v/*")),
        right("ec2:DeleteSubnet", "s/*"),
    ]
    .into();
    let documents = write(rights.clone());
    let asked = rights.iter().map(|r| {
        let condition = if r.conditions.is_empty() { Json::Null } else { to_json(&r.conditions) };
        (r.action.clone(), r.resource.clone(), condition.to_string())
    });
    assert_eq!(allowed(&documents), asked.collect());
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].json()["Statement"].as_array().unwrap().len(), 4);
}

#[test]
fn what_another_right_allows_is_left_out() {
    let rights = [
        right("rds:DescribeDBInstances", "arn:aws:rds:e:1:db:*"),
        right("rds:DescribeDBInstances", "arn:aws:rds:e:1:db:main"),
        right("rds:ModifyDBInstance", "arn:aws:rds:e:1:db:main"),
    ];
    let left = allowed(&write(rights.into()));
    assert_eq!(left.len(), 2);
    assert!(!left.iter().any(|(a, r, _)| a == "rds:DescribeDBInstances" && r.ends_with("main")));
}

#[test]
fn documents_keep_to_the_limit_and_lose_nothing() {
    let many: BTreeSet<_> = (0..900)
        .map(|n| right("secretsmanager:GetSecretValue", &format!("arn:aws:secretsmanager:{n:030}")))
        .chain((0..100).map(|n| right(&format!("ec2:Describe{n:040}"), "*")))
        .collect();
    let documents = write(many.clone());
    assert!(documents.len() > 5, "{}", documents.len());
    assert!(documents.iter().all(|d| d.length() <= LONGEST));
    assert_eq!(allowed(&documents).len(), many.len());
}
