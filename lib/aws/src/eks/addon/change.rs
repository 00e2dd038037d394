//! Changes an add-on in place, and waits until it works.

use super::{Addon, AddonOutputs, configuration_of, issues, outputs, same};
use crate::{
    Clients,
    eks::{
        failed, says, sync_tags,
        update::{self, Target},
    },
    fault::fault,
};
use aws_sdk_eks::types::{self, AddonStatus, ResolveConflicts};
use groundplan_core::{Class, Fault, Fields, Patience, Probe, Result, StepCx};

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
    pub(super) async fn change(
        &self,
        cx: &StepCx,
        aws: &Clients,
        approved: &Fields,
    ) -> Result<AddonOutputs> {
        cx.wait(Patience::SECONDS, "the add-on to be visible", || async {
            let found = self.describe(aws).await?;
            Ok(found.map_or_else(|| Probe::not_yet("not visible yet"), |_| Probe::Ready(())))
        })
        .await?;
        // One that is ill, or that could not be updated before, can be changed.
        let found = self.at_rest(cx, aws, true).await?;
        if let Some(update) = self.update(&found, approved) {
            let cluster = Target::cluster(self.cluster.get());
            let target = Target { addon: Some(&self.name), ..cluster };
            let start = || self.start(aws, &update);
            update::run(cx, &aws.eks, target, "the add-on to change", start).await?;
        }
        if approved.has("tags") {
            let arn = found.addon_arn().unwrap_or_default();
            sync_tags(cx, &aws.eks, arn, found.tags(), &self.tags).await?;
        }
        Ok(outputs(&self.at_rest(cx, aws, false).await?))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;

    fn addon(version: &str, configuration: Option<&str>) -> Addon {
        let scope = Scope::own();
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
