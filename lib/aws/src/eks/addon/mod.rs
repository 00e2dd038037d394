//! `eks.addon`: software that EKS installs and keeps in a cluster.

mod change;

use super::{
    PLACE, SETTLING, absent, clusters, failed, is_of, issue, marked, pairs, risks, says, settling,
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags, defaults,
    fault::{fault, incomplete},
    found::{self, Listed, carrying, each, pages, take_or_refuse},
    scope, tags,
    taking::keyed,
};
use aws_sdk_eks::types::{self, AddonStatus, ResolveConflicts};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Mark, Marked, Meta,
    Naming, Near, Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx,
    Transition, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// Software that EKS installs and keeps in a cluster, such as `vpc-cni`.
///
/// What the add-on brings is overwritten when it is installed and when its configuration changes, so
/// that what the program says is so. A change of version or role alone keeps what others set by hand
/// (`PRESERVE`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Addon {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The cluster's name.
    pub cluster: Val<String>,
    /// The add-on's name, e.g. `vpc-cni`.
    pub name: String,
    /// The version, e.g. of an [`AddonVersion`](super::AddonVersion). AWS picks one if absent, and it
    /// is then left at that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Val<String>>,
    /// What its pods may do, through the cluster's OIDC provider; what the nodes may if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Val<Arn>>,
    /// Settings as a JSON document; `aws eks describe-addon-configuration` tells which there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Val<String>>,
    /// Whether to go on though its pods do not run: `coredns` is `DEGRADED` until there are nodes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub degraded_is_ready: bool,
    /// Added to the ownership tags.
    pub tags: Tags,
}

impl Addon {
    /// An add-on with AWS's version and settings.
    pub fn new(scope: Val<Scope>, cluster: Val<String>, name: impl Into<String>) -> Self {
        Self {
            scope,
            cluster,
            name: name.into(),
            version: None,
            role: None,
            configuration: None,
            degraded_is_ready: false,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`Addon`].
    pub struct AddonOutputs -> AddonHandle {
        /// The add-on's name.
        name: String,
    } later {
        /// The ARN.
        arn: Arn,
        /// The version that is installed.
        version: String,
    }
}

impl Listed for types::Addon {
    fn id(&self) -> &str {
        self.addon_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }
}

impl Resource for Addon {
    const KIND: &'static str = "eks.addon";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "cluster", "name"],
        volatile: &["version"],
        documents: &["configuration"],
        place: PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListAddons answers with names only"),
        iam: Iam {
            object: "eks:addon",
            holes: &[
                ("cluster", Hole::Input("cluster")),
                ("addon", Hole::Input("name")),
                ("passed", Hole::Input("role")),
                ("to", Hole::Text("eks.amazonaws.com")),
            ],
            search: &["eks:ListAddons", "eks:DescribeAddon"],
            observe: &["eks:DescribeAddon"],
            create: &["eks:CreateAddon", "eks:TagResource", "eks:DescribeAddon", "iam:PassRole"],
            converge: &[
                "eks:DescribeAddon",
                "eks:UpdateAddon",
                "eks:DescribeUpdate",
                "eks:TagResource",
                "eks:UntagResource",
                "iam:PassRole",
            ],
            delete: &["eks:DeleteAddon", "eks:DescribeAddon"],
            only: &[
                ("iam:PassRole", When::Given("role")),
                ("iam:PassRole", When::Changes(&["version", "role", "configuration"])),
                ("eks:UpdateAddon", When::Changes(&["version", "role", "configuration"])),
                ("eks:DescribeUpdate", When::Changes(&["version", "role", "configuration"])),
                ("eks:TagResource", When::Sets("tags")),
                ("eks:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(40, 60, 30),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = AddonOutputs;

    fn validate(&self, problems: &mut Problems) {
        problems.require(!self.name.is_empty(), "name", "name an add-on, e.g. `vpc-cni`");
        if let Some(text) = self.configuration.as_ref().and_then(Val::known)
            && let Err(why) = serde_json::from_str::<Json>(text)
        {
            problems.add("configuration", format!("is no JSON document: {why}"));
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::addon(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AddonOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    /// Each add-on of the clusters costs a call; there are few.
    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<AddonOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let mut keys = Vec::new();
        for cluster in clusters(near.iter().map(|addon| &addon.cluster)) {
            let call = aws.eks.list_addons().cluster_name(cluster).into_paginator();
            let listed = absent(pages("eks:ListAddons", call.items().send()).await)?;
            let recorded = |name: &String| {
                let is_it = |arn: &Arn| is_of(arn.as_str(), cluster, name);
                near.is_recorded(|one| one.arn.as_ref().is_some_and(is_it))
            };
            let new = listed.unwrap_or_default().into_iter().filter(|name| !recorded(name));
            keys.extend(new.map(|name| (cluster, name)));
        }
        let read = each(&keys, |(cluster, name)| describe(&aws, cluster, name)).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        let like = |it: &types::Addon| {
            near.iter().find(|addon| {
                Some(addon.cluster.get().as_str()) == it.cluster_name()
                    && Some(addon.name.as_str()) == it.addon_name()
            })
        };
        let see = |(owner, it)| found::marked(owner, it, live(it, like(it)));
        Ok(carrying(&there, mark).into_iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<AddonOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // "In use" is an add-on that is there, or a cluster that is busy with an update, which passes.
        let passes = |f: &Fault| settling(f) || f.class == Class::InUse;
        cx.retry(SETTLING, passes, || self.try_create(cx, &aws)).await
    }

    /// The cluster's name and the add-on's: `cluster:coredns`.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<AddonOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = self.describe(&aws).await? else { return Ok(None) };
        keyed(id, self.key(None).as_deref(), outputs(&found))
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}:{}", self.cluster.get(), self.name))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        _live: AddonOutputs,
        approved: &Fields,
    ) -> Result<AddonOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        self.change(cx, &aws, approved).await
    }

    async fn delete(&self, cx: &StepCx, _live: &AddonOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = self.describe(&aws).await? else { return Ok(()) };
        let what = self.what();
        tags::require_ours(cx.owner(), &what, pairs(found.tags()))?;
        if found.status() != Some(&AddonStatus::Deleting) {
            let delete = || async {
                let call = aws.eks.delete_addon().cluster_name(self.cluster.get());
                let call = call.addon_name(&self.name).send().await;
                absent(call.map_err(fault("eks:DeleteAddon")))
            };
            cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, delete).await?;
        }
        cx.wait(Patience::MINUTES, "the add-on to be gone", || async {
            let Some(found) = self.describe(&aws).await? else { return Ok(Probe::Ready(())) };
            match found.status() {
                Some(status @ AddonStatus::DeleteFailed) => {
                    Err(failed(cx, &what, status.as_str(), &issues(&found)))
                }
                status => {
                    let status = status.map_or("?", AddonStatus::as_str);
                    Ok(Probe::NotYet(says(status, &issues(&found))))
                }
            }
        })
        .await
    }
}

impl Addon {
    fn what(&self) -> String {
        format!("the add-on `{}` of the cluster `{}`", self.name, self.cluster.get())
    }

    fn wish(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (
            self.version.as_ref().map(|version| version.get().as_str()),
            self.role.as_ref().map(|role| role.get().as_str()),
            self.configuration.as_ref().map(|text| text.get().as_str()),
        )
    }

    async fn try_create(&self, cx: &StepCx, aws: &Clients) -> Result<AddonOutputs> {
        let action = "eks:CreateAddon";
        let (version, role, configuration) = self.wish();
        let call = aws
            .eks
            .create_addon()
            .cluster_name(self.cluster.get())
            .addon_name(&self.name)
            .set_addon_version(version.map(str::to_owned))
            .set_service_account_role_arn(role.map(str::to_owned))
            .set_configuration_values(configuration.map(str::to_owned))
            .resolve_conflicts(ResolveConflicts::Overwrite)
            .set_tags(Some(marked(cx, &self.tags)))
            .client_request_token(cx.token());
        match call.send().await.map_err(fault(action)) {
            Ok(made) => Ok(outputs(&made.addon.ok_or_else(|| incomplete(action, "addon"))?)),
            Err(fault) if fault.class == Class::InUse => {
                let Some(found) = self.describe(aws).await? else { return Err(fault) };
                let hint = "delete that add-on, or remove this resource from the program";
                Ok(outputs(&take_or_refuse(cx, found, &self.what(), hint)?))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn describe(&self, aws: &Clients) -> Result<Option<types::Addon>> {
        describe(aws, self.cluster.get(), &self.name).await
    }
}

async fn describe(aws: &Clients, cluster: &str, name: &str) -> Result<Option<types::Addon>> {
    let call = aws.eks.describe_addon().cluster_name(cluster).addon_name(name);
    let found = absent(call.send().await.map_err(fault("eks:DescribeAddon")))?;
    Ok(found.and_then(|found| found.addon))
}

fn outputs(found: &types::Addon) -> AddonOutputs {
    AddonOutputs {
        name: found.addon_name().unwrap_or_default().to_owned(),
        arn: found.addon_arn().map(Into::into),
        version: found.addon_version().map(str::to_owned),
    }
}

async fn look(aws: &Clients, wanted: &Wanted<Addon>) -> Result<Seen<AddonOutputs>> {
    Ok(match wanted.inputs.describe(aws).await? {
        Some(found) if tags::belongs(wanted, pairs(found.tags())) => {
            live(&found, Some(&wanted.inputs)).into()
        }
        _ => Seen::Absent,
    })
}

fn live(found: &types::Addon, recorded: Option<&Addon>) -> Live<AddonOutputs> {
    let mut fields = json!({
        "cluster": found.cluster_name(),
        "name": found.addon_name(),
        "role": found.service_account_role_arn(),
        "configuration": configuration_of(found),
        "tags": tags::managed(pairs(found.tags())),
    });
    // A version that AWS chose is not compared.
    if recorded.is_some_and(|recorded| recorded.version.is_some()) {
        fields["version"] = found.addon_version().into();
    }
    Live::new(outputs(found), fields)
        .tagged(pairs(found.tags()))
        .leaving(found.status() == Some(&AddonStatus::Deleting))
}

/// The live settings; an empty document is none.
fn configuration_of(found: &types::Addon) -> Option<&str> {
    found.configuration_values().filter(|text| !text.trim().is_empty() && !same(text, "{}"))
}

fn same(one: &str, other: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Json>(text).ok();
    one == other || parse(one).is_some_and(|one| parse(other) == Some(one))
}

fn issues(found: &types::Addon) -> Vec<String> {
    let issues = found.health().into_iter().flat_map(types::AddonHealth::issues);
    let text = |one: &types::AddonIssue| {
        let code = one.code().map(types::AddonIssueCode::as_str);
        issue(code, one.message(), one.resource_ids())
    };
    issues.map(text).collect()
}
