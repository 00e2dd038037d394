//! `kafka.cluster`: a Kafka cluster of provisioned brokers.
//!
//! `model` is what a program writes, `observe` what is there, `addresses` where clients begin, `request` what is
//! sent, `change` what is done about it: one change at a time, each with the version of the cluster that it is for.

mod addresses;
mod change;
mod model;
mod observe;
mod request;
mod risks;

pub use model::{Cluster, ClusterHandle, ClusterOutputs, Prometheus, Revision, SignIn};

use crate::scope;
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Wanted, When,
};

/// What the addresses to begin with follow: how many brokers there are, and how clients reach them.
const REACHED: [&str; 3] = ["brokers", "sign_in", "plain_text"];

impl Resource for Cluster {
    const KIND: &'static str = "kafka.cluster";
    const META: Meta = Meta {
        immutable: &[
            "scope.account",
            "scope.region",
            "name",
            "subnets",
            "security_groups",
            "kms_key",
        ],
        follows: &[
            ("bootstrap_tls", &REACHED),
            ("bootstrap_scram", &REACHED),
            ("bootstrap_iam", &REACHED),
            ("bootstrap_plain_text", &REACHED),
        ],
        holds: &["subnets", "security_groups", "kms_key", "configuration"],
        sets: &["subnets", "security_groups", "sign_in.authorities"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 64 },
        read_cost: ReadCost::Object("GetBootstrapBrokers takes one ARN"),
        iam: Iam {
            object: "kafka:cluster",
            holes: &[
                ("cluster", Hole::Name),
                ("service", Hole::Text("kafka.amazonaws.com")),
                ("key", Hole::Input("kms_key")),
                ("grant", Hole::Text("true")),
            ],
            search: &["kafka:ListClustersV2", "kafka:GetBootstrapBrokers"],
            observe: &["kafka:ListClustersV2", "kafka:GetBootstrapBrokers"],
            create: &[
                "kafka:CreateCluster",
                "kafka:TagResource",
                "kafka:ListClustersV2",
                "kafka:DescribeClusterV2",
                "kafka:GetBootstrapBrokers",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "iam:CreateServiceLinkedRole",
                "kms:CreateGrant",
                "kms:DescribeKey",
            ],
            converge: &[
                "kafka:DescribeClusterV2",
                "kafka:DescribeClusterOperation",
                "kafka:GetBootstrapBrokers",
                "kafka:UpdateBrokerCount",
                "kafka:UpdateBrokerStorage",
                "kafka:UpdateBrokerType",
                "kafka:UpdateClusterConfiguration",
                "kafka:UpdateClusterKafkaVersion",
                "kafka:UpdateMonitoring",
                "kafka:UpdateSecurity",
                "kafka:TagResource",
                "kafka:UntagResource",
            ],
            delete: &["kafka:DescribeClusterV2", "kafka:DeleteCluster"],
            only: &[
                ("kafka:ListClustersV2", When::InTheWay),
                ("kms:CreateGrant", When::Given("kms_key")),
                ("kms:DescribeKey", When::Given("kms_key")),
                ("kafka:DescribeClusterOperation", When::Changes(&change::CHANGEABLE)),
                ("kafka:UpdateBrokerCount", When::Changes(&["brokers"])),
                ("kafka:UpdateBrokerStorage", When::Changes(&["volume_gib"])),
                ("kafka:UpdateBrokerType", When::Changes(&["instance_type"])),
                ("kafka:UpdateClusterConfiguration", When::Changes(&["configuration"])),
                ("kafka:UpdateClusterKafkaVersion", When::Changes(&["kafka_version"])),
                ("kafka:UpdateMonitoring", When::Changes(&change::WATCHING)),
                ("kafka:UpdateSecurity", When::Changes(&change::SECURITY)),
                ("kafka:TagResource", When::Sets("tags")),
                ("kafka:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        // Public logs show 30 to 40 minutes for a create.
        typical: Typical::seconds(2160, 1200, 600),
        ..Meta::DEFAULT
    };
    type Outputs = ClusterOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::risks(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ClusterOutputs>>> {
        observe::observe(cx, wanted).await
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<ClusterOutputs>>> {
        observe::marked(cx, near, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<ClusterOutputs> {
        change::create(self, cx).await
    }

    /// The name, or the ARN.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<ClusterOutputs>>> {
        observe::identify(self, cx, id).await
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ClusterOutputs,
        approved: &Fields,
    ) -> Result<ClusterOutputs> {
        change::converge(self, cx, live, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &ClusterOutputs) -> Result<()> {
        change::delete(self, cx, live).await
    }
}
