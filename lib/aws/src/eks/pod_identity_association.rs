//! `eks.pod_identity_association`: gives a role to the pods of a service account.

use super::{PLACE, SETTLING, absent, clusters, marked, pairs, risks, settling, sync_tags};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{fault, incomplete},
    found::{self, Listed, carrying, each, pages, take_or_refuse},
    scope,
    settle::{until_gone, until_visible},
    tags,
    taking::parts,
};
use aws_sdk_eks::types;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val,
    Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// The role that the pods of a service account get. They need the add-on `eks-pod-identity-agent`, and the
/// role trusts `pods.eks.amazonaws.com` with `sts:AssumeRole` and `sts:TagSession`.
///
/// The service account need not be there yet. Pods that run already keep what they have until they are
/// started again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PodIdentityAssociation {
    /// The account and region of the cluster.
    pub scope: Val<Scope>,
    /// The cluster's name.
    pub cluster: Val<String>,
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role, in the cluster's account.
    pub role: Val<Arn>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl PodIdentityAssociation {
    /// A role for the pods of a service account.
    pub fn new(
        scope: Val<Scope>,
        cluster: Val<String>,
        namespace: impl Into<String>,
        service_account: impl Into<String>,
        role: Val<Arn>,
    ) -> Self {
        let (namespace, service_account) = (namespace.into(), service_account.into());
        Self { scope, cluster, namespace, service_account, role, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`PodIdentityAssociation`].
    pub struct PodIdentityAssociationOutputs -> PodIdentityAssociationHandle {
        /// The id.
        id: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Listed for types::PodIdentityAssociation {
    fn id(&self) -> &str {
        self.association_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }
}

impl Resource for PodIdentityAssociation {
    const KIND: &'static str = "eks.pod_identity_association";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "cluster", "namespace", "service_account"],
        place: PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListPodIdentityAssociations answers without roles and tags"),
        iam: Iam {
            object: "eks:podidentityassociation",
            holes: &[
                ("cluster", Hole::Input("cluster")),
                ("association", Hole::Output("id")),
                ("role", Hole::NameIn("role")),
                ("passed", Hole::Input("role")),
                ("to", Hole::Text("pods.eks.amazonaws.com")),
            ],
            search: &["eks:ListPodIdentityAssociations", "eks:DescribePodIdentityAssociation"],
            observe: &["eks:DescribePodIdentityAssociation"],
            create: &[
                "eks:CreatePodIdentityAssociation",
                "eks:TagResource",
                "eks:DescribePodIdentityAssociation",
                "iam:GetRole",
                "iam:PassRole",
            ],
            converge: &[
                "eks:DescribePodIdentityAssociation",
                "eks:UpdatePodIdentityAssociation",
                "iam:GetRole",
                "iam:PassRole",
                "eks:TagResource",
                "eks:UntagResource",
            ],
            delete: &["eks:DeletePodIdentityAssociation", "eks:DescribePodIdentityAssociation"],
            only: &[
                ("eks:UpdatePodIdentityAssociation", When::Changes(&["role"])),
                ("iam:GetRole", When::Changes(&["role"])),
                ("iam:PassRole", When::Changes(&["role"])),
                ("eks:TagResource", When::Sets("tags")),
                ("eks:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 2, 2),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = PodIdentityAssociationOutputs;

    fn validate(&self, problems: &mut Problems) {
        let named =
            [("namespace", &self.namespace, 63), ("service_account", &self.service_account, 253)];
        for (path, name, most) in named {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            problems.require(
                (1..=most).contains(&name.len()) && name.chars().all(fits),
                path,
                format!("`{name}` is no name of Kubernetes: small letters, digits, - and ., {most} at most"),
            );
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::pod_identity_association(change)
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<PodIdentityAssociationOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            let found = match &w.outputs {
                Some(recorded) => describe(&aws, w.inputs.cluster.get(), &recorded.id).await?,
                None => w.inputs.find(&aws).await?,
            };
            Ok(match found {
                Some(found) if tags::belongs(w, pairs(found.tags())) => live(&found)?.into(),
                _ => Seen::Absent,
            })
        })
        .await
    }

    /// Each association of the clusters costs a call; there are tens.
    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<PodIdentityAssociationOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let mut keys = Vec::new();
        for cluster in clusters(near.iter().map(|one| &one.cluster)) {
            let call = aws.eks.list_pod_identity_associations().cluster_name(cluster);
            let call = call.into_paginator().items().send();
            let listed = absent(pages("eks:ListPodIdentityAssociations", call).await)?;
            let ids = listed.unwrap_or_default().into_iter().filter_map(|one| one.association_id);
            let ids = ids.filter(|id| !near.is_recorded(|one| one.id == *id));
            keys.extend(ids.map(|id| (cluster, id)));
        }
        let read = each(&keys, |(cluster, id)| describe(&aws, cluster, id)).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        let see = |(owner, it)| Ok(found::marked(owner, it, live(it)?));
        carrying(&there, mark).into_iter().map(see).collect()
    }

    async fn create(&self, cx: &StepCx) -> Result<PodIdentityAssociationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // "In use" is an association that is there, or a cluster that is busy, which passes.
        let passes = |f: &Fault| settling(f) || f.class == Class::InUse;
        cx.retry(SETTLING, passes, || self.try_create(cx, &aws)).await
    }

    /// `CLUSTER:a-…`
    async fn identify(
        &self,
        cx: &Cx,
        id: &str,
    ) -> Result<Option<Identity<PodIdentityAssociationOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let (cluster, id) = parts(id, self.cluster.get())?;
        let found = describe(&aws, cluster, id).await?;
        found.map(|found| Ok(Identity::new(outputs(&found)?))).transpose()
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: PodIdentityAssociationOutputs,
        approved: &Fields,
    ) -> Result<PodIdentityAssociationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, self.cluster.get(), &live.id);
        let found = until_visible(cx, "the association to be visible", read).await?;
        let role = self.role.get().as_str();
        if approved.has("role") && found.role_arn() != Some(role) {
            let update = || async {
                let call = aws
                    .eks
                    .update_pod_identity_association()
                    .cluster_name(self.cluster.get())
                    .association_id(&live.id)
                    .role_arn(role);
                call.send().await.map_err(fault("eks:UpdatePodIdentityAssociation"))
            };
            cx.retry(SETTLING, |f| settling(f) || f.class == Class::InUse, update).await?;
        }
        if approved.has("tags") {
            sync_tags(cx, &aws.eks, live.arn.as_str(), found.tags(), &self.tags).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &PodIdentityAssociationOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, self.cluster.get(), &live.id);
        let Some(found) = read().await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &self.what(), pairs(found.tags()))?;
        let delete = || async {
            let call = aws.eks.delete_pod_identity_association().cluster_name(self.cluster.get());
            let call = call.association_id(&live.id).send().await;
            absent(call.map_err(fault("eks:DeletePodIdentityAssociation")))
        };
        cx.retry(SETTLING, |f| f.class == Class::InUse, delete).await?;
        until_gone(cx, "the association to be gone", read).await
    }
}

impl PodIdentityAssociation {
    fn what(&self) -> String {
        let (namespace, account) = (&self.namespace, &self.service_account);
        format!(
            "the role of the service account `{namespace}/{account}` in the cluster `{}`",
            self.cluster.get()
        )
    }

    async fn try_create(
        &self,
        cx: &StepCx,
        aws: &Clients,
    ) -> Result<PodIdentityAssociationOutputs> {
        let action = "eks:CreatePodIdentityAssociation";
        let call = aws
            .eks
            .create_pod_identity_association()
            .cluster_name(self.cluster.get())
            .namespace(&self.namespace)
            .service_account(&self.service_account)
            .role_arn(self.role.get().as_str())
            .set_tags(Some(marked(cx, &self.tags)))
            .client_request_token(cx.token());
        match call.send().await.map_err(fault(action)) {
            Ok(made) => {
                outputs(&made.association.ok_or_else(|| incomplete(action, "association"))?)
            }
            Err(fault) if fault.class == Class::InUse => {
                let Some(there) = self.find(aws).await? else { return Err(fault) };
                let hint = "delete that association, or remove this resource from the program";
                outputs(&take_or_refuse(cx, there, &self.what(), hint)?)
            }
            Err(fault) => Err(fault),
        }
    }

    /// The association of the service account, which has one at most.
    async fn find(&self, aws: &Clients) -> Result<Option<types::PodIdentityAssociation>> {
        let call = aws
            .eks
            .list_pod_identity_associations()
            .cluster_name(self.cluster.get())
            .namespace(&self.namespace)
            .service_account(&self.service_account);
        let call = call.into_paginator().items().send();
        let listed = absent(pages("eks:ListPodIdentityAssociations", call).await)?;
        match listed.unwrap_or_default().into_iter().next().and_then(|one| one.association_id) {
            Some(id) => describe(aws, self.cluster.get(), &id).await,
            None => Ok(None),
        }
    }
}

async fn describe(
    aws: &Clients,
    cluster: &str,
    id: &str,
) -> Result<Option<types::PodIdentityAssociation>> {
    let call = aws.eks.describe_pod_identity_association().cluster_name(cluster).association_id(id);
    let found = absent(call.send().await.map_err(fault("eks:DescribePodIdentityAssociation")))?;
    Ok(found.and_then(|found| found.association))
}

fn outputs(found: &types::PodIdentityAssociation) -> Result<PodIdentityAssociationOutputs> {
    let missing = |field| move || incomplete("eks:DescribePodIdentityAssociation", field);
    Ok(PodIdentityAssociationOutputs {
        id: found.association_id().ok_or_else(missing("associationId"))?.to_owned(),
        arn: found.association_arn().ok_or_else(missing("associationArn"))?.into(),
    })
}

fn live(found: &types::PodIdentityAssociation) -> Result<Live<PodIdentityAssociationOutputs>> {
    let fields = json!({
        "cluster": found.cluster_name(),
        "namespace": found.namespace(),
        "service_account": found.service_account(),
        "role": found.role_arn(),
        "tags": tags::managed(pairs(found.tags())),
    });
    Ok(Live::new(outputs(found)?, fields).tagged(pairs(found.tags())))
}
