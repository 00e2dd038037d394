//! `eks.access_entry`: lets an IAM identity into a cluster.

use super::{PLACE, SETTLING, absent, clusters, marked, pairs, risks, settling, sync_tags};
use crate::{
    Arn, Clients, CxAws, Scope, Tags, defaults,
    fault::{fault, incomplete},
    found::{self, Listed, carrying, each, pages, take_or_refuse},
    scope, tags,
    taking::keyed,
};
use aws_sdk_eks::types;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition,
    Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Lets an IAM role or user into a cluster. What it may do there comes from its groups, through RBAC,
/// and from each [`AccessPolicy`](super::AccessPolicy).
///
/// EKS binds the entry to the internal id of the identity, not to its ARN. When a role is deleted and
/// made again under the same name, its entry lets nobody in: make the entry anew with `--replace`.
/// Roles that get their name from their resource get another one when they are replaced, and the
/// entry follows.
///
/// The roles of managed node groups have an entry already.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessEntry {
    /// The account and region of the cluster.
    pub scope: Val<Scope>,
    /// The cluster's name.
    pub cluster: Val<String>,
    /// The role or user; it may be of another account.
    pub principal: Val<Arn>,
    /// Kubernetes groups it is in: the subjects of role bindings. Never ones that start with
    /// `system:`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Added to the ownership tags.
    pub tags: Tags,
}

impl AccessEntry {
    /// An entry without groups.
    pub fn new(scope: Val<Scope>, cluster: Val<String>, principal: Val<Arn>) -> Self {
        Self { scope, cluster, principal, groups: Vec::new(), tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`AccessEntry`].
    pub struct AccessEntryOutputs -> AccessEntryHandle {
        /// The ARN of the entry.
        arn: Arn,
        /// Who is let in.
        principal: Arn,
    }
}

impl Listed for types::AccessEntry {
    fn id(&self) -> &str {
        self.access_entry_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }
}

impl Resource for AccessEntry {
    const KIND: &'static str = "eks.access_entry";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "cluster", "principal"],
        sets: &["groups"],
        place: PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListAccessEntries answers with ARNs only"),
        iam: Iam {
            object: "eks:access-entry",
            holes: &[
                ("cluster", Hole::Input("cluster")),
                ("identity", Hole::IdentityIn("principal")),
            ],
            search: &["eks:ListAccessEntries", "eks:DescribeAccessEntry"],
            observe: &["eks:DescribeAccessEntry"],
            create: &["eks:CreateAccessEntry", "eks:TagResource", "eks:DescribeAccessEntry"],
            converge: &[
                "eks:DescribeAccessEntry",
                "eks:UpdateAccessEntry",
                "eks:TagResource",
                "eks:UntagResource",
            ],
            delete: &["eks:DeleteAccessEntry", "eks:DescribeAccessEntry"],
            only: &[
                ("eks:UpdateAccessEntry", When::Changes(&["groups"])),
                ("eks:TagResource", When::Sets("tags")),
                ("eks:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 2, 2),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = AccessEntryOutputs;

    fn validate(&self, problems: &mut Problems) {
        for (i, group) in self.groups.iter().enumerate() {
            problems.require(
                !group.is_empty() && !group.starts_with("system:"),
                &format!("groups[{i}]"),
                format!("EKS refuses the group `{group}`: bind a group of your own to its rights"),
            );
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::access_entry(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AccessEntryOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    /// Each entry of the clusters costs a call; there are tens.
    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<AccessEntryOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let mut keys = Vec::new();
        for cluster in clusters(near.iter().map(|entry| &entry.cluster)) {
            let call = aws.eks.list_access_entries().cluster_name(cluster).into_paginator();
            let listed = absent(pages("eks:ListAccessEntries", call.items().send()).await)?;
            let recorded = |principal: &String| {
                near.is_recorded(|one| {
                    one.principal.as_str() == principal
                        && one.arn.as_str().split('/').nth(1) == Some(cluster)
                })
            };
            let new = listed.unwrap_or_default().into_iter().filter(|one| !recorded(one));
            keys.extend(new.map(|one| (cluster, one)));
        }
        let read = each(&keys, |(cluster, principal)| describe(&aws, cluster, principal)).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        let see = |(owner, it)| Ok(found::marked(owner, it, live(it)?));
        carrying(&there, mark).into_iter().map(see).collect()
    }

    async fn create(&self, cx: &StepCx) -> Result<AccessEntryOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // "In use" is an entry that is there, or a cluster that is busy, which passes.
        let passes = |f: &Fault| settling(f) || f.class == Class::InUse;
        let made = cx.retry(SETTLING, passes, || self.try_create(cx, &aws)).await;
        made.map_err(|fault| {
            let why = fault.why.as_deref().unwrap_or_default();
            if !why.contains("principalArn") {
                return fault;
            }
            let principal = self.principal.get();
            fault.hint(format!("is there {principal}? Name a role or user that exists, in full"))
        })
    }

    /// The cluster's name and the principal's ARN: `cluster:arn:aws:iam::123456789012:role/admin`.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<AccessEntryOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = self.describe(&aws).await? else { return Ok(None) };
        keyed(id, self.key(None).as_deref(), outputs(&found)?)
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}:{}", self.cluster.get(), self.principal.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: AccessEntryOutputs,
        approved: &Fields,
    ) -> Result<AccessEntryOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = cx
            .wait(Patience::SECONDS, "the access entry to be visible", || async {
                let found = self.describe(&aws).await?;
                Ok(found.map_or_else(|| Probe::not_yet("not visible yet"), Probe::Ready))
            })
            .await?;
        let groups: BTreeSet<_> = found.kubernetes_groups().iter().collect();
        if approved.has("groups") && groups != self.groups.iter().collect() {
            let update = || async {
                let call = aws
                    .eks
                    .update_access_entry()
                    .cluster_name(self.cluster.get())
                    .principal_arn(self.principal.get().as_str())
                    .set_kubernetes_groups(Some(self.groups.clone()));
                call.send().await.map_err(fault("eks:UpdateAccessEntry"))
            };
            cx.retry(SETTLING, |f| f.class == Class::InUse, update).await?;
        }
        if approved.has("tags") {
            sync_tags(cx, &aws.eks, live.arn.as_str(), found.tags(), &self.tags).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &AccessEntryOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = self.describe(&aws).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &self.what(), pairs(found.tags()))?;
        let delete = || async {
            let call = aws.eks.delete_access_entry().cluster_name(self.cluster.get());
            let call = call.principal_arn(self.principal.get().as_str()).send().await;
            absent(call.map_err(fault("eks:DeleteAccessEntry")))
        };
        cx.retry(SETTLING, |f| f.class == Class::InUse, delete).await?;
        cx.wait(Patience::SECONDS, "the access entry to be gone", || async {
            let found = self.describe(&aws).await?;
            Ok(found.map_or(Probe::Ready(()), |_| Probe::not_yet("still there")))
        })
        .await
    }
}

impl AccessEntry {
    fn what(&self) -> String {
        let (principal, cluster) = (self.principal.get(), self.cluster.get());
        format!("the access entry of {principal} in the cluster `{cluster}`")
    }

    async fn try_create(&self, cx: &StepCx, aws: &Clients) -> Result<AccessEntryOutputs> {
        let action = "eks:CreateAccessEntry";
        let call = aws
            .eks
            .create_access_entry()
            .cluster_name(self.cluster.get())
            .principal_arn(self.principal.get().as_str())
            .set_kubernetes_groups(Some(self.groups.clone()))
            .set_tags(Some(marked(cx, &self.tags)))
            .client_request_token(cx.token());
        match call.send().await.map_err(fault(action)) {
            Ok(made) => {
                outputs(&made.access_entry.ok_or_else(|| incomplete(action, "accessEntry"))?)
            }
            Err(fault) if fault.class == Class::InUse => {
                let Some(found) = self.describe(aws).await? else { return Err(fault) };
                let hint = "delete that entry, or remove this resource from the program";
                outputs(&take_or_refuse(cx, found, &self.what(), hint)?)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn describe(&self, aws: &Clients) -> Result<Option<types::AccessEntry>> {
        describe(aws, self.cluster.get(), self.principal.get().as_str()).await
    }
}

async fn describe(
    aws: &Clients,
    cluster: &str,
    principal: &str,
) -> Result<Option<types::AccessEntry>> {
    let call = aws.eks.describe_access_entry().cluster_name(cluster).principal_arn(principal);
    let found = absent(call.send().await.map_err(fault("eks:DescribeAccessEntry")))?;
    Ok(found.and_then(|found| found.access_entry))
}

fn outputs(found: &types::AccessEntry) -> Result<AccessEntryOutputs> {
    let missing = |field| move || incomplete("eks:DescribeAccessEntry", field);
    Ok(AccessEntryOutputs {
        arn: found.access_entry_arn().ok_or_else(missing("accessEntryArn"))?.into(),
        principal: found.principal_arn().ok_or_else(missing("principalArn"))?.into(),
    })
}

async fn look(aws: &Clients, wanted: &Wanted<AccessEntry>) -> Result<Seen<AccessEntryOutputs>> {
    Ok(match wanted.inputs.describe(aws).await? {
        Some(found) if tags::belongs(wanted, pairs(found.tags())) => live(&found)?.into(),
        _ => Seen::Absent,
    })
}

fn live(found: &types::AccessEntry) -> Result<Live<AccessEntryOutputs>> {
    let fields = json!({
        "cluster": found.cluster_name(),
        "principal": found.principal_arn(),
        "groups": found.kubernetes_groups(),
        "tags": tags::managed(pairs(found.tags())),
    });
    Ok(Live::new(outputs(found)?, fields).tagged(pairs(found.tags())))
}
