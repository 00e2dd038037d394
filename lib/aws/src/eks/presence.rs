//! Whether a cluster exists: what the kinds inside of it ask before they call themselves gone.

use crate::{Clients, fault::fault};
use groundplan_core::{Class, Result};

/// Whether a cluster of this name is there, on the word of the account and region of the clients.
pub async fn cluster_exists(clients: &Clients, name: &str) -> Result<bool> {
    let call = clients.eks.describe_cluster().name(name).send().await;
    match call.map_err(fault("eks:DescribeCluster")) {
        Ok(_) => Ok(true),
        Err(fault) if fault.class == Class::NotFound => Ok(false),
        Err(fault) => Err(fault),
    }
}
