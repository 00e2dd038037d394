//! Creates that EC2 cannot tell from their own repetition.

use crate::once::only_if_throttled;
use aws_sdk_ec2::config::Builder;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The settings of such a call.
pub(super) fn once<E>() -> Builder
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    Builder::new().retry_classifier(only_if_throttled::<E>())
}
