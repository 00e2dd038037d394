//! What is sent to the service: a domain's parts as the SDK has them, and how patiently.

use super::{Domain, observe::TLS};
use crate::Tags;
use aws_sdk_opensearch::types::{
    ClusterConfig, DomainEndpointOptions, EbsOptions, OpenSearchPartitionInstanceType as Type, Tag,
    VolumeType, VpcOptions, ZoneAwarenessConfig,
};
use groundplan_core::{Class, Fault, Patience, Result, StepCx, Val};

impl Domain {
    /// One zone for each subnet.
    pub(super) fn cluster(&self) -> ClusterConfig {
        let zones = self.subnets.len();
        let zone_config = (zones > 1).then(|| {
            ZoneAwarenessConfig::builder().set_availability_zone_count(count(zones)).build()
        });
        let masters = self.dedicated_masters.as_ref();
        ClusterConfig::builder()
            .instance_type(Type::from(self.instance_type.as_str()))
            .set_instance_count(count(self.instance_count))
            .dedicated_master_enabled(masters.is_some())
            .set_dedicated_master_type(masters.map(|m| Type::from(m.instance_type.as_str())))
            .set_dedicated_master_count(masters.and_then(|m| count(m.count)))
            .zone_awareness_enabled(zones > 1)
            .set_zone_awareness_config(zone_config)
            .build()
    }

    pub(super) fn volume(&self) -> EbsOptions {
        EbsOptions::builder()
            .ebs_enabled(true)
            .volume_type(VolumeType::Gp3)
            .set_volume_size(count(self.volume_gib))
            .build()
    }

    pub(super) fn network(&self) -> VpcOptions {
        VpcOptions::builder()
            .set_subnet_ids(Some(ids(&self.subnets)))
            .set_security_group_ids(Some(ids(&self.security_groups)))
            .build()
    }
}

pub(super) fn endpoint() -> DomainEndpointOptions {
    DomainEndpointOptions::builder().enforce_https(true).tls_security_policy(TLS).build()
}

pub(super) fn ids<T: ToString>(values: &[Val<T>]) -> Vec<String> {
    values.iter().map(|value| value.get().to_string()).collect()
}

/// A number as the SDK wants it; `validate` has bounded it.
fn count(number: impl TryInto<i32>) -> Option<i32> {
    number.try_into().ok()
}

pub(super) fn tag_list(tags: Tags) -> Result<Vec<Tag>> {
    let tag = |(key, value)| {
        Tag::builder().key(key).value(value).build().map_err(|error| {
            Fault::new(Class::Invalid, "a tag cannot be sent").why(error.to_string())
        })
    };
    tags.into_iter().map(tag).collect()
}

/// Repeats a call while what it refuses passes.
pub(in crate::opensearch) async fn patiently<T: Send, F>(
    cx: &StepCx,
    call: impl Fn() -> F + Send + Sync,
) -> Result<T>
where
    F: Future<Output = Result<T>> + Send,
{
    let settled = || cx.retry(Patience::SECONDS, propagates, &call);
    cx.retry(Patience::MINUTES, |f| still_deleted(f) || under_way(f), settled).await
}

/// A deleted domain holds its name and its network for some minutes.
fn still_deleted(fault: &Fault) -> bool {
    fault.is("ValidationException") && says(fault, "Domain is still being deleted")
}

/// Another change is being made, perhaps by somebody else, and perhaps so new that the domain did not
/// say so yet.
pub(super) fn under_way(fault: &Fault) -> bool {
    fault.is("ConflictException") || says(fault, "update is in progress")
}

/// Said of a log group that the service may not write to.
const NO_LOGS: &str = "The Resource Access Policy specified for the CloudWatch Logs log group";

/// Roles and policies that were just made are not seen everywhere for a minute or two.
fn propagates(fault: &Fault) -> bool {
    const UNSEEN: [&str; 7] = [
        "enable a service-linked role",
        "must be allowed to use the passed role",
        "The passed role has not propagated yet",
        "The passed role must authorize",
        "Authentication error",
        "must be authorised to describe",
        NO_LOGS,
    ];
    fault.is("ValidationException") && UNSEEN.iter().any(|text| says(fault, text))
        || fault.is("InvalidTypeException") && says(fault, "Error setting policy")
}

fn says(fault: &Fault, text: &str) -> bool {
    fault.why.as_deref().is_some_and(|why| why.contains(text))
}

pub(super) fn explain(fault: Fault) -> Fault {
    if says(&fault, "service-linked role") {
        return fault.hint(
            "add an iam.service_linked_role for `opensearchservice.amazonaws.com` before it",
        );
    }
    if says(&fault, NO_LOGS) {
        return fault.hint(
            "add a logs.resource_policy that lets `es.amazonaws.com` write to the groups of `logs`, before the domain",
        );
    }
    if says(&fault, "policy") || says(&fault, "principal") {
        return fault.hint("see that every principal of `access_policy` exists");
    }
    fault
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{Scope, SubnetId};

    /// A domain in so many zones.
    pub(in super::super) fn domain(zones: usize) -> Domain {
        let scope = Scope {
            account: "1".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            role: None,
            via: None,
        };
        let subnets = (0..zones).map(|i| SubnetId::from(format!("subnet-{i}")).into()).collect();
        Domain::new(scope.into(), "OpenSearch_2.19", "r7g.large.search", 100, subnets, Vec::new())
    }

    #[test]
    fn there_is_a_zone_for_each_subnet() {
        let one = domain(1).cluster();
        assert_eq!(
            (one.zone_awareness_enabled(), one.zone_awareness_config()),
            (Some(false), None)
        );
        let three = domain(3).cluster();
        assert_eq!(three.zone_awareness_enabled(), Some(true));
        assert_eq!(three.zone_awareness_config().unwrap().availability_zone_count(), Some(3));
        assert_eq!(three.instance_count(), Some(3));
    }

    #[test]
    fn what_passes_is_told_from_what_never_will() {
        let fault = |code: &str, why: &str| Fault::new(Class::Invalid, "x").code(code).why(why);
        assert!(still_deleted(&fault("ValidationException", "Domain is still being deleted")));
        assert!(propagates(&fault("InvalidTypeException", "Error setting policy: [{}]")));
        assert!(propagates(&fault("ValidationException", "you must enable a service-linked role")));
        assert!(under_way(&fault("ValidationException", "A change/update is in progress.")));
        assert!(!under_way(&fault("ValidationException", "Unknown instance type")));
        assert!(!propagates(&fault("ValidationException", "Unknown instance type")));
        assert!(!still_deleted(&fault("LimitExceededException", "Domain is still being deleted")));
    }
}
