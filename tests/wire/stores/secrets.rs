//! Secrets: made, copied, restored, and never told.

use super::{assert_not_ours, fault};
use crate::harness::Wire;
use groundplan::aws::Scope;
use groundplan::aws::secretsmanager::{Generate, Secret, SecretContent};
use groundplan::{Class, Json, SecretSource, Stack, Val};
use std::collections::BTreeMap;

const SECRET: &str = "secretsmanager.secret/app";

fn program(wire: &Wire, keys: &[(&str, Generate)], change: impl FnOnce(&mut Secret)) -> Stack {
    let (mut stack, scope) = wire.stack();
    add(&mut stack, scope, keys, change);
    stack
}

pub(super) fn add(
    stack: &mut Stack,
    scope: Val<Scope>,
    keys: &[(&str, Generate)],
    change: impl FnOnce(&mut Secret),
) {
    let mut secret = Secret::generated(scope, keys.iter().copied());
    change(&mut secret);
    stack.add("app", secret);
}

pub(super) const TWO: [(&str, Generate); 2] =
    [("password", Generate::password()), ("signing_key", Generate::base64(32))];

/// The secret's name.
fn own(wire: &Wire) -> String {
    format!("{}-app", wire.name())
}

async fn values(wire: &Wire) -> BTreeMap<String, String> {
    let text = text(wire, &own(wire)).await;
    serde_json::from_str(&text).unwrap()
}

async fn text(wire: &Wire, name: &str) -> String {
    let aws = wire.clients().await;
    let found = aws.secrets.get_secret_value().secret_id(name).send().await.unwrap();
    found.secret_string().unwrap().to_owned()
}

/// All that is on record, as text.
async fn record(wire: &Wire) -> String {
    serde_json::to_string(&wire.snapshot().await.entries.values().collect::<Vec<_>>()).unwrap()
}

#[tokio::test]
async fn values_are_made_once_and_are_on_record_nowhere() {
    let wire = Wire::new("secret-made");
    assert_eq!(wire.apply(program(&wire, &TWO, |_| {})).await, ["CreateSecret"]);
    assert_eq!(wire.plan(program(&wire, &TWO, |_| {})).await, [""; 0]);
    let values = values(&wire).await;
    assert_eq!(values["password"].len(), 32);
    assert_eq!(values["signing_key"].len(), 44);
    let record = record(&wire).await;
    assert!(values.values().all(|value| !record.contains(value)));
    wire.destroy().await;
}

#[tokio::test]
async fn a_key_comes_and_goes_and_the_others_stay() {
    let wire = Wire::new("secret-keys");
    wire.apply(program(&wire, &TWO, |_| {})).await;
    let first = values(&wire).await;
    let three = [TWO[0], TWO[1], ("token", Generate::hex(64))];
    assert_eq!(
        wire.plan(program(&wire, &three, |_| {})).await,
        [
            "update secretsmanager.secret/app content.generated.token.alphabet: null → \"hex\"",
            "update secretsmanager.secret/app content.generated.token.length: null → 64",
        ]
    );
    assert_eq!(wire.apply(program(&wire, &three, |_| {})).await, ["PutSecretValue"]);
    let more = values(&wire).await;
    assert_eq!((more.len(), more["token"].len()), (3, 64));
    assert_eq!(more["password"], first["password"]);
    // A key whose length changes is made anew, the one that is taken out goes.
    let other = [("password", Generate { length: 40, ..Generate::password() }), three[2]];
    assert_eq!(
        wire.plan(program(&wire, &other, |_| {})).await,
        [
            "update secretsmanager.secret/app content.generated.password.length: 32 → 40",
            "update secretsmanager.secret/app content.generated.signing_key.alphabet: \"base64\" → null",
            "update secretsmanager.secret/app content.generated.signing_key.length: 32 → null",
        ]
    );
    wire.apply(program(&wire, &other, |_| {})).await;
    let last = values(&wire).await;
    assert_eq!(last.keys().collect::<Vec<_>>(), ["password", "token"]);
    assert_eq!((last["password"].len(), &last["token"]), (40, &more["token"]));
    wire.destroy().await;
}

#[tokio::test]
async fn description_and_tags_change_in_place_and_the_value_stays() {
    let wire = Wire::new("secret-tags");
    wire.apply(program(&wire, &TWO, |_| {})).await;
    let first = values(&wire).await;
    let described = |secret: &mut Secret| {
        secret.description = "for the app".into();
        secret.tags.insert("team".into(), "data".into());
    };
    let calls = wire.apply(program(&wire, &TWO, described)).await;
    assert_eq!(calls, ["TagResource", "UpdateSecret"]);
    assert_eq!(wire.plan(program(&wire, &TWO, described)).await, [""; 0]);
    let untagged = |secret: &mut Secret| secret.description = "for the app".into();
    assert_eq!(wire.apply(program(&wire, &TWO, untagged)).await, ["UntagResource"]);
    assert_eq!(values(&wire).await, first);
    let window = |secret: &mut Secret| {
        untagged(secret);
        secret.recovery_days = 7;
    };
    assert_eq!(wire.apply(program(&wire, &TWO, window)).await, [""; 0], "on record only");
    wire.destroy().await;
}

#[tokio::test]
async fn a_deleted_secret_is_restored_with_its_values() {
    let wire = Wire::new("secret-restored");
    wire.apply(program(&wire, &TWO, |_| {})).await;
    let (first, arn) = (values(&wire).await, wire.outputs(SECRET).await["arn"].clone());
    wire.destroy().await;
    assert_eq!(wire.apply(program(&wire, &TWO, |_| {})).await, ["RestoreSecret"]);
    assert!(wire.recovered()[0].contains("it is restored, with its values"));
    assert_eq!((values(&wire).await, &wire.outputs(SECRET).await["arn"]), (first, &arn));
    // One that lacks a key that the program has since: the key is added to what it was.
    wire.destroy().await;
    let three = [TWO[0], TWO[1], ("token", Generate::hex(64))];
    let calls = wire.apply(program(&wire, &three, |_| {})).await;
    assert_eq!(calls, ["PutSecretValue", "RestoreSecret"]);
    assert_eq!(values(&wire).await.len(), 3);
    assert_eq!(wire.plan(program(&wire, &three, |_| {})).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn without_a_window_a_secret_is_gone_at_once() {
    let wire = Wire::new("secret-gone");
    let brief = |secret: &mut Secret| secret.recovery_days = 0;
    wire.apply(program(&wire, &TWO, brief)).await;
    let first = values(&wire).await;
    wire.destroy().await;
    assert_eq!(wire.apply(program(&wire, &TWO, brief)).await, ["CreateSecret"]);
    assert_ne!(values(&wire).await, first);
    wire.destroy().await;
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_made_one_secret() {
    let wire = Wire::new("secret-lost");
    // The SDK repeats the call with the same token and the same value.
    wire.lose_answers(["CreateSecret"]);
    wire.apply(program(&wire, &TWO, |_| {})).await;
    assert_eq!(wire.plan(program(&wire, &TWO, |_| {})).await, [""; 0]);
    wire.destroy().await;
    // The next run would make another value; it finds the secret that is there.
    let wire = Wire::new("secret-died");
    wire.die_after("CreateSecret", program(&wire, &TWO, |_| {})).await;
    let first = values(&wire).await;
    wire.apply(program(&wire, &TWO, |_| {})).await;
    assert_eq!(values(&wire).await, first);
    assert_eq!(wire.plan(program(&wire, &TWO, |_| {})).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_delete_and_a_restore_whose_answers_were_lost_are_done() {
    let wire = Wire::new("secret-lost-again");
    wire.apply(program(&wire, &TWO, |_| {})).await;
    let first = values(&wire).await;
    wire.lose_answers(["DeleteSecret", "RestoreSecret"]);
    wire.destroy().await;
    wire.apply(program(&wire, &TWO, |_| {})).await;
    assert!(wire.answers_to_lose().is_empty());
    assert_eq!(values(&wire).await, first);
    assert_eq!(wire.plan(program(&wire, &TWO, |_| {})).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn the_declared_actions_are_enough() {
    let wire = Wire::new("secret-actions").limited_to(&["secretsmanager.secret"]).await;
    wire.apply(program(&wire, &TWO, |_| {})).await;
    let next = |secret: &mut Secret| {
        secret.description = "changed".into();
        secret.tags.insert("team".into(), "data".into());
    };
    wire.apply(program(&wire, &TWO[..1], next)).await;
    wire.apply(program(&wire, &TWO, |_| {})).await;
    wire.destroy().await;
    wire.apply(program(&wire, &TWO, |_| {})).await;
    wire.destroy().await;
}

#[tokio::test]
async fn anothers_secret_is_neither_taken_nor_restored() {
    let wire = Wire::new("secret-foreign");
    let aws = wire.clients().await;
    let name = &own(&wire);
    aws.secrets.create_secret().name(name).secret_string("theirs").send().await.unwrap();
    let (report, calls) = wire.try_apply(program(&wire, &TWO, |_| {})).await;
    assert_not_ours(&report);
    assert_eq!(calls, [""; 0]);
    aws.secrets.delete_secret().secret_id(name).recovery_window_in_days(7).send().await.unwrap();
    let (report, calls) = wire.try_apply(program(&wire, &TWO, |_| {})).await;
    assert_not_ours(&report);
    assert!(fault(&report).what.contains("scheduled for deletion (20"), "{report:?}");
    assert_eq!(calls, [""; 0]);
    aws.secrets.restore_secret().secret_id(name).send().await.unwrap();
    assert_eq!(text(&wire, name).await, "theirs");
}

/// A copy of one key of a secret that the test itself keeps.
fn copy(wire: &Wire, arn: &str) -> Stack {
    let (mut stack, scope) = wire.stack();
    let key = Some("password".to_owned());
    let source = SecretSource::SecretsManager { arn: arn.into(), key };
    stack.add("app", Secret::new(scope, SecretContent::From(source)));
    stack
}

#[tokio::test]
async fn a_copy_follows_its_source_and_shows_what_others_put_there() {
    let wire = Wire::new("secret-copy");
    let aws = wire.clients().await;
    let put = async |id: &str, value: &str| {
        let call = aws.secrets.put_secret_value().secret_id(id).secret_string(value);
        call.send().await.unwrap().version_id.unwrap()
    };
    let call = aws.secrets.create_secret().name(format!("{}-source", wire.name()));
    let made = call.secret_string(r#"{"password":"correct horse"}"#).send().await.unwrap();
    let (source, first) = (made.arn.unwrap(), made.version_id.unwrap());
    wire.apply(copy(&wire, &source)).await;
    assert_eq!(text(&wire, &own(&wire)).await, "correct horse");
    assert_eq!(wire.plan(copy(&wire, &source)).await, [""; 0]);
    assert!(!record(&wire).await.contains("correct horse"));

    let second = put(&source, r#"{"password":"battery staple"}"#).await;
    let plan = wire.plan(copy(&wire, &source)).await;
    assert_eq!(plan.len(), 1, "{plan:?}");
    let head =
        format!("update {SECRET} content.from: \"version {first}; its source has {second}\" → {{");
    assert!(plan[0].starts_with(&head), "{plan:?}");
    assert_eq!(wire.apply(copy(&wire, &source)).await, ["PutSecretValue", "TagResource"]);
    assert_eq!(text(&wire, &own(&wire)).await, "battery staple");
    assert_eq!(wire.plan(copy(&wire, &source)).await, [""; 0]);

    put(&own(&wire), "by hand").await;
    let plan = wire.plan(copy(&wire, &source)).await;
    assert!(plan[0].contains("\"changed by somebody else\""), "{plan:?}");
    wire.apply(copy(&wire, &source)).await;
    assert_eq!(text(&wire, &own(&wire)).await, "battery staple");
    wire.destroy().await;
    aws.secrets.delete_secret().secret_id(source).send().await.unwrap();
}

#[tokio::test]
async fn a_fault_of_a_source_names_secret_and_key_and_no_content() {
    let wire = Wire::new("secret-resolved");
    let (aws, cx) = (wire.clients().await, wire.context().await);
    let call = aws.secrets.create_secret().name(wire.name());
    let made = call.secret_string(r#"{"password":"correct horse","port":3306}"#).send().await;
    let arn = made.unwrap().arn.unwrap();
    let source = |key: Option<&str>| SecretSource::SecretsManager {
        arn: arn.as_str().into(),
        key: key.map(str::to_owned),
    };
    let found = cx.secret(&source(Some("password"))).await.unwrap();
    assert_eq!(found.secret.expose(), "correct horse");
    assert_eq!(found.version, cx.secret_version(&source(Some("password"))).await.unwrap());
    assert_eq!(cx.secret(&source(Some("port"))).await.unwrap().secret.expose(), "3306");
    let whole = cx.secret(&source(None)).await.unwrap();
    assert!(serde_json::from_str::<Json>(whole.secret.expose()).is_ok());

    let fault = cx.secret(&source(Some("user"))).await.err().unwrap();
    assert!(fault.what.contains(&arn) && fault.what.contains("`user`"), "{fault}");
    assert!(!format!("{fault:?}").contains("horse"));
    let call = aws.secrets.put_secret_value().secret_id(&arn).secret_string("correct horse");
    call.send().await.unwrap();
    let fault = cx.secret(&source(Some("user"))).await.err().unwrap();
    assert!(!format!("{fault:?}").contains("horse"), "{fault}");

    let elsewhere = SecretSource::SecretsManager { arn: wire.name().into(), key: None };
    assert_eq!(cx.secret(&elsewhere).await.err().unwrap().class, Class::Invalid);
    aws.secrets.delete_secret().secret_id(&arn).recovery_window_in_days(7).send().await.unwrap();
    let gone = cx.secret_version(&source(None)).await.unwrap_err();
    assert_eq!(gone.class, Class::NotFound, "{gone}");
}
