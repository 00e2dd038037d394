//! `eks.addon`: software that EKS installs and keeps in a cluster.

use super::{
    SETTLING, absent, failed, issue, marked, pairs, says, settling, sync_tags,
    update::{self, Target},
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{fault, incomplete},
    found::each,
    scope, tags,
};
use aws_sdk_eks::types::{self, AddonStatus, ResolveConflicts};
use groundplan_core::{
    Class, Cx, Fault, Fields, Iam, Json, Live, LostCreate, Meta, Naming, Patience, Probe, Problems,
    ReadCost, Resource, Result, Seen, StepCx, Typical, Val, Wanted, json, to_json,
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

impl Resource for Addon {
    const KIND: &'static str = "eks.addon";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "cluster", "name"],
        volatile: &["version"],
        documents: &["configuration"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListAddons answers with names only"),
        iam: Iam {
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
        },
        typical: Typical::seconds(40, 60, 30),
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

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AddonOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    async fn create(&self, cx: &StepCx) -> Result<AddonOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // "In use" is an add-on that is there, or a cluster that is busy with an update, which passes.
        let passes = |f: &Fault| settling(f) || f.class == Class::InUse;
        cx.retry(SETTLING, passes, || self.try_create(cx, &aws)).await
    }

    async fn converge(
        &self,
        cx: &StepCx,
        _live: AddonOutputs,
        approved: &Fields,
    ) -> Result<AddonOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::SECONDS, "the add-on to be visible", || async {
            let found = self.describe(&aws).await?;
            Ok(found.map_or_else(|| Probe::not_yet("not visible yet"), |_| Probe::Ready(())))
        })
        .await?;
        // One that is ill, or that could not be updated before, can be changed.
        let found = self.at_rest(cx, &aws, true).await?;
        if let Some(update) = self.update(&found, approved) {
            let cluster = Target::cluster(self.cluster.get());
            let target = Target { addon: Some(&self.name), ..cluster };
            let start = || self.start(&aws, &update);
            update::run(cx, &aws.eks, target, "the add-on to change", start).await?;
        }
        if approved.has("tags") {
            let arn = found.addon_arn().unwrap_or_default();
            sync_tags(cx, &aws.eks, arn, found.tags(), &self.tags).await?;
        }
        Ok(self.outputs(&self.at_rest(cx, &aws, false).await?))
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

/// What an update sends. EKS takes an absent role for none, so role and configuration always go in
/// as they are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Update {
    version: Option<String>,
    role: Option<String>,
    configuration: Option<String>,
    conflicts: ResolveConflicts,
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
            Ok(made) => Ok(self.outputs(&made.addon.ok_or_else(|| incomplete(action, "addon"))?)),
            Err(fault) if fault.class == Class::InUse => {
                let Some(found) = self.describe(aws).await? else { return Err(fault) };
                if tags::owned(cx.owner(), pairs(found.tags())) {
                    return Ok(self.outputs(&found));
                }
                let what = format!("{} exists already and", self.what());
                Err(tags::not_ours(&what, pairs(found.tags()))
                    .hint("delete that add-on, or remove this resource from the program"))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn describe(&self, aws: &Clients) -> Result<Option<types::Addon>> {
        let call = aws.eks.describe_addon().cluster_name(self.cluster.get()).addon_name(&self.name);
        let found = absent(call.send().await.map_err(fault("eks:DescribeAddon")))?;
        Ok(found.and_then(|found| found.addon))
    }

    /// Waits until nothing is under way and the add-on is well, or `ill` is good enough.
    async fn at_rest(&self, cx: &StepCx, aws: &Clients, ill: bool) -> Result<types::Addon> {
        cx.wait(Patience::MINUTES, "the add-on to be active", || async {
            let Some(found) = self.describe(aws).await? else {
                return Err(Fault::new(Class::NotFound, format!("{} is gone", self.what()))
                    .hint("run again to make it anew"));
            };
            match found.status() {
                Some(AddonStatus::Active) => Ok(Probe::Ready(found)),
                Some(AddonStatus::Degraded) if ill || self.degraded_is_ready => {
                    Ok(Probe::Ready(found))
                }
                Some(AddonStatus::UpdateFailed) if ill => Ok(Probe::Ready(found)),
                Some(
                    status @ (AddonStatus::CreateFailed
                    | AddonStatus::UpdateFailed
                    | AddonStatus::DeleteFailed
                    | AddonStatus::Deleting),
                ) => Err(failed(cx, &self.what(), status.as_str(), &issues(&found))),
                status => {
                    let status = status.map_or("?", AddonStatus::as_str);
                    Ok(Probe::NotYet(says(status, &issues(&found))))
                }
            }
        })
        .await
    }

    /// The update that it takes; none if all that is approved is so already.
    fn update(&self, found: &types::Addon, approved: &Fields) -> Option<Update> {
        let (version, role, configuration) = self.wish();
        let version =
            version.filter(|v| approved.has("version") && found.addon_version() != Some(v));
        let live_role = found.service_account_role_arn();
        let role = if approved.has("role") { role } else { live_role };
        let live_configuration = configuration_of(found);
        let configures = approved.has("configuration")
            && !same(live_configuration.unwrap_or("{}"), configuration.unwrap_or("{}"));
        if version.is_none() && role == live_role && !configures {
            return None;
        }
        let (configuration, conflicts) = if configures {
            (Some(configuration.unwrap_or("{}")), ResolveConflicts::Overwrite)
        } else {
            (live_configuration, ResolveConflicts::Preserve)
        };
        Some(Update {
            version: version.map(str::to_owned),
            role: role.map(str::to_owned),
            configuration: configuration.map(str::to_owned),
            conflicts,
        })
    }

    async fn start(&self, aws: &Clients, update: &Update) -> Result<Option<types::Update>> {
        let call = aws
            .eks
            .update_addon()
            .cluster_name(self.cluster.get())
            .addon_name(&self.name)
            .set_addon_version(update.version.clone())
            .set_service_account_role_arn(update.role.clone())
            .set_configuration_values(update.configuration.clone())
            .resolve_conflicts(update.conflicts.clone());
        Ok(call.send().await.map_err(fault("eks:UpdateAddon"))?.update)
    }

    fn outputs(&self, found: &types::Addon) -> AddonOutputs {
        AddonOutputs {
            name: self.name.clone(),
            arn: found.addon_arn().map(Into::into),
            version: found.addon_version().map(str::to_owned),
        }
    }
}

async fn look(aws: &Clients, wanted: &Wanted<Addon>) -> Result<Seen<AddonOutputs>> {
    Ok(match wanted.inputs.describe(aws).await? {
        Some(found) if tags::belongs(wanted, pairs(found.tags())) => {
            let mut fields = json!({
                "role": found.service_account_role_arn(),
                "configuration": configuration_of(&found),
                "tags": tags::managed(pairs(found.tags())),
            });
            // A version that AWS chose is not compared.
            if wanted.inputs.version.is_some() {
                fields["version"] = to_json(&found.addon_version());
            }
            let leaving = found.status() == Some(&AddonStatus::Deleting);
            Live::new(wanted.inputs.outputs(&found), fields).leaving(leaving).into()
        }
        _ => Seen::Absent,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn addon(version: &str, configuration: Option<&str>) -> Addon {
        let scope = Scope {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            role: None,
        };
        Addon {
            version: Some(version.into()),
            configuration: configuration.map(Into::into),
            ..Addon::new(scope.into(), "c".into(), "coredns")
        }
    }

    fn found() -> types::Addon {
        types::Addon::builder()
            .addon_version("v1")
            .service_account_role_arn("arn:role")
            .configuration_values(r#"{"replicaCount": 2}"#)
            .build()
    }

    fn only(paths: &[&str]) -> Fields {
        Fields::Only(paths.iter().map(|&path| path.to_owned()).collect())
    }

    #[test]
    fn a_new_version_keeps_role_configuration_and_what_others_set() {
        let update = addon("v2", None).update(&found(), &only(&["version"])).unwrap();
        let expected = Update {
            version: Some("v2".into()),
            role: Some("arn:role".into()),
            configuration: Some(r#"{"replicaCount": 2}"#.into()),
            conflicts: ResolveConflicts::Preserve,
        };
        assert_eq!(update, expected);
    }

    #[test]
    fn a_new_configuration_wins_over_what_others_set() {
        let approved = only(&["configuration"]);
        let wish = addon("v2", Some(r#"{"replicaCount":3}"#));
        let update = wish.update(&found(), &approved).unwrap();
        assert_eq!(update.version, None);
        assert_eq!(update.conflicts, ResolveConflicts::Overwrite);
        assert_eq!(update.configuration.as_deref(), Some(r#"{"replicaCount":3}"#));
        let none = addon("v1", None).update(&found(), &approved).unwrap();
        assert_eq!(none.configuration.as_deref(), Some("{}"));
        // Written in another way it is the same.
        assert_eq!(addon("v1", Some(r#"{"replicaCount":2}"#)).update(&found(), &approved), None);
    }

    #[test]
    fn a_role_is_taken_away_only_if_approved() {
        let update = addon("v1", None).update(&found(), &only(&["role"])).unwrap();
        assert_eq!(update.role, None);
        assert_eq!(addon("v1", None).update(&found(), &only(&["tags.a"])), None);
    }
}
