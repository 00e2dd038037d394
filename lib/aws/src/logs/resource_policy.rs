//! `logs.resource_policy`: which services may write logs of the account.

use crate::{
    Clients, CxAws, Scope,
    fault::{absent, fault},
    iam::{check_document, policy},
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use aws_sdk_cloudwatchlogs::types::ResourcePolicy;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming, Ownership,
    Problems, Resource, Result, Risk, Seen, StepCx, Transition, Val, Wanted, When, json,
    same_policy,
};
use serde::{Deserialize, Serialize};

/// A policy that lets services write to log groups of an account and region, as OpenSearch domains and
/// Route 53 need it. There are up to ten.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogResourcePolicy {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The name, unique in the account and region.
    pub name: String,
    /// Which service may do what on which groups; up to 5120 characters.
    pub document: Val<String>,
}

impl LogResourcePolicy {
    /// A policy of an account and region.
    pub fn new(scope: Val<Scope>, name: impl Into<String>, document: Val<String>) -> Self {
        Self { scope, name: name.into(), document }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`LogResourcePolicy`].
    pub struct LogResourcePolicyOutputs -> LogResourcePolicyHandle {
        /// The name.
        name: String,
    }
}

impl Resource for LogResourcePolicy {
    const KIND: &'static str = "logs.resource_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name"],
        documents: &["document"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::KeyAndValue,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        iam: Iam {
            holes: &[("policy", Hole::Input("name"))],
            observe: &["logs:DescribeResourcePolicies"],
            create: &["logs:DescribeResourcePolicies", "logs:PutResourcePolicy"],
            converge: &["logs:DescribeResourcePolicies", "logs:PutResourcePolicy"],
            delete: &["logs:DeleteResourcePolicy", "logs:DescribeResourcePolicies"],
            only: &[("logs:PutResourcePolicy", When::Changes(&["document"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = LogResourcePolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        problems.require(!self.name.is_empty(), "name", "name the policy");
        check_document(problems, "document", &self.document);
        if let Some(text) = self.document.known() {
            let fits = (1..=5120).contains(&text.chars().count());
            problems.require(fits, "document", "is longer than 5120 characters");
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        match (change.before, change.after) {
            (Some(before), Some(after)) if before["document"] != after["document"] => {
                policy::widened(&before["document"], &after["document"])
            }
            _ => Vec::new(),
        }
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<LogResourcePolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws).await?;
        let look = |w: &Wanted<Self>| {
            let there = listed.iter().find(|policy| policy.policy_name() == Some(&w.inputs.name));
            let text = there.and_then(ResourcePolicy::policy_document);
            // Where only the intent is recorded, one that says something else is not the one we made.
            let ours = |text: &&str| w.outputs.is_some() || w.inputs.says(text);
            text.filter(ours).map_or(Seen::Absent, |text| w.inputs.live(text).into())
        };
        Ok(wanted.iter().map(look).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<LogResourcePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if self.get(&aws).await?.is_some() {
            let what =
                format!("a log resource policy `{}` exists that is not this resource's", self.name);
            return Err(Fault::new(Class::NotOurs, what)
                .hint("give this resource another `name`, or delete that policy"));
        }
        self.put(&aws).await?;
        Ok(self.outputs())
    }

    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<LogResourcePolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.name.clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: LogResourcePolicyOutputs,
        approved: &Fields,
    ) -> Result<LogResourcePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = until_visible(cx, "the policy to be listed", || self.get(&aws)).await?;
        if approved.has("document") && !self.says(&there) {
            self.put(&aws).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &LogResourcePolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws.logs.delete_resource_policy().policy_name(&self.name).send().await;
        absent(call.map_err(fault("logs:DeleteResourcePolicy")))?;
        until_gone(cx, "the policy to be gone", || self.get(&aws)).await
    }
}

impl LogResourcePolicy {
    fn outputs(&self) -> LogResourcePolicyOutputs {
        LogResourcePolicyOutputs { name: self.name.clone() }
    }

    fn says(&self, document: &str) -> bool {
        same_policy(document, self.document.get())
    }

    fn live(&self, document: &str) -> Live<LogResourcePolicyOutputs> {
        Live::new(self.outputs(), json!({ "document": document }))
    }

    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let listed = list(aws).await?;
        let there = listed.into_iter().find(|policy| policy.policy_name() == Some(&self.name));
        Ok(there.and_then(|policy| policy.policy_document))
    }

    async fn put(&self, aws: &Clients) -> Result<()> {
        let call = aws.logs.put_resource_policy().policy_name(&self.name);
        let call = call.policy_document(self.document.get()).send().await;
        call.map_err(fault("logs:PutResourcePolicy")).map(drop)
    }
}

/// Every policy of the account and region: there are ten at most.
async fn list(aws: &Clients) -> Result<Vec<ResourcePolicy>> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let call = aws.logs.describe_resource_policies().set_next_token(next).send().await;
        let page = call.map_err(fault("logs:DescribeResourcePolicies"))?;
        found.extend(page.resource_policies.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            return Ok(found);
        }
    }
}
