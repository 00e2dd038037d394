//! What is there of a Kafka cluster.

use super::{Cluster, ClusterOutputs, addresses::outputs};
use crate::{
    Clients, CxAws,
    fault::{absent, fault},
    found::{Listed, Match, each, find, marked as as_marked, pages},
    tags,
};
use aws_sdk_kafka::types::{
    BrokerNodeGroupInfo, ClientBroker, Cluster as There, ClusterState, ClusterType,
    EnhancedMonitoring, Provisioned,
};
use groundplan_core::{Cx, Identity, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json};

impl Listed for There {
    fn id(&self) -> &str {
        self.cluster_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self)
    }

    fn name(&self) -> Option<&str> {
        self.cluster_name()
    }
}

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<Cluster>],
) -> Result<Vec<Seen<ClusterOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    let mut listed = list(&aws, None).await?;
    // One that is being deleted counts only where it is the recorded one: it is no lost create.
    let recorded = |arn: Option<&str>| {
        wanted.iter().any(|w| w.outputs.as_ref().map(|o| o.arn.as_str()) == arn)
    };
    listed.retain(|there| !leaving(there) || recorded(there.cluster_arn()));
    each(wanted, async |w| {
        let arn = w.outputs.as_ref().map(|outputs| outputs.arn.as_str());
        Ok(match find(&listed, w, arn) {
            Match::None => Seen::Absent,
            Match::Many(found) => Seen::Ambiguous(found),
            Match::One(there) => {
                let outputs = outputs(&aws, there, w.outputs.as_ref()).await?;
                live(there, outputs, Some(&w.inputs)).into()
            }
        })
    })
    .await
}

pub(super) async fn marked(
    cx: &Cx,
    near: &Near<Cluster>,
    mark: &Mark,
) -> Result<Vec<Marked<ClusterOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let listed = list(&aws, None).await?;
    let recorded =
        |there: &&There| near.is_recorded(|one| Some(one.arn.as_str()) == there.cluster_arn());
    let new = listed.iter().filter(|there| !recorded(there));
    let ours = new.filter_map(|there| Some((tags::read(mark, pairs(there))?, there)));
    each(ours.collect::<Vec<_>>(), async |(owner, there)| {
        let outputs = outputs(&aws, there, None).await?;
        Ok(as_marked(owner, there, live(there, outputs, None)))
    })
    .await
}

/// Clusters with brokers of their own, in pages that hold all there is to know but for addresses.
pub(super) async fn identify(
    like: &Cluster,
    cx: &Cx,
    id: &str,
) -> Result<Option<Identity<ClusterOutputs>>> {
    let aws = cx.aws(like.scope.get()).await?;
    let listed = list(&aws, None).await?;
    let is_it = |there: &&There| {
        let names = [there.cluster_name(), there.cluster_arn()];
        names.contains(&Some(id)) && !leaving(there)
    };
    let Some(there) = listed.iter().find(is_it) else { return Ok(None) };
    let name = there.cluster_name().unwrap_or_default().to_owned();
    Ok(Some(Identity::named(outputs(&aws, there, None).await?, name)))
}

pub(super) async fn list(aws: &Clients, name: Option<&str>) -> Result<Vec<There>> {
    let call = aws.kafka.list_clusters_v2().cluster_type_filter(ClusterType::Provisioned.as_str());
    let call = call.set_cluster_name_filter(name.map(str::to_owned));
    pages("kafka:ListClustersV2", call.into_paginator().items().send()).await
}

pub(super) async fn describe(aws: &Clients, arn: &str) -> Result<Option<There>> {
    let call = aws.kafka.describe_cluster_v2().cluster_arn(arn).send().await;
    Ok(absent(call.map_err(fault("kafka:DescribeClusterV2")))?.and_then(|found| found.cluster_info))
}

pub(super) fn pairs(there: &There) -> Vec<(&str, &str)> {
    let tags = there.tags().into_iter().flatten();
    tags.map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

pub(super) fn leaving(there: &There) -> bool {
    there.state() == Some(&ClusterState::Deleting)
}

fn live(there: &There, outputs: ClusterOutputs, like: Option<&Cluster>) -> Live<ClusterOutputs> {
    let mut fields = fields(there, like);
    fields["tags"] = tags::managed(pairs(there));
    Live::new(outputs, fields).tagged(pairs(there)).leaving(leaving(there))
}

/// Live values in the form of `like`'s fields, without tags.
pub(super) fn fields(there: &There, like: Option<&Cluster>) -> Json {
    let Some(it) = there.provisioned() else { return json!({}) };
    let nodes = it.broker_node_group_info();
    let software = it.current_broker_software_info();
    let mut fields = json!({
        "kafka_version": software.and_then(|software| software.kafka_version()),
        "brokers": it.number_of_broker_nodes(),
        "instance_type": nodes.and_then(BrokerNodeGroupInfo::instance_type),
        "volume_gib": nodes
            .and_then(BrokerNodeGroupInfo::storage_info)
            .and_then(|storage| storage.ebs_storage_info())
            .and_then(aws_sdk_kafka::types::EbsStorageInfo::volume_size),
        "subnets": nodes.map(BrokerNodeGroupInfo::client_subnets),
        "security_groups": nodes.map(BrokerNodeGroupInfo::security_groups),
        "monitoring": it.enhanced_monitoring().map_or("DEFAULT", EnhancedMonitoring::as_str),
        "prometheus": prometheus(it),
        "log_group": log_group(it),
        "sign_in": sign_in(it),
    });
    let encryption = it.encryption_info();
    let clients =
        encryption.and_then(|e| e.encryption_in_transit()).and_then(|t| t.client_broker());
    let plain = clients.is_some_and(|clients| *clients != ClientBroker::Tls);
    // What a program leaves out shows only where it is not so.
    if plain || like.is_some_and(|like| like.plain_text) {
        fields["plain_text"] = json!(plain);
    }
    // A key that the program left to AWS is AWS' affair.
    if like.is_some_and(|like| like.kms_key.is_some()) {
        let rest = encryption.and_then(|encryption| encryption.encryption_at_rest());
        fields["kms_key"] = json!(rest.and_then(|rest| rest.data_volume_kms_key_id()));
    }
    // So are properties, and a cluster cannot go back to AWS' own.
    if like.is_some_and(|like| like.configuration.is_some()) {
        fields["configuration"] = software
            .and_then(|software| {
                let (arn, revision) =
                    (software.configuration_arn()?, software.configuration_revision());
                Some(json!({ "arn": arn, "revision": revision }))
            })
            .unwrap_or_default();
    }
    fields
}

fn sign_in(it: &Provisioned) -> Json {
    let ways = it.client_authentication();
    let sasl = ways.and_then(|ways| ways.sasl());
    let tls = ways.and_then(|ways| ways.tls()).filter(|tls| tls.enabled() != Some(false));
    let on = |enabled: Option<bool>| enabled.unwrap_or_default();
    let mut live = json!({
        "iam": on(sasl.and_then(|sasl| sasl.iam()).and_then(aws_sdk_kafka::types::Iam::enabled)),
        "scram": on(sasl.and_then(|sasl| sasl.scram()).and_then(aws_sdk_kafka::types::Scram::enabled)),
        "nobody": on(ways.and_then(|ways| ways.unauthenticated()).and_then(aws_sdk_kafka::types::Unauthenticated::enabled)),
    });
    let authorities =
        tls.map(aws_sdk_kafka::types::Tls::certificate_authority_arn_list).unwrap_or_default();
    if !authorities.is_empty() {
        live["authorities"] = json!(authorities);
    }
    live
}

fn prometheus(it: &Provisioned) -> Option<Json> {
    let exporters = it.open_monitoring()?.prometheus()?;
    let jmx =
        exporters.jmx_exporter().and_then(aws_sdk_kafka::types::JmxExporterInfo::enabled_in_broker)
            == Some(true);
    let node = exporters
        .node_exporter()
        .and_then(aws_sdk_kafka::types::NodeExporterInfo::enabled_in_broker)
        == Some(true);
    (jmx || node).then(|| json!({ "jmx": jmx, "node": node }))
}

fn log_group(it: &Provisioned) -> Option<&str> {
    let logs = it.logging_info()?.broker_logs()?.cloud_watch_logs()?;
    logs.log_group().filter(|_| logs.enabled() == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_kafka::types::{
        BrokerLogs, ClientAuthentication, CloudWatchLogs, EncryptionInTransit, EncryptionInfo,
        LoggingInfo, Tls,
    };

    fn there(it: aws_sdk_kafka::types::builders::ProvisionedBuilder) -> Json {
        fields(&There::builder().provisioned(it.build()).build(), None)
    }

    #[test]
    fn what_is_off_is_as_if_it_were_not_there() {
        let tls = Tls::builder().enabled(false).certificate_authority_arn_list("arn").build();
        let logs = CloudWatchLogs::builder().enabled(false).log_group("old").build();
        let logs = BrokerLogs::builder().cloud_watch_logs(logs).build();
        let seen = there(
            Provisioned::builder()
                .client_authentication(ClientAuthentication::builder().tls(tls).build())
                .logging_info(LoggingInfo::builder().broker_logs(logs).build()),
        );
        assert!(seen["sign_in"].get("authorities").is_none(), "{seen}");
        assert!(seen["log_group"].is_null() && seen["prometheus"].is_null(), "{seen}");
        assert!(seen.get("configuration").is_none(), "AWS' own properties are not compared");
    }

    #[test]
    fn plain_text_that_somebody_opened_shows() {
        let clients = |clients| {
            let transit = EncryptionInTransit::builder().client_broker(clients).build();
            let info = EncryptionInfo::builder().encryption_in_transit(transit).build();
            there(Provisioned::builder().encryption_info(info))
        };
        assert!(clients(ClientBroker::Tls).get("plain_text").is_none());
        assert_eq!(clients(ClientBroker::TlsPlaintext)["plain_text"], true);
        assert_eq!(clients(ClientBroker::Plaintext)["plain_text"], true);
    }
}
