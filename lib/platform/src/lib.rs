//! Components of a data platform, and the program that puts them together.
//!
//! A component is a struct whose fields are the choices a team makes, and a function `add` that puts
//! resources with secure defaults into a stack and returns the handles that others wire to. It is plain
//! data all the way: nothing here asks a cloud, opens a file or waits, so every component can be planned
//! and tested without either.

pub mod reference;

mod account;
mod certificate;
mod cluster;
mod datahub;
mod documents;
mod door;
mod irsa;
mod mysql;
mod names;
mod network;
mod peering;
mod plan;
mod search;
mod sharing;

pub use account::{Account, AccountParts, MemberAccount};
pub use certificate::DnsCertificate;
pub use cluster::{Cluster, ClusterParts, Nodes};
pub use datahub::{DataHub, DataHubParts, GoogleLogin, Kafka, Login};
pub use documents::{Statement, policy, trust_service};
pub use irsa::ServiceAccountRole;
pub use mysql::{MySql, MySqlParts};
pub use network::{NatGateways, Network, NetworkParts, Subnets};
pub use peering::{NetworkPeering, PeeringPart};
pub use plan::{AddressPlan, AddressPlanError};
pub use search::{SearchDomain, SearchDomainParts};
pub use sharing::{NetworkShare, NetworkShareParts};

/// Every rule over what the components put into a stack, beyond those over its kinds.
pub fn rules() -> groundplan_core::Rules {
    datahub::rules::rules()
}
