//! IAM Identity Center.

use super::{Refusal, refused, scope};
use groundplan::{
    Stack,
    aws::{
        Arn,
        sso::{
            AccountAssignment, Boundary, CustomerPolicyAttachment, InlinePolicy,
            ManagedPolicyAttachment, PermissionSet, PermissionsBoundary, Principal,
        },
    },
};

pub(super) const ROWS: &[Refusal] = &[
    refused(|s| set(s, |p| p.name = "Platform Admin".into()), "name", "no blanks"),
    refused(|s| set(s, |p| p.name = "a".repeat(33)), "name", "1 to 32 letters"),
    refused(|s| set(s, |p| p.description = Some(String::new())), "description", "leave it out"),
    refused(|s| set(s, |p| p.session_seconds = 1800), "session_seconds", "one hour (3600) to 12"),
    refused(|s| set(s, |p| p.session_seconds = 43201), "session_seconds", "one hour (3600) to 12"),
    refused(|s| set(s, |p| p.relay_state = Some("<home>".into())), "relay_state", "a URL of"),
    refused(own_as_managed, "policy", "by name, `sso.customer_policy_attachment`"),
    refused(|s| own(s, "arn:aws:iam::111122223333:policy/read", "/"), "name", "no ARN"),
    refused(|s| own(s, "read", "/platform"), "path", "begins and ends with `/`"),
    refused(own_as_boundary, "boundary.managed", "`Boundary::Customer`"),
    refused(|s| inline(s, "Allow".into()), "document", "no JSON document"),
    refused(|s| inline(s, format!("{{\"Sid\":\"{}\"}}", "a".repeat(10240))), "document", "10240"),
    refused(|s| assigned(s, "data", GROUP), "account", "12 digits"),
    refused(|s| assigned(s, "111122223333", "developers"), "principal.group", "look it up"),
    refused(of_no_set, "permission_set", "write its ARN"),
];

const GROUP: &str = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

fn arn(text: &str) -> Arn {
    text.into()
}

fn a_set() -> Arn {
    arn("arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef")
}

fn set(stack: &mut Stack, change: impl FnOnce(&mut PermissionSet)) {
    let instance = arn("arn:aws:sso:::instance/ssoins-0123456789abcdef");
    let mut set = PermissionSet::new(scope(), instance.into(), "developers");
    change(&mut set);
    stack.add("it", set);
}

fn own_as_managed(stack: &mut Stack) {
    let policy = arn("arn:aws:iam::111122223333:policy/read");
    stack.add("it", ManagedPolicyAttachment::new(scope(), a_set().into(), policy.into()));
}

fn own_as_boundary(stack: &mut Stack) {
    let most = Boundary::Managed(arn("arn:aws:iam::111122223333:policy/most").into());
    stack.add("it", PermissionsBoundary::new(scope(), a_set().into(), most));
}

fn own(stack: &mut Stack, name: &str, path: &str) {
    let policy = CustomerPolicyAttachment::new(scope(), a_set().into(), name.into());
    stack.add("it", CustomerPolicyAttachment { path: path.to_owned(), ..policy });
}

fn inline(stack: &mut Stack, document: String) {
    stack.add("it", InlinePolicy::new(scope(), a_set().into(), document.into()));
}

fn assigned(stack: &mut Stack, account: &str, group: &str) {
    let group = Principal::Group(group.into());
    stack.add("it", AccountAssignment::new(scope(), a_set().into(), account.into(), group));
}

fn of_no_set(stack: &mut Stack) {
    let set = arn("arn:aws:sso:::instance/ssoins-0123456789abcdef");
    let document = "{}".to_owned();
    stack.add("it", InlinePolicy::new(scope(), set.into(), document.into()));
}
