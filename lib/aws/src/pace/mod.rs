//! Every call to AWS goes through here, at the pace that AWS takes calls of its kind: refresh and apply
//! share one count for each service, identity and region.
//!
//! It sits below the SDK: a call that was turned away for coming too fast is sent again from here, and is
//! none of the SDK's attempts.

mod code;
mod limits;

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use groundplan_core::{Answer, Pace};
use limits::Limit;
use std::time::Duration;

/// How long a call waits for its turn and is turned away. Then the SDK signs it anew: AWS takes no
/// signature that is older than five minutes.
const PATIENCE: Duration = Duration::from_mins(4);

/// Who is counted: an identity that calls, and how much more than published is let through.
#[derive(Clone, Debug)]
pub(crate) struct Paced {
    pub(crate) pace: Pace,
    /// The role, or nothing for the run's own identity.
    pub(crate) who: String,
    /// What limits are multiplied with: 1 for AWS. A sandbox has none and is not to be waited for.
    pub(crate) factor: f64,
}

impl Paced {
    /// A client whose calls are counted.
    pub(crate) fn over(self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Over { inner, paced: self })
    }
}

#[derive(Debug)]
struct Over<C> {
    inner: C,
    paced: Paced,
}

impl HttpClient for Over<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Over { inner, paced: self.paced.clone() })
    }
}

impl HttpConnector for Over<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, paced) = (self.inner.clone(), self.paced.clone());
        HttpConnectorFuture::new(async move {
            let Limit { bucket, rate } = Limit::of(&request);
            let bucket = format!("{bucket} {}", paced.who);
            // A body that is read once cannot be sent twice. No call of ours has one.
            let Some(_) = request.try_clone() else { return inner.call(request).await };
            let send = || async {
                let request = request.try_clone().expect("BUG: it could be cloned before");
                code::readable(inner.call(request).await?).await
            };
            let judge = |answer: &Result<HttpResponse, ConnectorError>| match answer {
                Ok(answer) if code::is_too_fast(answer) => {
                    tracing::info!(bucket, "AWS says that calls come too fast; going slower");
                    Answer::TooFast
                }
                _ => Answer::Taken,
            };
            let rate = rate.times(paced.factor);
            paced.pace.run(&bucket, rate, PATIENCE, send, judge).await
        })
    }
}

#[cfg(test)]
mod tests;
