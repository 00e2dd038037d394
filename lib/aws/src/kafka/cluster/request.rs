//! What is sent to MSK: a cluster's parts as the SDK has them.

use super::{Cluster, Prometheus, Revision, SignIn};
use aws_sdk_kafka::types::{
    BrokerEbsVolumeInfo, BrokerLogs, BrokerNodeGroupInfo, ClientAuthentication, ClientBroker,
    CloudWatchLogs, ConfigurationInfo, EbsStorageInfo, EncryptionAtRest, EncryptionInTransit,
    EncryptionInfo, EnhancedMonitoring, Iam, JmxExporterInfo, LoggingInfo, NodeExporterInfo,
    OpenMonitoringInfo, PrometheusInfo, Sasl, Scram, StorageInfo, Tls, Unauthenticated,
};

impl Cluster {
    pub(super) fn nodes(&self) -> BrokerNodeGroupInfo {
        let subnets = self.subnets.iter().map(|subnet| subnet.get().to_string()).collect();
        let groups = self.security_groups.iter().map(|group| group.get().to_string()).collect();
        let volume = EbsStorageInfo::builder().volume_size(number(self.volume_gib)).build();
        BrokerNodeGroupInfo::builder()
            .set_client_subnets(Some(subnets))
            .set_security_groups(Some(groups))
            .instance_type(&self.instance_type)
            .storage_info(StorageInfo::builder().ebs_storage_info(volume).build())
            .build()
    }

    /// The same storage for every broker.
    pub(super) fn volumes(&self) -> BrokerEbsVolumeInfo {
        BrokerEbsVolumeInfo::builder()
            .kafka_broker_node_id("ALL")
            .volume_size_gb(number(self.volume_gib))
            .build()
    }

    pub(super) fn in_transit(&self) -> EncryptionInTransit {
        let clients = if self.plain_text { ClientBroker::TlsPlaintext } else { ClientBroker::Tls };
        EncryptionInTransit::builder().client_broker(clients).in_cluster(true).build()
    }

    pub(super) fn encryption(&self) -> EncryptionInfo {
        let key = self.kms_key.as_ref().map(|key| key.get().to_string());
        let rest = key.map(|key| EncryptionAtRest::builder().data_volume_kms_key_id(key).build());
        EncryptionInfo::builder()
            .set_encryption_at_rest(rest)
            .encryption_in_transit(self.in_transit())
            .build()
    }

    /// Every way, open or closed: one that is left out would stay as it is.
    pub(super) fn authentication(&self) -> ClientAuthentication {
        let SignIn { iam, scram, authorities, nobody } = &self.sign_in;
        let sasl = Sasl::builder()
            .iam(Iam::builder().enabled(*iam).build())
            .scram(Scram::builder().enabled(*scram).build());
        let authorities: Vec<_> = authorities.iter().map(|arn| arn.get().to_string()).collect();
        let tls = Tls::builder().enabled(!authorities.is_empty());
        ClientAuthentication::builder()
            .sasl(sasl.build())
            .tls(tls.set_certificate_authority_arn_list(Some(authorities)).build())
            .unauthenticated(Unauthenticated::builder().enabled(*nobody).build())
            .build()
    }

    pub(super) fn revision(&self) -> Option<ConfigurationInfo> {
        let Revision { arn, revision } = self.configuration.as_ref()?;
        let info = ConfigurationInfo::builder().arn(arn.get().as_str()).revision(*revision.get());
        Some(info.build())
    }

    pub(super) fn level(&self) -> EnhancedMonitoring {
        EnhancedMonitoring::from(self.monitoring.as_str())
    }

    pub(super) fn exporters(&self) -> OpenMonitoringInfo {
        let Prometheus { jmx, node } =
            self.prometheus.unwrap_or(Prometheus { jmx: false, node: false });
        let prometheus = PrometheusInfo::builder()
            .jmx_exporter(JmxExporterInfo::builder().enabled_in_broker(jmx).build())
            .node_exporter(NodeExporterInfo::builder().enabled_in_broker(node).build());
        OpenMonitoringInfo::builder().prometheus(prometheus.build()).build()
    }

    pub(super) fn logging(&self) -> LoggingInfo {
        let group = self.log_group.as_ref().map(|group| group.get().clone());
        let logs = CloudWatchLogs::builder().enabled(group.is_some()).set_log_group(group).build();
        LoggingInfo::builder()
            .broker_logs(BrokerLogs::builder().cloud_watch_logs(logs).build())
            .build()
    }
}

/// A size or count as the SDK wants it; `validate` has bounded it.
pub(super) fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
