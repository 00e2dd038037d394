//! Creates that AWS cannot tell from their own repetition: they take no token and no unique name.

use crate::fault::is_throttling;
use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    orchestrator::OrchestratorError,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::{fmt::Debug, marker::PhantomData};

/// Lets such a call be repeated only when AWS says that it was asked too often, so did nothing.
///
/// Without it the SDK repeats a call whose answer was lost, and there are two of what it makes, one
/// of which nobody knows. The engine looks for the object by its tags instead.
pub(crate) fn only_if_throttled<E>() -> impl ClassifyRetry
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    OnlyIfThrottled::<E>(PhantomData)
}

struct OnlyIfThrottled<E>(PhantomData<fn() -> E>);

impl<E> Debug for OnlyIfThrottled<E> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("OnlyIfThrottled")
    }
}

impl<E> ClassifyRetry for OnlyIfThrottled<E>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn classify_retry(&self, cx: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = cx.output_or_error() else { return RetryAction::NoActionIndicated };
        let code = OrchestratorError::as_operation_error(error)
            .and_then(|error| error.downcast_ref::<E>())
            .and_then(ProvideErrorMetadata::code);
        if code.is_some_and(is_throttling) {
            RetryAction::NoActionIndicated
        } else {
            RetryAction::RetryForbidden
        }
    }

    fn name(&self) -> &'static str {
        "repeat only if throttled"
    }
}
