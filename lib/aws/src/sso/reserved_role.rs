//! `sso.role`: the role that a permission set has in an account, looked up.

use crate::{Arn, CxAws, Scope, found::pages};
use aws_sdk_iam::types::Role;
use groundplan_core::{Class, Cx, Derived, Iam, Patience, Probe, Problems, Result, Val};
use serde::{Deserialize, Serialize};

/// Where Identity Center puts its roles.
const PATH: &str = "/aws-reserved/sso.amazonaws.com/";
/// What their names begin with; the set's name follows, and 16 digits that nobody can know before.
const PREFIX: &str = "AWSReservedSSO_";
/// How long a role may take to show after somebody was assigned.
const SHOWING: Patience = Patience::new(1000, 5, 300);

/// The role that who is assigned through a permission set takes on in an account:
/// `AWSReservedSSO_SET_0123456789abcdef`.
///
/// It is there from the first assignment of the set in the account to the last one. With the first after that
/// it is another role, with other digits: whatever refers to it follows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReservedRole {
    /// The account that somebody is assigned in.
    pub scope: Val<Scope>,
    /// The name of the permission set.
    pub permission_set: Val<String>,
    /// What brings it about, so that it comes first: the accounts of assignments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<Val<String>>,
}

groundplan_core::outputs! {
    /// The role of a permission set in an account.
    pub struct ReservedRoleOutputs -> ReservedRoleHandle {
        /// Its name.
        name: String,
        /// Its ARN, with its path: the one that IAM policies and access entries of EKS name.
        arn: Arn,
        /// Its ARN as if it stood under no path: the one that the `aws-auth` ConfigMap takes.
        pathless_arn: Arn,
    }
}

impl ReservedRole {
    /// The role of a permission set in an account, once it is there through assignments.
    pub fn new(scope: Val<Scope>, permission_set: Val<String>, through: Vec<Val<String>>) -> Self {
        Self { scope, permission_set, through }
    }
}

impl Derived for ReservedRole {
    const KIND: &'static str = "sso.role";
    const IAM: Iam = Iam { observe: &["iam:ListRoles"], ..Iam::NONE };
    type Outputs = ReservedRoleOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(set) = self.permission_set.known() {
            let what = format!("`{set}` is no name of a permission set; give its name and no ARN");
            problems.require(!set.is_empty() && !set.contains(':'), "permission_set", what);
        }
    }

    async fn derive(&self, cx: &Cx) -> Result<ReservedRoleOutputs> {
        let scope = self.scope.get();
        let aws = cx.aws(scope).await?;
        let set = self.permission_set.get();
        let what = format!("the role of `{set}` to show in {}", scope.account);
        let look = || async {
            let call = aws.iam.list_roles().path_prefix(PATH).into_paginator().items();
            let roles = pages("iam:ListRoles", call.send()).await?;
            // One that was just replaced may be listed for a while longer.
            let found = roles.into_iter().filter(|role| is_of(role.role_name(), set));
            let found = found.max_by_key(|role| role.create_date().as_nanos());
            Ok(found.map_or_else(|| Probe::not_yet("not there yet"), Probe::Ready))
        };
        let found: Role = cx.wait(SHOWING, &what, look).await.map_err(|fault| {
            if fault.class != Class::TimedOut {
                return fault;
            }
            fault.hint("is somebody assigned in the account through this set? Name the assignments in `through`, so that they come first")
        })?;
        let name = found.role_name;
        let pathless = format!("arn:{}:iam::{}:role/{name}", scope.partition, scope.account);
        Ok(ReservedRoleOutputs { name, arn: found.arn.into(), pathless_arn: pathless.into() })
    }
}

/// Whether a role is that of a set, and not of one whose name only begins like it.
fn is_of(role: &str, set: &str) -> bool {
    let rest = role.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix(set));
    let digits = rest.and_then(|rest| rest.strip_prefix('_'));
    digits.is_some_and(|digits| digits.len() == 16 && digits.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_of_the_set_that_it_is_named_after() {
        assert!(is_of("AWSReservedSSO_Admin_0123456789abcdef", "Admin"));
        assert!(!is_of("AWSReservedSSO_Admin_Data_0123456789abcdef", "Admin"));
        assert!(is_of("AWSReservedSSO_Admin_Data_0123456789abcdef", "Admin_Data"));
        assert!(!is_of("AWSReservedSSO_AdminData_0123456789abcdef", "Admin"));
        assert!(!is_of("Admin_0123456789abcdef", "Admin"));
    }
}
