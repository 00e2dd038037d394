//! What touches need, from touches alone.

use super::*;
use groundplan_core::{Address, json};

const KEY: &str = "arn:aws:kms:eu-west-1:1:key/new";
const OLD: &str = "arn:aws:kms:eu-west-1:1:key/old";
const ANY: &str = "arn:aws:kms:eu-west-1:1:key/*";

fn touch(address: &str, act: Act, inputs: &Json) -> Touch {
    let address: Address = address.parse().unwrap();
    let mut inputs = inputs.clone();
    inputs["scope"] = json!({ "account": "1", "region": "eu-west-1", "partition": "aws" });
    Touch {
        kind: address.kind().to_owned(),
        address: Some(address),
        act,
        inputs,
        outputs: None,
        name: Some("it".to_owned()),
        changed: Fields::Only(BTreeSet::new()),
    }
}

fn change(address: &str, inputs: &Json, changed: &str) -> Touch {
    let changed = Fields::Only([changed.to_owned()].into());
    Touch { changed, ..touch(address, Act::Change, inputs) }
}

fn policies(touches: &[Touch]) -> Policies {
    let registry = crate::registry();
    let objects = Objects::new(&registry, touches, "test");
    of(touches, &objects, &Mark::Stack("test".to_owned()), None)
}

/// On what an action is allowed, and under which condition.
fn allowed(policies: &Policies, action: &str) -> BTreeSet<(String, String)> {
    let list = |value: &Json| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let documents = policies.policies.iter().flat_map(|policy| &policy.documents);
    let statements = documents.flat_map(|document| list(&document.json()["Statement"]));
    let about = statements.filter(|statement| list(&statement["Action"]).contains(&json!(action)));
    about
        .flat_map(|statement| {
            let condition = statement["Condition"].to_string();
            list(&statement["Resource"]).into_iter().map(move |on| (text(&on), condition.clone()))
        })
        .collect()
}

fn on(resource: &str, condition: &Json) -> BTreeSet<(String, String)> {
    [(resource.to_owned(), condition.to_string())].into()
}

fn via() -> Json {
    json!({ "StringLike": { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" } })
}

#[test]
fn keys_are_used_through_services_alone() {
    let grant = json!({ "Bool": { "kms:GrantIsForAWSResource": "true" } });
    let registry = crate::registry();
    let mut seen = 0;
    for kind in registry.kinds() {
        let Some(iam) = registry.iam(kind) else { continue };
        let Some((_, Hole::Input(path))) = iam.holes.iter().find(|(hole, _)| *hole == "key") else {
            continue;
        };
        seen += 1;
        let made = touch(&format!("{kind}/it"), Act::Create, &json!({ (*path): KEY }));
        let made = policies(&[made]);
        for (action, condition) in
            [("CreateGrant", &grant), ("Decrypt", &via()), ("GenerateDataKey", &via())]
        {
            let action = format!("kms:{action}");
            if iam.create.contains(&&*action) {
                assert_eq!(allowed(&made, &action), on(KEY, condition), "{kind}: {action}");
            }
        }
    }
    assert_eq!(seen, 8, "kinds with a key");
}

#[test]
fn all_of_a_type_without_a_condition_is_told_to_be_wide() {
    let later = json!({ "$gp": { "ref": "kms.key/a#arn" } });
    let made = policies(&[touch("rds.instance/a", Act::Create, &json!({ "kms_key": later }))]);
    let described = allowed(&made, "kms:DescribeKey");
    assert_eq!(described, on(ANY, &Json::Null));
    assert!(made.wide.contains("kms:DescribeKey"), "{:?}", made.wide);
    assert!(!made.wide.contains("kms:Decrypt"), "a condition narrows it: {:?}", made.wide);
    let known = policies(&[touch("rds.instance/a", Act::Create, &json!({ "kms_key": KEY }))]);
    assert!(!known.wide.contains("kms:DescribeKey"), "{:?}", known.wide);
    let issuer = json!({ "$gp": { "ref": "eks.cluster/a#issuer" } });
    let read = touch("iam.oidc_provider/a", Act::Create, &json!({ "url": issuer }));
    let read = policies(&[read]);
    assert!(read.wide.contains("iam:GetOpenIDConnectProvider"), "{:?}", read.wide);
    let entry = json!({ "cluster": "main", "principal": "arn:aws:iam::1:role/a" });
    let entry = policies(&[touch("eks.access_entry/a", Act::Read, &entry)]);
    assert!(!entry.wide.contains("eks:DescribeAccessEntry"), "{:?}", entry.wide);
}

#[test]
fn a_secret_under_a_key_takes_the_right_to_decrypt_it() {
    let source = |arn: &Json| json!({ "secret": { "from": "secrets_manager", "arn": arn } });
    let database = |key: &Json| touch("rds.instance/a", Act::Create, &json!({ "kms_key": key }));
    let later = json!({ "$gp": { "ref": "rds.instance/a#master_secret" } });
    let reader = |arn: &Json| touch("kube.object/a", Act::Create, &source(arn));
    let made = policies(&[touch("rds.instance/b", Act::Read, &json!({})), reader(&later)]);
    assert_eq!(allowed(&made, "kms:Decrypt"), BTreeSet::new());
    // The database itself is only read, so that nothing else takes the right.
    let arn = json!("arn:aws:secretsmanager:eu-west-1:1:secret:rds!db-1-abcdef");
    let there = Touch {
        act: Act::Read,
        outputs: Some(json!({ "master_secret": arn })),
        ..database(&json!(KEY))
    };
    for known in [&later, &arn] {
        let made = policies(&[there.clone(), reader(known)]);
        assert_eq!(allowed(&made, "secretsmanager:GetSecretValue").len(), 1, "{known}");
        assert_eq!(allowed(&made, "kms:Decrypt"), on(KEY, &via()), "{known}");
    }
    let keyless = Touch { inputs: touch("rds.instance/a", Act::Read, &json!({})).inputs, ..there };
    let made = policies(&[keyless, reader(&arn)]);
    assert_eq!(allowed(&made, "kms:Decrypt"), BTreeSet::new(), "the key of AWS takes no right");
}

#[test]
fn another_key_for_a_secret_takes_the_one_before() {
    let before = touch("secretsmanager.secret/a", Act::Read, &json!({ "kms_key": OLD }));
    let changes = |inputs: &Json, field: &str| {
        let after = change("secretsmanager.secret/a", inputs, field);
        let keys = allowed(&policies(&[before.clone(), after]), "kms:Decrypt");
        keys.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    assert_eq!(changes(&json!({ "kms_key": KEY }), "kms_key"), [KEY, OLD]);
    assert_eq!(changes(&json!({}), "kms_key"), [OLD], "AWS's own key takes its place");
    assert_eq!(changes(&json!({ "kms_key": OLD }), "description"), [""; 0]);
}

#[test]
fn what_a_new_object_has_on_takes_a_right_to_be_off() {
    let needs = |flag: bool| {
        let inputs =
            json!({ "versioning": false, "public_access_block": { "block_public_acls": flag } });
        let made = policies(&[touch("s3.bucket/a", Act::Create, &inputs)]);
        let on = |action| !allowed(&made, action).is_empty();
        (on("s3:PutBucketPublicAccessBlock"), on("s3:PutBucketVersioning"))
    };
    assert_eq!(needs(true), (false, false));
    assert_eq!(needs(false), (true, false));
}

#[test]
fn a_parameter_group_is_named_where_it_changes() {
    let inputs = json!({ "parameter_group": "own", "class": "db.m7g.large" });
    let on = |field: &str| {
        let made = policies(&[change("rds.instance/a", &inputs, field)]);
        let all = allowed(&made, "rds:ModifyDBInstance").into_iter();
        all.map(|(arn, _)| arn).collect::<Vec<_>>()
    };
    let (db, pg) = ("arn:aws:rds:eu-west-1:1:db:it", "arn:aws:rds:eu-west-1:1:pg:own");
    assert_eq!(on("class"), [db]);
    assert_eq!(on("parameter_group"), [db, pg]);
}

#[test]
fn a_key_that_is_not_there_is_told_from_one_that_may_not_be_read() {
    let (bucket, prefix) = ("states".to_owned(), "platform/".to_owned());
    let place = StatePlace { bucket, prefix, partition: "aws".to_owned() };
    let registry = crate::registry();
    let objects = Objects::new(&registry, &[], "test");
    let policies = of(&[], &objects, &Mark::Stack("test".to_owned()), Some(&place));
    let condition = json!({ "StringLikeIfExists": { "s3:prefix": "platform/*" } });
    assert_eq!(allowed(&policies, "s3:ListBucket"), on("arn:aws:s3:::states", &condition));
    assert_eq!(policies.wide, BTreeSet::new());
}

#[test]
fn each_role_of_a_chain_is_taken_by_the_one_before() {
    let (via, role) = ("arn:aws:iam::9:role/ci", "arn:aws:iam::1:role/admin");
    let mut inside = touch("ec2.vpc/a", Act::Create, &json!({}));
    inside.inputs["scope"]["role"] = role.into();
    inside.inputs["scope"]["via"] = via.into();
    let made = policies(&[inside]);
    let takes = |who: Option<&str>| {
        let policies = made.policies.iter().filter(|policy| policy.role.as_deref() == who).cloned();
        let own = Policies { policies: policies.collect(), wide: BTreeSet::new() };
        allowed(&own, "sts:AssumeRole")
    };
    assert_eq!(takes(None), on(via, &Json::Null));
    assert_eq!(takes(Some(via)), on(role, &Json::Null));
    assert_eq!(takes(Some(role)), BTreeSet::new());
}
