//! `iam.policy`: what many identities may do, written once.

use super::{
    REACH, SETTLING, check_document, check_name, check_path, collided, live_path, pairs,
    policy::widened,
    policy_versions::{delete_version, name_holders, text, versions},
    tag_changes, to_tags,
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault, incomplete},
    found::{Listed, Names, each, pages, see_marked, take_or_refuse},
    scope,
    settle::{until_gone, until_visible},
    tags,
    taking::no_id,
};
use aws_sdk_iam::types::{self, PolicyScopeType};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Patience, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical,
    Val, Wanted, When, json, same_policy,
};
use serde::{Deserialize, Serialize};

/// A managed policy of the account, which [`RolePolicyAttachment`](super::RolePolicyAttachment)s give to
/// roles and boundaries name.
///
/// IAM keeps five versions of it. A change makes a new one and lets the oldest go when there are five.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// The account. IAM is global: the region does not matter.
    pub scope: Val<Scope>,
    /// The name, unique in the account; made from stack, resource name and generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it stands among others, such as `/platform/`; at the root, or where a default of the program
    /// says, if it is `/`.
    #[serde(default = "super::root", skip_serializing_if = "super::is_root")]
    pub path: String,
    /// For people; up to 1000 characters. AWS cannot change it later.
    #[serde(default)]
    pub description: String,
    /// What it allows and denies; up to 6144 characters besides white space.
    pub document: Val<String>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// The most versions that IAM keeps.
const VERSIONS: usize = 5;
/// As many policies as IAM lists at once.
const PAGE: i32 = 1000;

impl Policy {
    /// A policy at the root.
    pub fn new(scope: Val<Scope>, document: Val<String>) -> Self {
        Self {
            scope,
            name: None,
            path: super::root(),
            description: String::new(),
            document,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Policy`].
    pub struct PolicyOutputs -> PolicyHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Listed for types::Policy {
    fn id(&self) -> &str {
        self.arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn name(&self) -> Option<&str> {
        self.policy_name()
    }
}

impl Resource for Policy {
    const KIND: &'static str = "iam.policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "name", "path", "description"],
        documents: &["document"],
        place: scope::PLACE,
        reach: REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 128 },
        read_cost: ReadCost::Objects(
            2,
            "ListPolicies answers without tags and documents; GetPolicy and GetPolicyVersion take one",
        ),
        iam: Iam {
            object: "iam:managed-policy",
            holes: &[("managed-policy", Hole::Name), ("folder", Hole::Input("path"))],
            search: &["iam:ListPolicies", "iam:GetPolicy", "iam:GetPolicyVersion"],
            observe: &["iam:GetPolicy", "iam:GetPolicyVersion"],
            create: &["iam:CreatePolicy", "iam:TagPolicy", "iam:GetPolicy", "iam:GetPolicyVersion"],
            converge: &[
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:ListPolicyVersions",
                "iam:DeletePolicyVersion",
                "iam:CreatePolicyVersion",
                "iam:TagPolicy",
                "iam:UntagPolicy",
            ],
            delete: &[
                "iam:GetPolicy",
                "iam:ListPolicyVersions",
                "iam:DeletePolicyVersion",
                "iam:DeletePolicy",
                "iam:ListEntitiesForPolicy",
            ],
            only: &[
                ("iam:ListPolicyVersions", When::Changes(&["document"])),
                ("iam:DeletePolicyVersion", When::Changes(&["document"])),
                ("iam:CreatePolicyVersion", When::Changes(&["document"])),
                ("iam:TagPolicy", When::Sets("tags")),
                ("iam:UntagPolicy", When::Removes("tags")),
                ("iam:ListEntitiesForPolicy", When::InTheWay),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        defaults: &[crate::defaults::TAGS, crate::defaults::IAM_PATH],
        ..Meta::DEFAULT
    };
    type Outputs = PolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            check_name(problems, "name", name, 128);
        }
        check_path(problems, &self.path);
        let short = self.description.chars().count() <= 1000;
        problems.require(short, "description", "is longer than 1000 characters");
        check_document(problems, "document", &self.document);
        if let Some(text) = self.document.known() {
            let long = text.chars().filter(|c| !c.is_whitespace()).count();
            problems.require(
                long <= crate::policy::LONGEST,
                "document",
                format!(
                    "has {long} characters, {} are the most: make two policies of it",
                    crate::policy::LONGEST
                ),
            );
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        match (change.before, change.after) {
            (Some(before), Some(after)) if before["document"] != after["document"] => {
                widened(&before["document"], &after["document"])
            }
            _ => Vec::new(),
        }
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<PolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    /// Only those whose names can be ours cost a call each.
    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<PolicyOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let names = Names::new(mark, near, |policy| policy.name.as_ref(), |one| &one.name);
        let call = aws.iam.list_policies().scope(PolicyScopeType::Local).max_items(PAGE);
        let listed = pages("iam:ListPolicies", call.into_paginator().items().send()).await?;
        let ours = |policy: &types::Policy| {
            let name = policy.policy_name.clone().filter(|name| names.can_be(name));
            name.and_then(|_| policy.arn.clone())
        };
        let read = each(listed.iter().filter_map(ours), async |arn| get(&aws, &arn).await).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        let found = see_marked(&there, mark, |policy| Live::new(outputs(policy), json!(null)));
        each(found, async |mut one| {
            let of = there.iter().find(|policy| policy.arn() == Some(&one.id));
            if let Some(policy) = of {
                one.live = live(&aws, policy).await?;
            }
            Ok(one)
        })
        .await
    }

    async fn create(&self, cx: &StepCx) -> Result<PolicyOutputs> {
        let action = "iam:CreatePolicy";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .iam
                .create_policy()
                .policy_name(cx.name())
                .path(&self.path)
                .policy_document(self.document.get())
                .set_description((!self.description.is_empty()).then(|| self.description.clone()))
                .set_tags(Some(to_tags(cx.tags(&self.tags))));
            call.send().await.map_err(fault(action))
        };
        match cx.retry(SETTLING, collided, create).await {
            Ok(made) => Ok(outputs(&made.policy.ok_or_else(|| incomplete(action, "Policy"))?)),
            Err(fault) if fault.class == Class::Exists => {
                let Some(there) = get(&aws, &self.arn(cx.name())).await? else {
                    return Err(elsewhere(fault, cx.name()));
                };
                let what = format!("a policy `{}`", cx.name());
                let hint = "give this resource another `name`, or delete that policy";
                Ok(outputs(&take_or_refuse(cx, there, &what, hint)?))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<PolicyOutputs>>> {
        if !id.starts_with("arn:") {
            return Err(no_id(id, &self.arn("NAME")));
        }
        let aws = cx.aws(self.scope.get()).await?;
        let named = |outputs: PolicyOutputs| Identity::named(outputs.clone(), outputs.name);
        Ok(get(&aws, id).await?.map(|policy| named(outputs(&policy))))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(|name| self.arn(name))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PolicyOutputs,
        approved: &Fields,
    ) -> Result<PolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let arn = live.arn.as_str();
        let found = until_visible(cx, "the policy to be visible", || get(&aws, arn)).await?;
        if approved.has("document") {
            let is = async || Ok(text(&aws, &found).await?.filter(|text| self.says(text)));
            if is().await?.is_none() {
                let passes = |f: &Fault| collided(f) || f.is("LimitExceeded");
                cx.retry(Patience::SECONDS, passes, || self.new_version(&aws, arn)).await?;
            }
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &PolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let arn = live.arn.as_str();
        let Some(found) = get(&aws, arn).await? else { return Ok(()) };
        tags::require_ours(
            cx.owner(),
            &format!("the policy `{}`", live.name),
            pairs(found.tags()),
        )?;
        for version in versions(&aws, arn).await?.iter().filter(|v| !v.is_default_version()) {
            delete_version(&aws, arn, version).await?;
        }
        let delete = || async {
            let call = aws.iam.delete_policy().policy_arn(arn).send().await;
            match absent(call.map_err(fault("iam:DeletePolicy"))) {
                Err(fault) if fault.class == Class::InUse => {
                    Err(name_holders(&aws, arn, fault).await)
                }
                other => other,
            }
        };
        // With nobody who has it, a conflict is only what IAM has not noticed yet.
        let passes = |f: &Fault| collided(f) || (f.class == Class::InUse && f.hint.is_none());
        cx.retry(Patience::SECONDS, passes, delete).await?;
        until_gone(cx, "the policy to be gone", || get(&aws, arn)).await
    }
}

impl Policy {
    fn arn(&self, name: &str) -> String {
        let Scope { account, partition, .. } = self.scope.get();
        format!("arn:{partition}:iam::{account}:policy{}{name}", self.path)
    }

    fn says(&self, text: &str) -> bool {
        same_policy(text, self.document.get())
    }

    /// Makes a version of what is wanted, and lets the oldest go where there are as many as there may be.
    async fn new_version(&self, aws: &Clients, arn: &str) -> Result<()> {
        let mut there = versions(aws, arn).await?;
        there.retain(|version| !version.is_default_version());
        there
            .sort_by_key(|version| version.create_date().map(aws_smithy_types::DateTime::as_nanos));
        if there.len() + 1 >= VERSIONS
            && let Some(oldest) = there.first()
        {
            delete_version(aws, arn, oldest).await?;
        }
        let call = aws.iam.create_policy_version().policy_arn(arn).set_as_default(true);
        let call = call.policy_document(self.document.get()).send().await;
        call.map_err(fault("iam:CreatePolicyVersion")).map(drop)
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &types::Policy) -> Result<()> {
        let (set, remove) = tag_changes(cx, found.tags(), &self.tags);
        let arn = found.arn().unwrap_or_default();
        if !set.is_empty() {
            let call = aws.iam.tag_policy().policy_arn(arn).set_tags(Some(set)).send().await;
            call.map_err(fault("iam:TagPolicy"))?;
        }
        if !remove.is_empty() {
            let call = aws.iam.untag_policy().policy_arn(arn).set_tag_keys(Some(remove));
            call.send().await.map_err(fault("iam:UntagPolicy"))?;
        }
        Ok(())
    }
}

fn elsewhere(fault: Fault, name: &str) -> Fault {
    fault
        .hint(format!("a policy `{name}` is under another path: delete it, or take another `name`"))
}

fn outputs(policy: &types::Policy) -> PolicyOutputs {
    PolicyOutputs {
        name: policy.policy_name().unwrap_or_default().to_owned(),
        arn: policy.arn().unwrap_or_default().into(),
    }
}

async fn look(aws: &Clients, wanted: &Wanted<Policy>) -> Result<Seen<PolicyOutputs>> {
    let arn = match (&wanted.outputs, &wanted.name) {
        (Some(recorded), _) => recorded.arn.to_string(),
        (None, Some(name)) => wanted.inputs.arn(name),
        (None, None) => return Ok(Seen::Absent),
    };
    Ok(match get(aws, &arn).await? {
        Some(policy) if tags::belongs(wanted, pairs(policy.tags())) => {
            live(aws, &policy).await?.into()
        }
        _ => Seen::Absent,
    })
}

async fn live(aws: &Clients, policy: &types::Policy) -> Result<Live<PolicyOutputs>> {
    let fields = json!({
        "path": live_path(policy.path()),
        "description": policy.description().unwrap_or_default(),
        "document": text(aws, policy).await?,
        "tags": tags::managed(pairs(policy.tags())),
    });
    Ok(Live::new(outputs(policy), fields).tagged(pairs(policy.tags())))
}

async fn get(aws: &Clients, arn: &str) -> Result<Option<types::Policy>> {
    let call = aws.iam.get_policy().policy_arn(arn).send().await;
    Ok(absent(call.map_err(fault("iam:GetPolicy")))?.and_then(|found| found.policy))
}
