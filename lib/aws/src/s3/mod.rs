//! S3: buckets, and who may use what is in them.

mod bucket;
mod bucket_policy;
mod rules;

pub use bucket::{
    Bucket, BucketHandle, BucketOutputs, LifecycleRule, ObjectOwnership, PublicAccessBlock,
    StorageClass, StorageTransition,
};
pub use bucket_policy::{BucketPolicy, BucketPolicyHandle, BucketPolicyOutputs, tls_only};

pub(crate) use rules::rules;

use groundplan_core::{Fault, Patience, Registry};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Bucket>().with::<BucketPolicy>()
}

/// A name is free again within about two minutes of a delete, and two writes to one bucket get in each
/// other's way.
const SETTLING: Patience = Patience::new(1000, 10, 180);

/// Whether a write met another write to the same bucket or name, which passes.
fn collided(fault: &Fault) -> bool {
    fault.is("OperationAborted") || fault.is("ConditionalRequestConflict")
}
