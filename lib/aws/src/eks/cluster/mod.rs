//! `eks.cluster`: a Kubernetes control plane.

mod change;
mod create;
mod delete;
mod observe;
mod version;

use super::risks;
use crate::{Arn, Cidr, CxAws, Scope, SecurityGroupId, SubnetId, Tags, VpcId, defaults, scope};
use groundplan_core::{
    Cx, Fields, Hole, Iam, Identity, LostCreate, Mark, Marked, Meta, Naming, Near, Problems,
    ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted, When,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A Kubernetes control plane, run by AWS.
///
/// Three things are never otherwise. Who may enter is said by access entries alone
/// (`authenticationMode` is `API`), and whoever creates the cluster gets no silent administrator's
/// right. All add-ons are resources of their own: EKS installs none by itself, so there is no
/// network for pods until `vpc-cni` is there.
///
/// The role, the service addresses and the name cannot change. The key for secrets may be added
/// later, never changed or removed. The version goes up only, and a raise over several minors is
/// carried out one by one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The name, unique in the region; made from stack, resource name and generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC of its subnets. A cluster cannot move to another one; given here, a plan that replaces the
    /// VPC shows that the cluster is replaced too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Val<VpcId>>,
    /// The version of Kubernetes, e.g. `1.35`.
    pub version: String,
    /// What the control plane may do in the account. Needs the policy `AmazonEKSClusterPolicy`.
    pub role: Val<Arn>,
    /// Where the control plane has its network interfaces: at least two zones. Can change within the
    /// same VPC and zones.
    pub subnets: Vec<Val<SubnetId>>,
    /// Put on those interfaces besides the security group that EKS makes for the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<Val<SecurityGroupId>>,
    /// From where the API server can be reached.
    pub endpoint: EndpointAccess,
    /// The addresses of Kubernetes services, from /12 to /24 in a private range; AWS picks one if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_cidr: Option<Cidr>,
    /// What the control plane logs to the group `/aws/eks/NAME/cluster`.
    pub logging: BTreeSet<LogType>,
    /// A KMS key for the encryption of what Kubernetes stores, secrets among it; a key of AWS's own if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets_key: Option<Val<Arn>>,
    /// What happens when the version leaves standard support.
    pub support: SupportType,
    /// Whether EKS itself refuses to delete the cluster.
    pub deletion_protection: bool,
    /// Added to the ownership tags. They do not spread to nodes.
    pub tags: Tags,
}

impl Cluster {
    /// A cluster that is reached from its VPC only, logs who did what, and cannot be deleted by
    /// mistake.
    pub fn new(
        scope: Val<Scope>,
        version: impl Into<String>,
        role: Val<Arn>,
        subnets: impl IntoIterator<Item = Val<SubnetId>>,
    ) -> Self {
        Self {
            scope,
            name: None,
            vpc: None,
            version: version.into(),
            role,
            subnets: subnets.into_iter().collect(),
            security_groups: Vec::new(),
            endpoint: EndpointAccess::private(),
            service_cidr: None,
            logging: BTreeSet::from([LogType::Api, LogType::Audit, LogType::Authenticator]),
            secrets_key: None,
            support: SupportType::Standard,
            deletion_protection: true,
            tags: Tags::new(),
        }
    }
}

/// From where the API server can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointAccess {
    /// Whether from the VPC and what is joined to it.
    pub private: bool,
    /// Whether from the internet.
    pub public: bool,
    /// From which addresses there. Means nothing unless `public`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub public_cidrs: Vec<Cidr>,
}

impl EndpointAccess {
    /// From the VPC only.
    pub fn private() -> Self {
        Self { private: true, public: false, public_cidrs: Vec::new() }
    }

    /// From the VPC, and from these addresses on the internet.
    pub fn public(cidrs: impl IntoIterator<Item = Cidr>) -> Self {
        Self { private: true, public: true, public_cidrs: cidrs.into_iter().collect() }
    }
}

/// A part of the control plane that can log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LogType {
    /// Requests as the API server handled them.
    Api,
    /// Who did what.
    Audit,
    /// Who was let in by IAM.
    Authenticator,
    /// The loops that keep objects as they should be.
    ControllerManager,
    /// Where pods were put.
    Scheduler,
}

/// What happens when a version leaves standard support, 14 months after its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SupportType {
    /// AWS raises the version by itself.
    Standard,
    /// The version stays for 12 more months, at a surcharge.
    Extended,
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Cluster`].
    pub struct ClusterOutputs -> ClusterHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    } later {
        /// The address of the API server.
        endpoint: String,
        /// The certificate authority of the API server: PEM in base64.
        certificate_authority: String,
        /// The issuer of the tokens of its service accounts, with `https://`.
        oidc_issuer: String,
        /// The group that EKS puts on the control plane's interfaces and on managed nodes.
        security_group: SecurityGroupId,
    }
}

/// The changes that EKS makes an update of.
const UPDATES: &[&str] = &[
    "version",
    "endpoint",
    "logging",
    "deletion_protection",
    "support",
    "subnets",
    "security_groups",
    "secrets_key",
];

impl Resource for Cluster {
    const KIND: &'static str = "eks.cluster";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name", "role", "service_cidr", "vpc"],
        // The control plane's network interfaces are in them.
        holds: &["subnets", "security_groups"],
        sets: &["subnets", "security_groups", "endpoint.public_cidrs", "logging"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 100 },
        read_cost: ReadCost::Object("ListClusters answers with names only"),
        iam: Iam {
            object: "eks:cluster",
            holes: &[
                ("cluster", Hole::Name),
                ("passed", Hole::Input("role")),
                ("to", Hole::Text("eks.amazonaws.com")),
                ("service", Hole::Text("eks.amazonaws.com")),
                ("key", Hole::Input("secrets_key")),
                ("grant", Hole::Text("true")),
            ],
            search: &["eks:ListClusters", "eks:DescribeCluster"],
            observe: &["eks:DescribeCluster"],
            create: &[
                "eks:CreateCluster",
                "eks:TagResource",
                "eks:DescribeCluster",
                "iam:PassRole",
                "iam:CreateServiceLinkedRole",
                "ec2:DescribeSubnets",
                "kms:DescribeKey",
                "kms:CreateGrant",
            ],
            converge: &[
                "eks:DescribeCluster",
                "eks:DescribeUpdate",
                "eks:UpdateClusterConfig",
                "eks:UpdateClusterVersion",
                "eks:AssociateEncryptionConfig",
                "eks:TagResource",
                "eks:UntagResource",
                "ec2:DescribeSubnets",
                "kms:DescribeKey",
                "kms:CreateGrant",
            ],
            delete: &[
                "eks:DeleteCluster",
                "eks:DescribeCluster",
                "eks:UpdateClusterConfig",
                "eks:DescribeUpdate",
                "eks:ListNodegroups",
                "eks:ListFargateProfiles",
            ],
            only: &[
                ("kms:DescribeKey", When::Given("secrets_key")),
                ("kms:DescribeKey", When::Changes(&["secrets_key"])),
                ("kms:CreateGrant", When::Given("secrets_key")),
                ("kms:CreateGrant", When::Changes(&["secrets_key"])),
                ("eks:DescribeUpdate", When::Changes(UPDATES)),
                ("eks:DescribeUpdate", When::Leaves("deletion_protection", "true")),
                (
                    "eks:UpdateClusterConfig",
                    When::Changes(&[
                        "endpoint",
                        "logging",
                        "deletion_protection",
                        "support",
                        "subnets",
                        "security_groups",
                    ]),
                ),
                ("eks:UpdateClusterConfig", When::Leaves("deletion_protection", "true")),
                ("eks:UpdateClusterVersion", When::Changes(&["version"])),
                ("eks:AssociateEncryptionConfig", When::Changes(&["secrets_key"])),
                ("ec2:DescribeSubnets", When::Changes(&["subnets"])),
                ("eks:ListNodegroups", When::InTheWay),
                ("eks:ListFargateProfiles", When::InTheWay),
                ("eks:TagResource", When::Sets("tags")),
                ("eks:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(570, 600, 180),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = ClusterOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            problems.require(
                starts && fits && name.len() <= 100,
                "name",
                format!("`{name}` is not 1 to 100 letters, digits, - and _, starting with a letter or digit"),
            );
        }
        problems.require(
            version::parse(&self.version).is_some(),
            "version",
            format!("`{}` is no version such as `1.35`", self.version),
        );
        problems.require(
            self.subnets.len() >= 2,
            "subnets",
            "name two or more, in different zones",
        );
        let EndpointAccess { private, public, public_cidrs } = &self.endpoint;
        problems.require(
            *private || *public,
            "endpoint",
            "with neither `private` nor `public` nobody could reach the cluster",
        );
        problems.require(
            !public || !public_cidrs.is_empty(),
            "endpoint.public_cidrs",
            "say from which addresses; AWS takes silence for all of the internet",
        );
        if let Some(cidr) = self.service_cidr {
            let fits = (12..=24).contains(&cidr.prefix());
            problems.require(fits, "service_cidr", format!("{cidr} is not between /12 and /24"));
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::cluster(change)
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
        create::create(self, cx).await
    }

    /// The cluster's name.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<ClusterOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = observe::describe(&aws, id).await?;
        found.map(|cluster| Ok(Identity::named(observe::outputs(&cluster)?, id))).transpose()
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
        change::converge(self, cx, &live.name, approved).await
    }

    async fn delete(&self, cx: &StepCx, live: &ClusterOutputs) -> Result<()> {
        delete::delete(self, cx, &live.name).await
    }
}
