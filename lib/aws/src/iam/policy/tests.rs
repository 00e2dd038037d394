//! What a policy allows beyond another.

use super::*;
use groundplan_core::{Address, Val, json, json_text, to_json};

fn policy(statements: &Json) -> Json {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string().into()
}

fn allow(action: &str, resource: &str) -> Json {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

fn said(before: &Json, after: &Json) -> Vec<String> {
    widened(before, after).into_iter().map(|risk| risk.what).collect()
}

#[test]
fn only_what_is_allowed_newly_is_said() {
    let before = policy(&json!([allow("s3:Get*", "arn:aws:s3:::a/*")]));
    let narrower = policy(&json!(allow("s3:GetObject", "arn:aws:s3:::a/b")));
    assert_eq!(said(&before, &narrower), Vec::<String>::new());
    let both = policy(&json!([{
        "Effect": "Allow",
        "Action": ["s3:getobject", "s3:PutObject"],
        "Resource": ["arn:aws:s3:::a/*"],
    }]));
    assert_eq!(said(&before, &both), ["may newly `s3:PutObject` on `arn:aws:s3:::a/*`"]);
    assert_eq!(
        said(&before, &policy(&json!([allow("s3:Get*", "*")]))),
        ["may newly `s3:Get*` on `*`"]
    );
}

#[test]
fn a_condition_that_goes_and_a_denial_that_goes_widen() {
    let mut bound = allow("s3:*", "*");
    bound["Condition"] = json!({ "StringEquals": { "aws:SourceAccount": ["1"] } });
    let free = policy(&json!(allow("s3:*", "*")));
    assert_eq!(said(&policy(&json!(bound.clone())), &free), ["may newly `s3:*` on `*`"]);
    assert_eq!(said(&free, &policy(&json!(bound))), Vec::<String>::new());
    let deny = json!({ "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*" });
    let denied = policy(&json!([allow("s3:*", "*"), deny]));
    assert_eq!(said(&denied, &free), ["loses a statement that denied something"]);
}

#[test]
fn all_but_some_covers_nothing_but_itself() {
    let but = |action: &str| {
        policy(&json!({ "Sid": action, "Effect": "Allow", "NotAction": action, "Resource": "*" }))
    };
    let all = policy(&allow("*", "*"));
    assert_eq!(said(&but("iam:*"), &all), ["may newly `*` on `*`"]);
    assert_eq!(said(&but("iam:*"), &policy(&allow("iam:GetRole", "*"))).len(), 1);
    assert_eq!(said(&but("iam:*"), &but("iam:Get*")), ["may newly `*` on `*`"]);
    assert_eq!(said(&but("iam:*"), &but("iam:*")), Vec::<String>::new());
    assert_eq!(said(&all, &but("iam:*")), Vec::<String>::new());
}

#[test]
fn the_widest_right_is_named_first() {
    let before = policy(&json!([]));
    let actions =
        ["s3:GetObject", "s3:PutObject", "ec2:RunInstances", "iam:*", "sts:TagSession", "*"];
    let after = policy(&json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }));
    assert_eq!(said(&before, &after), ["may newly `*`, `iam:*`, `s3:GetObject`, 3 more on `*`"]);
}

#[test]
fn where_there_is_no_policy_nothing_is_allowed() {
    let some = policy(&json!([allow("s3:Get*", "*")]));
    assert_eq!(said(&Json::Null, &some), ["may newly `s3:Get*` on `*`"]);
    assert_eq!(said(&some, &Json::Null), Vec::<String>::new());
    let unknown = json!({ "$gp": { "ref": "iam.role/a#document" } });
    assert_eq!(said(&some, &unknown).len(), 1, "that is another thing");
}

#[test]
fn a_trust_policy_widens_by_whom_it_trusts() {
    let trust = |who: &Json| {
        policy(&json!({ "Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole" }))
    };
    let before = trust(&json!({ "AWS": "arn:aws:iam::1:role/a" }));
    let after = trust(&json!({ "AWS": ["arn:aws:iam::1:role/a", "arn:aws:iam::2:root"] }));
    assert_eq!(said(&before, &after), ["newly grants `sts:AssumeRole` to `arn:aws:iam::2:root`"]);
    assert_eq!(said(&after, &before), Vec::<String>::new());
    assert_eq!(said(&before, &trust(&json!("*"))), ["newly grants `sts:AssumeRole` to `*`"]);
}

#[test]
fn what_is_not_known_yet_stands_as_its_reference() {
    let issuer: Address = "iam.oidc_provider/main".parse().unwrap();
    let arn: Val<String> = Val::output(&issuer, "arn");
    let trust = json_text!({ "Statement": {
        "Effect": "Allow", "Principal": { "Federated": arn }, "Action": "sts:AssumeRoleWithWebIdentity",
    } });
    let grants = grants(&to_json(&trust)).unwrap();
    assert_eq!(grants[0].principals, ["(iam.oidc_provider/main#arn)"]);
    assert_eq!(super::grants(&to_json(&arn)), None, "nothing of it can be read");
}
