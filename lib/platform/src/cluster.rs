//! An EKS cluster with its roles, add-ons, nodes and the access to it.

mod access;
mod addons;
mod nodes;

pub use nodes::Nodes;

use crate::{AccountParts, NetworkParts, documents::trust_service, names::after};
use groundplan_aws::{
    Arn, Cidr, Scope, SecurityGroupId, Tags,
    eks::{self, ClusterHandle, EndpointAccess},
    iam::{OidcProvider, OidcProviderHandle, Role, RolePolicyAttachment},
    logs::LogGroup,
};
use groundplan_core::{Options, Stack, Val};
use groundplan_kube::ClusterAccess;

/// A cluster with secure defaults: access by entries alone, secrets of people nowhere, control-plane
/// logs on, add-ons managed, nodes in private subnets, the private endpoint on.
#[derive(Clone, Debug)]
pub struct Cluster<'a> {
    /// The account and region. The role that is taken there administers the cluster.
    pub account: &'a AccountParts,
    /// Where it is.
    pub network: &'a NetworkParts,
    /// The Kubernetes minor, e.g. `1.35`.
    pub version: String,
    /// From where the public endpoint can be reached; nobody if empty.
    pub public_cidrs: Vec<Cidr>,
    /// The addresses of Services; EKS chooses if absent. Must overlap no network it talks to.
    pub service_cidr: Option<Cidr>,
    /// The key that Kubernetes Secrets are encrypted with; AWS's own if absent.
    pub secrets_key: Option<Val<Arn>>,
    /// Roles and users that administer the cluster. Where no role is taken in the account, the one that
    /// applies must be among them.
    pub administrators: Vec<Arn>,
    /// For how many days the logs of its control plane are kept.
    pub log_days: u32,
    /// The machines.
    pub nodes: Nodes,
    /// Whether the cluster is guarded against deletion, here and by EKS.
    pub protect: bool,
    /// Added to the ownership tags of everything.
    pub tags: Tags,
}

/// What others need of a [`Cluster`].
#[derive(Clone, Debug)]
pub struct ClusterParts {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The cluster itself.
    pub cluster: ClusterHandle,
    /// What makes IAM trust the cluster's service accounts.
    pub identity_provider: OidcProviderHandle,
    /// What every Kubernetes kind takes. Whoever uses it waits until workloads can run.
    pub access: Val<ClusterAccess>,
    /// The security group of nodes and control plane.
    pub security_group: Val<SecurityGroupId>,
}

/// What the parts of a cluster need of it.
struct Base {
    cluster: ClusterHandle,
    identity_provider: OidcProviderHandle,
}

impl Cluster<'_> {
    /// Adds the cluster.
    pub fn add(self, stack: &mut Stack, name: &str) -> ClusterParts {
        let cluster = self.control_plane(stack, name);
        let provider = OidcProvider {
            tags: self.tags.clone(),
            ..OidcProvider::new(self.account.scope.clone(), cluster.oidc_issuer())
        };
        let base = Base { identity_provider: stack.add(name, provider), cluster };
        let network = addons::before_nodes(&self, &base, stack, name);
        let nodes = nodes::add(&self, &base, stack, name, &network);
        let mut through = addons::after_nodes(&self, &base, stack, name, nodes.address());
        through.push(nodes.name());
        let access = access::add(&self, &base, stack, name, through);
        ClusterParts {
            scope: self.account.scope.clone(),
            security_group: base.cluster.security_group(),
            cluster: base.cluster,
            identity_provider: base.identity_provider,
            access,
        }
    }

    fn control_plane(&self, stack: &mut Stack, name: &str) -> ClusterHandle {
        let trust = trust_service("eks.amazonaws.com");
        let role = Role { tags: self.tags.clone(), ..Role::new(self.account.scope.clone(), trust) };
        let role = stack.add(&format!("{name}-cluster"), role);
        let policy = Arn::from("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy");
        let policy =
            RolePolicyAttachment::new(self.account.scope.clone(), role.name(), policy.into());
        let policy = stack.add(&format!("{name}-cluster"), policy);
        // The name that it would be given anyway. Its logs have to know it before it is there: EKS makes the
        // group itself where there is none, and keeps everything in it for ever.
        let own = format!("{}-{name}", stack.name());
        let logs = LogGroup {
            name: Some(format!("/aws/eks/{own}/cluster")),
            tags: self.tags.clone(),
            ..LogGroup::new(self.account.scope.clone(), self.log_days)
        };
        // An older cluster of that name left its group, or has made it already.
        let there = Options { adopt: true, ..Options::default() };
        let logs = stack.add_with(&format!("{name}-cluster"), logs, there);
        let subnets = self.network.control_plane_ids();
        let cluster = eks::Cluster {
            name: Some(own),
            endpoint: EndpointAccess {
                private: true,
                public: !self.public_cidrs.is_empty(),
                public_cidrs: self.public_cidrs.clone(),
            },
            vpc: Some(self.network.vpc.id()),
            service_cidr: self.service_cidr,
            secrets_key: self.secrets_key.clone(),
            deletion_protection: self.protect,
            tags: self.tags.clone(),
            ..eks::Cluster::new(self.account.scope.clone(), &self.version, role.arn(), subnets)
        };
        // EKS takes a role that can do its work, and needs it to the end to clean up.
        let options =
            Options { protect: self.protect, ..after([policy.address(), logs.address()]) };
        stack.add_with(name, cluster, options)
    }
}
