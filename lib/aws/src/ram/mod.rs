//! RAM: objects of one account that others use, such as the subnets of a network account.
//!
//! A share is made by who owns the objects; what is in it and who may use it are objects of their own.
//! Shared by its kinds: associations, which come and go in their time.

mod acceptance;
mod association;
mod organization_sharing;
mod principal_association;
mod resource_association;
mod risks;
mod share;
mod shared_subnets;

pub use acceptance::{Acceptance, AcceptanceHandle, AcceptanceOutputs};
pub use organization_sharing::{
    OrganizationSharing, OrganizationSharingHandle, OrganizationSharingOutputs,
};
pub use principal_association::{
    PrincipalAssociation, PrincipalAssociationHandle, PrincipalAssociationOutputs,
};
pub use resource_association::{
    ResourceAssociation, ResourceAssociationHandle, ResourceAssociationOutputs,
};
pub use share::{Share, ShareHandle, ShareOutputs};
pub use shared_subnets::{SharedSubnet, SharedSubnets, SharedSubnetsHandle, SharedSubnetsOutputs};

use crate::fault::absent;
use groundplan_core::{Registry, Result};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new()
        .with::<Acceptance>()
        .with::<OrganizationSharing>()
        .with::<PrincipalAssociation>()
        .with::<ResourceAssociation>()
        .with::<Share>()
        .with_derived::<SharedSubnets>()
}

/// What RAM says of some shares. It refuses the whole question for one share that is not there, so then
/// each is asked for alone.
async fn of_shares<T, F>(shares: Vec<String>, ask: impl Fn(Vec<String>) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<Vec<T>>>,
{
    if let Some(found) = absent(ask(shares.clone()).await)? {
        return Ok(found);
    }
    let mut found = Vec::new();
    if shares.len() > 1 {
        for share in shares {
            found.extend(absent(ask(vec![share]).await)?.unwrap_or_default());
        }
    }
    Ok(found)
}
