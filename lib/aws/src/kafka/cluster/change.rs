//! Makes, changes and deletes Kafka clusters.

use super::{
    Cluster, ClusterOutputs,
    addresses::outputs,
    model::version,
    observe::{describe, fields, leaving, list, pairs},
    request::number,
};
use crate::{
    Clients, CxAws,
    fault::{absent, fault, incomplete},
    tags,
};
use aws_sdk_kafka::types::{Cluster as There, ClusterState};
use groundplan_core::{Class, Fault, Fields, Json, Patience, Probe, Result, StepCx, to_json};
use std::collections::BTreeSet;

/// What changes in place. Each of these rows is one call, and one operation of the cluster, in this order:
/// what needs a newer version comes after it, and what needs more machines after those.
const OPERATIONS: [&[&str]; 7] = [
    &["kafka_version"],
    &["configuration"],
    &["instance_type"],
    &["brokers"],
    &["volume_gib"],
    &SECURITY,
    &WATCHING,
];
pub(super) const SECURITY: [&str; 2] = ["sign_in", "plain_text"];
pub(super) const WATCHING: [&str; 3] = ["monitoring", "prometheus", "log_group"];
pub(super) const CHANGEABLE: [&str; 10] = [
    "kafka_version",
    "configuration",
    "instance_type",
    "brokers",
    "volume_gib",
    "sign_in",
    "plain_text",
    "monitoring",
    "prometheus",
    "log_group",
];
/// Operations go on for as long as partitions are moved.
const HOURS: Patience = Patience::new(1000, 30, 6 * 3600);

pub(super) async fn create(cluster: &Cluster, cx: &StepCx) -> Result<ClusterOutputs> {
    let action = "kafka:CreateCluster";
    let aws = cx.aws(cluster.scope.get()).await?;
    let send = || async {
        let call = aws
            .kafka
            .create_cluster()
            .cluster_name(cx.name())
            .kafka_version(&cluster.kafka_version)
            .number_of_broker_nodes(number(cluster.brokers))
            .broker_node_group_info(cluster.nodes())
            .encryption_info(cluster.encryption())
            .client_authentication(cluster.authentication())
            .set_configuration_info(cluster.revision())
            .enhanced_monitoring(cluster.level())
            .open_monitoring(cluster.exporters())
            .logging_info(cluster.logging())
            .set_tags(Some(cx.tags(&cluster.tags).into_iter().collect()));
        call.send().await.map_err(fault(action))
    };
    match cx.retry(Patience::SECONDS, names_the_service_role, send).await {
        Ok(made) => {
            let arn = made.cluster_arn().ok_or_else(|| incomplete(action, "ClusterArn"))?;
            let name = cx.name().to_owned();
            Ok(ClusterOutputs {
                arn: arn.into(),
                name,
                bootstrap_tls: None,
                bootstrap_scram: None,
                bootstrap_iam: None,
                bootstrap_plain_text: None,
            })
        }
        Err(fault) if fault.is("ConflictException") => ours(&aws, cx, fault).await,
        Err(fault) => Err(fault),
    }
}

fn names_the_service_role(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default().to_lowercase();
    why.contains("service linked role") || why.contains("service-linked role")
}

/// The cluster that has our name already, if it is ours: an earlier create's answer was lost.
async fn ours(aws: &Clients, cx: &StepCx, taken: Fault) -> Result<ClusterOutputs> {
    let name = cx.name();
    let found = list(aws, Some(name)).await?;
    let Some(there) = found.iter().find(|there| there.cluster_name() == Some(name)) else {
        return Err(taken);
    };
    if !tags::owned(cx.owner(), pairs(there)) {
        let what = format!("the existing cluster `{name}`");
        return Err(tags::not_ours(&what, pairs(there)).hint("give the resource another `name`"));
    }
    if leaving(there) {
        let what = format!("the cluster `{name}` from before is still being deleted");
        return Err(
            Fault::new(Class::InUse, what).hint("run the same command again when it is gone")
        );
    }
    outputs(aws, there, None).await
}

pub(super) async fn converge(
    cluster: &Cluster,
    cx: &StepCx,
    live: ClusterOutputs,
    approved: &Fields,
) -> Result<ClusterOutputs> {
    let aws = cx.aws(cluster.scope.get()).await?;
    let mut there = settled(cx, &aws, live.arn.as_str()).await?;
    if approved.has("tags") {
        sync_tags(cluster, cx, &aws, &there).await?;
    }
    let asked = differing(cluster, &there, approved);
    refuse(cluster, &there, &asked)?;
    for operation in OPERATIONS {
        // What an operation before it did as well is done.
        let still = differing(cluster, &there, approved);
        if !operation.iter().any(|field| asked.contains(field) && still.contains(field)) {
            continue;
        }
        let wish = cluster.only(approved, &there);
        let begun = wish.begin(cx, &aws, &there, operation[0]).await?;
        through(cx, &aws, &begun).await?;
        there = settled(cx, &aws, live.arn.as_str()).await?;
    }
    outputs(&aws, &there, Some(&live)).await
}

/// The cluster once it takes changes.
async fn settled(cx: &StepCx, aws: &Clients, arn: &str) -> Result<There> {
    cx.wait(HOURS, "the cluster to be active", || async {
        let Some(there) = describe(aws, arn).await? else {
            return Ok(Probe::not_yet("not visible yet"));
        };
        let name = there.cluster_name().unwrap_or_default();
        let says = there.state().map_or("unknown", ClusterState::as_str).to_owned();
        match there.state() {
            Some(ClusterState::Active) => Ok(Probe::Ready(there)),
            Some(ClusterState::Failed) => {
                let why = there.state_info().and_then(|info| info.message());
                let fault = Fault::new(Class::Other, format!("the cluster `{name}` is {says}"));
                Err(fault
                    .why(why.unwrap_or("no reason given"))
                    .hint("mend the cause, then make it anew: --replace"))
            }
            Some(ClusterState::Deleting) => {
                let what = format!("the cluster `{name}` is being deleted");
                Err(Fault::new(Class::InUse, what).hint("wait until it is gone, then plan again"))
            }
            _ => Ok(Probe::NotYet(says)),
        }
    })
    .await
}

/// Waits until an operation is through. The cluster may say that it is active before it begins.
async fn through(cx: &StepCx, aws: &Clients, operation: &str) -> Result<()> {
    cx.wait(HOURS, "the cluster to be changed", || async {
        let call = aws.kafka.describe_cluster_operation().cluster_operation_arn(operation);
        let found = absent(call.send().await.map_err(fault("kafka:DescribeClusterOperation")))?;
        let Some(info) = found.and_then(|found| found.cluster_operation_info) else {
            return Ok(Probe::not_yet("not begun yet"));
        };
        let state = info.operation_state().unwrap_or("PENDING");
        match state {
            "UPDATE_COMPLETE" => Ok(Probe::Ready(())),
            "UPDATE_FAILED" | "FAILED" => {
                let what = info.operation_type().unwrap_or("a change").to_owned();
                let why = info.error_info().and_then(|error| error.error_string());
                Err(Fault::new(Class::Other, format!("{what} of the cluster failed"))
                    .why(why.unwrap_or("no reason given"))
                    .hint(format!(
                        "see its steps: aws kafka describe-cluster-operation --cluster-operation-arn {operation}"
                    )))
            }
            _ => Ok(Probe::not_yet(state)),
        }
    })
    .await
}

/// The approved fields that are not as desired.
fn differing(cluster: &Cluster, there: &There, approved: &Fields) -> BTreeSet<&'static str> {
    let (desired, there) = (to_json(cluster), fields(there, Some(cluster)));
    let differs = |field: &&str| plain(&desired[*field]) != plain(&there[*field]);
    CHANGEABLE.into_iter().filter(|field| approved.has(field)).filter(differs).collect()
}

/// A value of which order says nothing.
fn plain(value: &Json) -> Json {
    match value {
        Json::Array(items) => to_json(&items.iter().map(Json::to_string).collect::<BTreeSet<_>>()),
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

/// Says what MSK would refuse.
fn refuse(cluster: &Cluster, there: &There, asked: &BTreeSet<&'static str>) -> Result<()> {
    let now = fields(there, Some(cluster));
    let invalid = |what: String, hint: String| Err(Fault::new(Class::Invalid, what).hint(hint));
    if let (true, Some(size)) = (asked.contains("volume_gib"), now["volume_gib"].as_u64())
        && u64::from(cluster.volume_gib) < size
    {
        return invalid(
            format!(
                "each broker has {size} GiB, and storage never shrinks to {}",
                cluster.volume_gib
            ),
            format!("set `volume_gib` to {size}"),
        );
    }
    let runs = now["kafka_version"].as_str().unwrap_or_default();
    if asked.contains("kafka_version") && version(&cluster.kafka_version) < version(runs) {
        return invalid(
            format!(
                "the cluster runs {runs}, and MSK does not go back to {}",
                cluster.kafka_version
            ),
            format!(
                "set `kafka_version` to {runs}; for less, mirror the topics into a new cluster"
            ),
        );
    }
    Ok(())
}

impl Cluster {
    /// This cluster, with what is there in each field that is not approved: some calls take several fields.
    fn only(&self, approved: &Fields, there: &There) -> Self {
        let (mut wish, mut is) = (to_json(self), fields(there, Some(self)));
        for field in CHANGEABLE.into_iter().filter(|field| !approved.has(field)) {
            wish[field] = is[field].take();
        }
        if wish["plain_text"].is_null() {
            wish["plain_text"] = false.into();
        }
        serde_json::from_value(wish).expect("BUG: live fields have the form of the inputs")
    }

    /// Begins the operation that changes a field; its ARN.
    async fn begin(
        &self,
        cx: &StepCx,
        aws: &Clients,
        there: &There,
        field: &str,
    ) -> Result<String> {
        let arn = there.cluster_arn().unwrap_or_default();
        // Another change may have been made since; then the cluster has another version.
        let send = || async {
            let now = describe(aws, arn).await?;
            let version = now.as_ref().and_then(There::current_version).unwrap_or_default();
            self.send(aws, arn, version, field).await
        };
        cx.retry(HOURS, busy, send).await
    }

    async fn send(&self, aws: &Clients, arn: &str, version: &str, field: &str) -> Result<String> {
        macro_rules! ask {
            ($call:ident, $action:literal, $($with:ident($value:expr)),+) => {{
                let call = aws.kafka.$call().cluster_arn(arn).current_version(version);
                let begun = call$(.$with($value))+.send().await.map_err(fault($action))?;
                begun.cluster_operation_arn.ok_or_else(|| incomplete($action, "ClusterOperationArn"))
            }};
        }
        match field {
            "kafka_version" => ask!(
                update_cluster_kafka_version,
                "kafka:UpdateClusterKafkaVersion",
                target_kafka_version(&self.kafka_version),
                set_configuration_info(self.revision())
            ),
            "configuration" => ask!(
                update_cluster_configuration,
                "kafka:UpdateClusterConfiguration",
                set_configuration_info(self.revision())
            ),
            "instance_type" => ask!(
                update_broker_type,
                "kafka:UpdateBrokerType",
                target_instance_type(&self.instance_type)
            ),
            "brokers" => ask!(
                update_broker_count,
                "kafka:UpdateBrokerCount",
                target_number_of_broker_nodes(number(self.brokers))
            ),
            "volume_gib" => ask!(
                update_broker_storage,
                "kafka:UpdateBrokerStorage",
                target_broker_ebs_volume_info(self.volumes())
            ),
            "sign_in" => ask!(
                update_security,
                "kafka:UpdateSecurity",
                client_authentication(self.authentication()),
                encryption_info(
                    aws_sdk_kafka::types::EncryptionInfo::builder()
                        .encryption_in_transit(self.in_transit())
                        .build()
                )
            ),
            "monitoring" => ask!(
                update_monitoring,
                "kafka:UpdateMonitoring",
                enhanced_monitoring(self.level()),
                open_monitoring(self.exporters()),
                logging_info(self.logging())
            ),
            _ => unreachable!("BUG: no operation begins with `{field}`"),
        }
    }
}

/// Another operation is under way, or was since the version was read.
fn busy(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default();
    let refused = fault.is("BadRequestException") || fault.is("ConflictException");
    refused && (why.contains("current version") || why.contains("not in ACTIVE state"))
}

async fn sync_tags(cluster: &Cluster, cx: &StepCx, aws: &Clients, there: &There) -> Result<()> {
    let arn = there.cluster_arn().unwrap_or_default();
    let (set, remove) = tags::to_change(cx, pairs(there), &cluster.tags);
    if !set.is_empty() {
        let call = aws.kafka.tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(set.into_iter().collect())).send().await;
        call.map_err(fault("kafka:TagResource"))?;
    }
    if !remove.is_empty() {
        let call = aws.kafka.untag_resource().resource_arn(arn).set_tag_keys(Some(remove));
        call.send().await.map_err(fault("kafka:UntagResource"))?;
    }
    Ok(())
}

pub(super) async fn delete(cluster: &Cluster, cx: &StepCx, live: &ClusterOutputs) -> Result<()> {
    let aws = cx.aws(cluster.scope.get()).await?;
    let arn = live.arn.as_str();
    let Some(there) = describe(&aws, arn).await? else { return Ok(()) };
    let what = format!("the cluster `{}`", live.name);
    tags::require_ours(cx.owner(), &what, pairs(&there))?;
    if !leaving(&there) {
        // Without a version it is deleted whatever was changed since, as long as nothing is under way.
        let delete = || async {
            let call = aws.kafka.delete_cluster().cluster_arn(arn).send().await;
            absent(call.map_err(fault("kafka:DeleteCluster"))).map(drop)
        };
        cx.retry(HOURS, busy, delete).await?;
    }
    cx.wait(Patience::HOUR, "the cluster to be gone", || async {
        Ok(match describe(&aws, arn).await? {
            None => Probe::Ready(()),
            Some(_) => Probe::not_yet("being deleted"),
        })
    })
    .await
}
