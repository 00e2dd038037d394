//! Keys: what was scheduled for deletion is taken back, and nobody is locked out.

use crate::harness::{ACCOUNT, REGION, Wire};
use groundplan::{
    Json, Options, Stack, Val,
    aws::{
        Arn, Scope,
        kms::{Alias, Key, KeyPolicy},
        registry,
    },
    json, json_text,
};

/// A key with its policy and name.
fn program(wire: &Wire, change: impl FnOnce(&mut Key)) -> Stack {
    let (mut stack, scope) = wire.stack();
    let mut key = Key::new(scope.clone(), "for what is kept");
    change(&mut key);
    let key = stack.add("main", key);
    stack.add("main", Alias::new(scope.clone(), format!("alias/{}", wire.name()), key.arn()));
    stack.add("main", KeyPolicy::new(scope, key.arn(), policy("kms:Describe*")));
    stack
}

/// The account may do everything, its search service something.
fn policy(service_may: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [
            allow(&json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") }), "kms:*"),
            allow(&json!({ "Service": "es.amazonaws.com" }), service_may),
        ],
    })
}

fn allow(principal: &Json, action: &str) -> Json {
    json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" })
}

async fn id(wire: &Wire) -> String {
    wire.outputs("kms.key/main").await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_that_somebody_scheduled_for_deletion_is_taken_back() {
    let wire = Wire::new("key-taken-back");
    wire.apply(program(&wire, |_| {})).await;
    let (aws, before) = (wire.clients().await, id(&wire).await);
    let schedule = aws.kms.schedule_key_deletion().key_id(&before).pending_window_in_days(7);
    schedule.send().await.unwrap();

    let plan = wire.plan(program(&wire, |_| {})).await;
    let [line] = &plan[..] else { panic!("{plan:#?}") };
    let begins = r#"update kms.key/main enabled: "scheduled for deletion on 2"#;
    assert!(line.starts_with(begins) && line.ends_with("→ true (drift)"), "{line}");
    let calls = wire.apply(program(&wire, |_| {})).await;
    assert_eq!(calls, ["CancelKeyDeletion", "EnableKey"]);
    assert_eq!(wire.plan(program(&wire, |_| {})).await, [""; 0]);
    assert_eq!(id(&wire).await, before);
    wire.destroy().await;
}

#[tokio::test]
async fn a_destroyed_key_comes_back_with_its_stack() {
    let wire = Wire::new("key-again");
    wire.apply(program(&wire, |_| {})).await;
    let before = id(&wire).await;
    wire.destroy().await;
    let calls = wire.apply(program(&wire, |key| key.rotation_days = Some(90))).await;
    assert_eq!(id(&wire).await, before);
    assert!(!calls.contains(&"CreateKey".to_owned()), "{calls:#?}");
    let said = wire.recovered();
    assert!(said.iter().any(|said| said.contains("is taken back")), "{said:#?}");
    assert_eq!(wire.plan(program(&wire, |key| key.rotation_days = Some(90))).await, [""; 0]);

    // A key of another sort, and one that takes its place on purpose, are new ones.
    let other = |key: &mut Key| {
        (key.spec, key.usage, key.rotation_days) =
            ("HMAC_256".into(), "GENERATE_VERIFY_MAC".into(), None);
    };
    wire.apply(program(&wire, other)).await;
    assert_ne!(id(&wire).await, before);
    wire.destroy().await;
}

#[tokio::test]
async fn what_takes_several_calls_takes_them_in_an_order_that_works() {
    let wire = Wire::new("key-order");
    let off = |key: &mut Key| (key.enabled, key.rotation_days) = (false, None);
    let on = |key: &mut Key| (key.enabled, key.rotation_days) = (true, Some(100));
    wire.apply(program(&wire, off)).await;
    for version in [on, off] {
        wire.apply(program(&wire, version)).await;
        assert_eq!(wire.plan(program(&wire, version)).await, [""; 0]);
    }
    // While a key stays disabled its rotation cannot be changed.
    let (report, _) = wire.try_apply(program(&wire, |key| key.enabled = false)).await;
    let [(_, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert!(fault.is("DisabledException"), "{fault}");
    assert!(fault.hint.as_deref().unwrap_or_default().contains("set `enabled`"), "{fault:?}");
    wire.destroy().await;
}

#[tokio::test]
async fn a_policy_that_goes_leaves_the_one_that_every_key_has() {
    let wire = Wire::new("key-policy");
    let with = |policy: Option<Val<String>>| {
        let (mut stack, scope) = wire.stack();
        let key = stack.add("main", Key::new(scope.clone(), "with a policy"));
        policy.map(|policy| stack.add("main", KeyPolicy::new(scope, key.arn(), policy)));
        stack
    };
    wire.apply(with(Some(policy("kms:Describe*")))).await;
    wire.apply(with(None)).await;
    let aws = wire.clients().await;
    let found = aws.kms.get_key_policy().key_id(id(&wire).await).policy_name("default");
    let found = found.send().await.unwrap().policy.unwrap();
    assert!(
        found.contains("Enable IAM User Permissions") && !found.contains("es.amazonaws"),
        "{found}"
    );

    // What somebody else put in its place is not overwritten.
    let others = json!({ "Statement": [allow(&json!({ "AWS": ACCOUNT }), "kms:*"), allow(&json!("*"), "kms:List*")] });
    let put = aws.kms.put_key_policy().key_id(id(&wire).await).policy_name("default");
    put.policy(others.to_string()).send().await.unwrap();
    let (report, calls) = wire.try_apply(with(Some(policy("kms:Describe*")))).await;
    assert_eq!(calls, [""; 0]);
    let [(_, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert!(fault.what.ends_with("has a policy that is not this resource's"), "{fault}");
    wire.destroy().await;
}

#[test]
fn a_policy_that_locks_everybody_out_is_refused_before_anything_is_made() {
    let scope = Scope {
        account: ACCOUNT.into(),
        region: REGION.into(),
        partition: "aws".into(),
        role: None,
        via: None,
    };
    let mut stack = Stack::new("locked-out");
    let key = Arn::from(format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/1"));
    let document =
        json_text!({ "Statement": [allow(&json!({ "Service": "es.amazonaws.com" }), "kms:*")] });
    let policy = KeyPolicy::new(scope.into(), key.into(), document);
    stack.add_with("main", policy, Options::default());
    let problems = stack.freeze(&registry()).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].what.starts_with("locks everybody out of the key"), "{problems:?}");
}
