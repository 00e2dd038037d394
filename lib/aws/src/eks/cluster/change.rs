//! Changes a cluster. EKS takes one kind of change in a call, and one call at a time.

use super::{
    Cluster, ClusterOutputs, SupportType, create,
    observe::{self, describe, issues},
    version,
};
use crate::{
    Clients, CxAws,
    eks::{
        failed, says, sync_tags,
        update::{self, Target},
    },
    fault::fault,
};
use aws_sdk_eks::types::{self, ClusterStatus, Update, VpcConfigRequest};
use groundplan_core::{Class, Fault, Fields, Patience, Probe, Result, StepCx};
use std::collections::BTreeSet;

/// One update.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    SecretsKey,
    Network,
    Endpoint,
    Logging,
    Support,
    Protection,
    Version(String),
}

impl Change {
    /// Completes "waiting for …".
    fn what(&self) -> String {
        match self {
            Self::SecretsKey => "secrets to be encrypted with the key".to_owned(),
            Self::Network => "the control plane's network to change".to_owned(),
            Self::Endpoint => "the endpoint's access to change".to_owned(),
            Self::Logging => "logging to change".to_owned(),
            Self::Support => "the support type to change".to_owned(),
            Self::Protection => "the deletion protection to change".to_owned(),
            Self::Version(version) => format!("the control plane to be at {version}"),
        }
    }
}

pub(super) async fn converge(
    wish: &Cluster,
    cx: &StepCx,
    name: &str,
    approved: &Fields,
) -> Result<ClusterOutputs> {
    let aws = cx.aws(wish.scope.get()).await?;
    cx.wait(Patience::SECONDS, "the cluster to be visible", || async {
        let found = describe(&aws, name).await?;
        Ok(found.map_or_else(|| Probe::not_yet("not visible yet"), |_| Probe::Ready(())))
    })
    .await?;
    let found = active(cx, &aws, name).await?;
    let changes = changes(wish, name, &found, approved)?;
    for change in &changes {
        let start = || start(wish, &aws, name, change);
        update::run(cx, &aws.eks, Target::cluster(name), &change.what(), start).await?;
    }
    if approved.has("tags") {
        let arn = found.arn().unwrap_or_default();
        sync_tags(cx, &aws.eks, arn, found.tags(), &wish.tags).await?;
    }
    if changes.is_empty() {
        return observe::outputs(&found);
    }
    observe::outputs(&active(cx, &aws, name).await?)
}

/// Waits until the cluster is at rest: made, or through with an update, whoever asked for it.
async fn active(cx: &StepCx, aws: &Clients, name: &str) -> Result<types::Cluster> {
    cx.wait(Patience::HOUR, "the cluster to be active", || async {
        let Some(found) = describe(aws, name).await? else {
            let what = format!("the cluster `{name}` is gone");
            return Err(Fault::new(Class::NotFound, what).hint("run again to make it anew"));
        };
        match found.status() {
            Some(ClusterStatus::Active) => Ok(Probe::Ready(found)),
            Some(status @ (ClusterStatus::Failed | ClusterStatus::Deleting)) => {
                let what = format!("the cluster `{name}`");
                Err(failed(cx, &what, status.as_str(), &issues(&found)))
            }
            status => {
                let status = status.map_or("?", ClusterStatus::as_str);
                Ok(Probe::NotYet(says(status, &issues(&found))))
            }
        }
    })
    .await
}

/// What it takes, in order. Refuses before anything changes if some of it cannot be.
fn changes(
    wish: &Cluster,
    name: &str,
    found: &types::Cluster,
    approved: &Fields,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    if approved.has("secrets_key") && needs_key(wish, name, found, approved)? {
        changes.push(Change::SecretsKey);
    }
    if network_differs(wish, found, approved) {
        changes.push(Change::Network);
    }
    if approved.has("endpoint") && endpoint_differs(wish, found) {
        changes.push(Change::Endpoint);
    }
    let logging: BTreeSet<_> =
        wish.logging.iter().map(|log| observe::log_type(*log).as_str().to_owned()).collect();
    if approved.has("logging") && !observe::logging(found).iter().copied().eq(&logging) {
        changes.push(Change::Logging);
    }
    if approved.has("deletion_protection")
        && found.deletion_protection().unwrap_or_default() != wish.deletion_protection
    {
        changes.push(Change::Protection);
    }
    let mut versions = Vec::new();
    if approved.has("version") {
        let steps = version::steps(name, found.version().unwrap_or_default(), &wish.version)?;
        versions.extend(steps.into_iter().map(Change::Version));
    }
    let support = approved.has("support") && observe::support(found) != Some(wish.support);
    match wish.support {
        // A version that is in extended support already can only leave it by a raise.
        SupportType::Standard => {
            changes.extend(versions);
            changes.extend(support.then_some(Change::Support));
        }
        SupportType::Extended => {
            changes.extend(support.then_some(Change::Support));
            changes.extend(versions);
        }
    }
    Ok(changes)
}

/// Whether the key is to be added. It cannot be changed or taken away.
fn needs_key(
    wish: &Cluster,
    name: &str,
    found: &types::Cluster,
    approved: &Fields,
) -> Result<bool> {
    let wished = wish.secrets_key.as_ref().map(|key| key.get().as_str());
    let Some(live) = observe::secrets_key(found) else { return Ok(wished.is_some()) };
    // Of a cluster just made without a key, what AWS shows is its own.
    if wished == Some(live) || (wished.is_none() && *approved == Fields::All) {
        return Ok(false);
    }
    let what = format!("the secrets of the cluster `{name}` stay encrypted with {live}");
    let wished = wished.unwrap_or("none");
    Err(Fault::new(Class::Refused, what)
        .why(format!("EKS cannot change the key or do without it; the program wants {wished}"))
        .hint("put the key back as `secrets_key`, or make a new cluster with `--replace`"))
}

fn network_differs(wish: &Cluster, found: &types::Cluster, approved: &Fields) -> bool {
    let subnets: BTreeSet<_> = wish.subnets.iter().map(|id| id.get().as_str()).collect();
    let groups: BTreeSet<_> = wish.security_groups.iter().map(|id| id.get().as_str()).collect();
    (approved.has("subnets") && observe::subnets(found) != subnets)
        || (approved.has("security_groups") && observe::security_groups(found) != groups)
}

fn endpoint_differs(wish: &Cluster, found: &types::Cluster) -> bool {
    let Some(live) = found.resources_vpc_config() else { return true };
    let wish = &wish.endpoint;
    let cidrs: BTreeSet<_> = wish.public_cidrs.iter().map(ToString::to_string).collect();
    let live_cidrs: BTreeSet<_> = live.public_access_cidrs().iter().cloned().collect();
    live.endpoint_private_access() != wish.private
        || live.endpoint_public_access() != wish.public
        || (wish.public && live_cidrs != cidrs)
}

async fn start(
    wish: &Cluster,
    aws: &Clients,
    name: &str,
    change: &Change,
) -> Result<Option<Update>> {
    let config = aws.eks.update_cluster_config().name(name);
    let config = match change {
        Change::SecretsKey => {
            let call = aws.eks.associate_encryption_config().cluster_name(name);
            let call = call.set_encryption_config(create::encryption(wish).map(|c| vec![c]));
            let call = call.send().await.map_err(fault("eks:AssociateEncryptionConfig"));
            return Ok(call?.update);
        }
        Change::Version(version) => {
            let call = aws.eks.update_cluster_version().name(name).version(version);
            let call = call.send().await.map_err(fault("eks:UpdateClusterVersion"));
            return Ok(call?.update);
        }
        Change::Network => {
            let subnets = wish.subnets.iter().map(|id| id.get().to_string()).collect();
            let groups = wish.security_groups.iter().map(|id| id.get().to_string()).collect();
            let network = VpcConfigRequest::builder()
                .set_subnet_ids(Some(subnets))
                .set_security_group_ids(Some(groups));
            config.resources_vpc_config(network.build())
        }
        Change::Endpoint => config.resources_vpc_config(create::endpoint(wish)),
        Change::Logging => config.logging(create::logging(&wish.logging)),
        Change::Support => config.upgrade_policy(create::support(wish.support)),
        Change::Protection => config.deletion_protection(wish.deletion_protection),
    };
    Ok(config.send().await.map_err(fault("eks:UpdateClusterConfig"))?.update)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_eks::types::{
        EncryptionConfig, LogSetup, LogType, Logging, Provider, UpgradePolicyResponse,
        VpcConfigResponse,
    };

    fn wish() -> Cluster {
        let scope = crate::Scope::own();
        let subnets = ["subnet-1", "subnet-2"].map(|id| crate::SubnetId::from(id).into());
        Cluster::new(scope.into(), "1.35", crate::Arn::from("arn:role").into(), subnets)
    }

    /// A cluster as `wish` wants it.
    fn found() -> types::builders::ClusterBuilder {
        let network = VpcConfigResponse::builder()
            .subnet_ids("subnet-2")
            .subnet_ids("subnet-1")
            .endpoint_private_access(true)
            .public_access_cidrs("0.0.0.0/0");
        let setup = LogSetup::builder()
            .types(LogType::Api)
            .types(LogType::Audit)
            .types(LogType::Authenticator)
            .enabled(true);
        let policy = UpgradePolicyResponse::builder().support_type(types::SupportType::Standard);
        types::Cluster::builder()
            .version("1.35")
            .resources_vpc_config(network.build())
            .logging(Logging::builder().cluster_logging(setup.build()).build())
            .upgrade_policy(policy.build())
            .deletion_protection(true)
    }

    fn all(wish: &Cluster, found: &types::Cluster) -> Vec<Change> {
        changes(wish, "c", found, &Fields::All).unwrap()
    }

    fn only(paths: &[&str]) -> Fields {
        Fields::Only(paths.iter().map(|&path| path.to_owned()).collect())
    }

    #[test]
    fn what_is_as_wished_takes_no_call() {
        assert_eq!(all(&wish(), &found().build()), []);
    }

    #[test]
    fn each_kind_of_change_is_an_update_of_its_own_and_only_if_approved() {
        let cidr = "203.0.113.0/24".parse().unwrap();
        let wish = Cluster {
            endpoint: super::super::EndpointAccess::public([cidr]),
            logging: BTreeSet::new(),
            deletion_protection: false,
            security_groups: vec![crate::SecurityGroupId::from("sg-1").into()],
            secrets_key: Some(crate::Arn::from("arn:key").into()),
            ..wish()
        };
        let found = found().build();
        let expected = [
            Change::SecretsKey,
            Change::Network,
            Change::Endpoint,
            Change::Logging,
            Change::Protection,
        ];
        assert_eq!(all(&wish, &found), expected);
        let approved = only(&["endpoint.public_cidrs"]);
        assert_eq!(changes(&wish, "c", &found, &approved).unwrap(), [Change::Endpoint]);
    }

    #[test]
    fn extended_support_starts_before_a_raise_and_ends_after_it() {
        let raise = [Change::Version("1.34".into()), Change::Version("1.35".into())];
        let policy = |support| UpgradePolicyResponse::builder().support_type(support).build();
        let old = found().version("1.33").upgrade_policy(policy(types::SupportType::Extended));
        let mut expected = raise.to_vec();
        expected.push(Change::Support);
        assert_eq!(all(&wish(), &old.build()), expected);

        let old = found().version("1.33").upgrade_policy(policy(types::SupportType::Standard));
        let extended = Cluster { support: SupportType::Extended, ..wish() };
        let mut expected = raise.to_vec();
        expected.insert(0, Change::Support);
        assert_eq!(all(&extended, &old.build()), expected);
    }

    #[test]
    fn a_key_comes_once_and_stays() {
        let provider = Provider::builder().key_arn("arn:key").build();
        let config = EncryptionConfig::builder().provider(provider).build();
        let found = found().encryption_config(config).build();
        let same = Cluster { secrets_key: Some(crate::Arn::from("arn:key").into()), ..wish() };
        assert_eq!(all(&same, &found), []);
        let other = Cluster { secrets_key: Some(crate::Arn::from("arn:other").into()), ..wish() };
        assert!(changes(&other, "c", &found, &Fields::All).is_err());
        let fault = changes(&wish(), "c", &found, &only(&["secrets_key"])).unwrap_err();
        assert_eq!(fault.class, Class::Refused);
        // A tag may change all the same.
        assert_eq!(changes(&wish(), "c", &found, &only(&["tags.a"])).unwrap(), []);
    }
}
