//! Creates a cluster.

use super::{
    Cluster, ClusterOutputs, LogType, SupportType,
    observe::{describe, log_type, outputs},
};
use crate::{
    Clients, CxAws,
    eks::{SETTLING, marked, settling},
    fault::{fault, incomplete},
    found::take_or_refuse,
};
use aws_sdk_eks::types::{
    self, AuthenticationMode, CreateAccessConfigRequest, EncryptionConfig,
    KubernetesNetworkConfigRequest, LogSetup, Logging, Provider, UpgradePolicyRequest,
    VpcConfigRequest,
};
use groundplan_core::{Class, Fault, Result, StepCx};
use std::collections::BTreeSet;

pub(super) async fn create(wish: &Cluster, cx: &StepCx) -> Result<ClusterOutputs> {
    let action = "eks:CreateCluster";
    let aws = cx.aws(wish.scope.get()).await?;
    let create = || async {
        let access = CreateAccessConfigRequest::builder()
            .authentication_mode(AuthenticationMode::Api)
            .bootstrap_cluster_creator_admin_permissions(false)
            .build();
        let cidr = wish.service_cidr.map(|cidr| {
            KubernetesNetworkConfigRequest::builder().service_ipv4_cidr(cidr.to_string()).build()
        });
        let call = aws
            .eks
            .create_cluster()
            .name(cx.name())
            .version(&wish.version)
            .role_arn(wish.role.get().as_str())
            .resources_vpc_config(network(wish))
            .set_kubernetes_network_config(cidr)
            .logging(logging(&wish.logging))
            .set_encryption_config(encryption(wish).map(|config| vec![config]))
            .access_config(access)
            .bootstrap_self_managed_addons(false)
            .upgrade_policy(support(wish.support))
            .deletion_protection(wish.deletion_protection)
            .set_tags(Some(marked(cx, &wish.tags)))
            .client_request_token(cx.token());
        call.send().await.map_err(fault(action))
    };
    match cx.retry(SETTLING, settling, create).await {
        Ok(made) => outputs(&made.cluster.ok_or_else(|| incomplete(action, "cluster"))?),
        Err(fault) if fault.class == Class::InUse => taken(cx, &aws, fault).await,
        Err(fault) => Err(fault),
    }
}

fn network(wish: &Cluster) -> VpcConfigRequest {
    let endpoint = endpoint(wish);
    VpcConfigRequest::builder()
        .set_subnet_ids(Some(wish.subnets.iter().map(|id| id.get().to_string()).collect()))
        .set_security_group_ids(Some(
            wish.security_groups.iter().map(|id| id.get().to_string()).collect(),
        ))
        .set_endpoint_private_access(endpoint.endpoint_private_access())
        .set_endpoint_public_access(endpoint.endpoint_public_access())
        .set_public_access_cidrs(endpoint.public_access_cidrs)
        .build()
}

/// The part that says from where the API server can be reached. Addresses go with public access only.
pub(super) fn endpoint(wish: &Cluster) -> VpcConfigRequest {
    let cidrs = wish.endpoint.public_cidrs.iter().map(ToString::to_string).collect();
    VpcConfigRequest::builder()
        .endpoint_private_access(wish.endpoint.private)
        .endpoint_public_access(wish.endpoint.public)
        .set_public_access_cidrs(wish.endpoint.public.then_some(cidrs))
        .build()
}

/// Every log is either on or off: one that is not named stays as it is.
pub(super) fn logging(on: &BTreeSet<LogType>) -> Logging {
    const ALL: [LogType; 5] = [
        LogType::Api,
        LogType::Audit,
        LogType::Authenticator,
        LogType::ControllerManager,
        LogType::Scheduler,
    ];
    let setups = [true, false].map(|enabled| {
        let types = ALL.into_iter().filter(|log| on.contains(log) == enabled).map(log_type);
        LogSetup::builder().set_types(Some(types.collect())).enabled(enabled).build()
    });
    let setups = setups.into_iter().filter(|setup| !setup.types().is_empty());
    Logging::builder().set_cluster_logging(Some(setups.collect())).build()
}

#[expect(
    deprecated,
    reason = "the list means nothing any more; whether it may be absent is not said"
)]
pub(super) fn encryption(wish: &Cluster) -> Option<EncryptionConfig> {
    let provider = Provider::builder().key_arn(wish.secrets_key.as_ref()?.get().as_str()).build();
    Some(EncryptionConfig::builder().resources("secrets").provider(provider).build())
}

pub(super) fn support(support: SupportType) -> UpgradePolicyRequest {
    let support = match support {
        SupportType::Standard => types::SupportType::Standard,
        SupportType::Extended => types::SupportType::Extended,
    };
    UpgradePolicyRequest::builder().support_type(support).build()
}

/// The name is taken: by this very resource, when the answer to its create was lost, or by another.
async fn taken(cx: &StepCx, aws: &Clients, fault: Fault) -> Result<ClusterOutputs> {
    let Some(found) = describe(aws, cx.name()).await? else { return Err(fault) };
    let hint = "give this resource another `name`, or delete that cluster";
    outputs(&take_or_refuse(cx, found, &format!("a cluster `{}`", cx.name()), hint)?)
}
