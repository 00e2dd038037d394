//! IAM Identity Center: permission sets, what they allow, and who has them in which account.
//!
//! All of it is called in the management account, or in the one that administration was delegated to, in the
//! home region of Identity Center. The identity store is only read: who is in it is the company's matter.
//! Shared by its kinds: one change of a permission set at a time, references to policies, and that a set that
//! changes is brought to the accounts that have it.

mod assignment;
mod attachment;
mod customer_policy_attachment;
mod identity;
mod inline_policy;
mod instance;
mod managed_policy_attachment;
mod permission_set;
mod permissions_boundary;
mod provision;
mod reserved_role;
mod risks;

pub use assignment::{
    AccountAssignment, AccountAssignmentHandle, AccountAssignmentOutputs, Principal,
};
pub use customer_policy_attachment::{
    CustomerPolicyAttachment, CustomerPolicyAttachmentHandle, CustomerPolicyAttachmentOutputs,
};
pub use identity::{Group, GroupHandle, GroupOutputs, User, UserHandle, UserOutputs};
pub use inline_policy::{InlinePolicy, InlinePolicyHandle, InlinePolicyOutputs};
pub use instance::{Instance, InstanceHandle, InstanceOutputs};
pub use managed_policy_attachment::{
    ManagedPolicyAttachment, ManagedPolicyAttachmentHandle, ManagedPolicyAttachmentOutputs,
};
pub use permission_set::{PermissionSet, PermissionSetHandle, PermissionSetOutputs};
pub use permissions_boundary::{
    Boundary, CustomerPolicy, PermissionsBoundary, PermissionsBoundaryHandle,
    PermissionsBoundaryOutputs,
};
pub use reserved_role::{ReservedRole, ReservedRoleHandle, ReservedRoleOutputs};

use crate::Arn;
use groundplan_core::{Fault, Patience, Problems, Registry, Val};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
        .with::<AccountAssignment>()
        .with::<CustomerPolicyAttachment>()
        .with_derived::<Group>()
        .with_derived::<Instance>()
        .with::<InlinePolicy>()
        .with::<ManagedPolicyAttachment>()
        .with::<PermissionSet>()
        .with::<PermissionsBoundary>()
        .with_derived::<ReservedRole>()
        .with_derived::<User>()
}

/// How long other changes of a permission set may keep one waiting.
const SETTLING: Patience = Patience::new(500, 5, 300);

/// Whether a change met another one of the same set, which passes; or something that is there already.
fn collided(fault: &Fault) -> bool {
    fault.is("ConflictException")
}

/// The instance of a permission set: `arn:aws:sso:::permissionSet/INSTANCE/SET` has its id.
fn instance_of(set: &Arn) -> String {
    let (head, path) = set.as_str().split_once(":permissionSet/").unwrap_or((set.as_str(), ""));
    format!("{head}:instance/{}", path.split('/').next().unwrap_or_default())
}

/// Notes what is no permission set, if it is known already.
fn check_set(problems: &mut Problems, set: &Val<Arn>) {
    let Some(set) = set.known() else { return };
    let parts = set.as_str().split_once(":sso:::permissionSet/").map(|(_, path)| path.split('/'));
    let fits = set.as_str().starts_with("arn:") && parts.is_some_and(|parts| parts.count() == 2);
    let what = format!(
        "`{set}` is no permission set; write its ARN, `arn:aws:sso:::permissionSet/INSTANCE/SET`"
    );
    problems.require(fits, "permission_set", what);
}

/// Notes a name and a path that no policy of an account can have.
fn check_policy(problems: &mut Problems, at: &str, name: Option<&String>, path: &str) {
    let letters =
        |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
    if let Some(name) = name {
        let fits = (1..=128).contains(&name.len()) && letters(name);
        let what = format!(
            "`{name}` is no name of a policy: 1 to 128 letters, digits and _+=,.@-, and no ARN"
        );
        problems.require(fits, &format!("{at}name"), what);
    }
    let what = format!("`{path}` is no path: it begins and ends with `/`, such as `/platform/`");
    let inner = path.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let part = |part: &str| !part.is_empty() && letters(part);
    let fits =
        path == "/" || (path.len() <= 512 && inner.is_some_and(|inner| inner.split('/').all(part)));
    problems.require(fits, &format!("{at}path"), what);
}

/// The path of a policy that stands under none.
fn root() -> String {
    "/".to_owned()
}

fn is_root(path: &str) -> bool {
    path == "/"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_says_which_instance_it_is_of() {
        let set = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef";
        assert_eq!(instance_of(&set.into()), "arn:aws:sso:::instance/ssoins-0123456789abcdef");
        let noted = |set: &str| {
            let mut problems = Problems::default();
            check_set(&mut problems, &Arn::from(set).into());
            problems.into_vec().len()
        };
        assert_eq!(noted(set), 0);
        assert_eq!(noted("arn:aws:sso:::instance/ssoins-0123456789abcdef"), 1);
        assert_eq!(noted("Administrators"), 1);
    }

    #[test]
    fn names_and_paths_of_policies_are_looked_at_as_aws_does() {
        let noted = |name: &str, path: &str| {
            let mut problems = Problems::default();
            check_policy(&mut problems, "", Some(&name.to_owned()), path);
            problems.into_vec().len()
        };
        assert_eq!(noted("ReadTables", "/"), 0);
        assert_eq!(noted("ReadTables", "/platform/data/"), 0);
        assert_eq!(noted("arn:aws:iam::1:policy/x", "/"), 1);
        for path in ["", "platform", "/platform", "//", "/a b/", "/a!b/", "/a//b/"] {
            assert_eq!(noted("ReadTables", path), 1, "{path}");
        }
    }
}
