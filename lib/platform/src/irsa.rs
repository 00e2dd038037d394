//! A role for one or more service accounts of a cluster (IRSA).

use crate::{Statement, policy};
use groundplan_aws::{
    Arn, Scope, Tags,
    iam::{OidcProviderHandle, Role, RoleHandle, RolePolicy, RolePolicyAttachment},
};
use groundplan_core::{Stack, Val, json_text, text};

/// A role that pods take through their service account, and nobody else can.
///
/// The trust names the audience and each service account in full, so no wildcard lets another in.
#[derive(Clone, Debug)]
pub struct ServiceAccountRole<'a> {
    /// The account.
    pub scope: Val<Scope>,
    /// What makes IAM trust the tokens of a cluster; see [`ClusterParts`](crate::ClusterParts).
    pub identity_provider: &'a OidcProviderHandle,
    /// The service accounts' namespace.
    pub namespace: String,
    /// The service accounts' names.
    pub service_accounts: Vec<String>,
    /// What the role may do.
    pub allow: Vec<Statement>,
    /// AWS's own policies for it, by ARN.
    pub managed: Vec<String>,
    /// Added to the ownership tags.
    pub tags: Tags,
}

impl<'a> ServiceAccountRole<'a> {
    /// A role for one service account that may do nothing yet.
    pub fn new(
        scope: Val<Scope>,
        identity_provider: &'a OidcProviderHandle,
        namespace: &str,
        service_account: &str,
    ) -> Self {
        Self {
            scope,
            identity_provider,
            namespace: namespace.to_owned(),
            service_accounts: vec![service_account.to_owned()],
            allow: Vec::new(),
            managed: Vec::new(),
            tags: Tags::new(),
        }
    }

    /// Adds the role.
    pub fn add(self, stack: &mut Stack, name: &str) -> RoleHandle {
        let (scope, provider) = (&self.scope, self.identity_provider);
        let subjects: Vec<_> = self
            .service_accounts
            .iter()
            .map(|account| format!("system:serviceaccount:{}:{account}", self.namespace))
            .collect();
        let trust = json_text!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Federated": provider.arn() },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringEquals": {
                    (text!("{}:aud", provider.issuer()).as_key()): "sts.amazonaws.com",
                    (text!("{}:sub", provider.issuer()).as_key()): subjects,
                } },
            }],
        });
        let role =
            stack.add(name, Role { tags: self.tags.clone(), ..Role::new(scope.clone(), trust) });
        for (number, arn) in self.managed.iter().enumerate() {
            let policy = Arn::from(arn.as_str()).into();
            let attachment = RolePolicyAttachment::new(scope.clone(), role.name(), policy);
            stack.add(&format!("{name}-{number}"), attachment);
        }
        if !self.allow.is_empty() {
            let document = policy(&self.allow);
            stack.add(name, RolePolicy::new(scope.clone(), role.name(), "allow", document));
        }
        role
    }
}
