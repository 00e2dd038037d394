//! Listens to what clients send, and keeps answers from them.

use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use tokio::sync::Notify;

/// How OpenSearch Service spells `DescribeDomains`.
const DOMAINS: &str = "POST /2021-01-01/opensearch/domain-info";

/// The calls that clients made, and what is to happen to their answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    log: Arc<Mutex<Log>>,
    pub(super) died: Arc<Notify>,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) made: Vec<String>,
    /// Calls whose next answer is lost.
    pub(super) loses: BTreeSet<String>,
    /// The call after which the process dies.
    pub(super) dies_after: Option<String>,
}

/// What happens to an answer.
enum Answer {
    Comes,
    IsLost,
    FindsNobody,
}

impl Calls {
    pub(super) fn client(&self) -> SharedHttpClient {
        let inner = Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .build_https();
        SharedHttpClient::new(Listening { inner, calls: self.clone() })
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Log) -> T) -> T {
        act(&mut self.log.lock().expect("no panic"))
    }

    /// The calls of this run that change something, sorted: steps run at the same time.
    pub(super) fn changing(&self) -> Vec<String> {
        let mut calls = self.with(|log| log.made.clone());
        let reads = ["Describe", "Get", "List", "GET ", "HEAD ", DOMAINS];
        calls.retain(|call| !reads.iter().any(|read| call.starts_with(read)));
        calls.sort();
        calls
    }

    fn note(&self, request: &HttpRequest) -> Answer {
        let action = action(request);
        self.with(|log| {
            log.made.push(action.clone());
            if log.loses.remove(&action) {
                return Answer::IsLost;
            }
            match log.dies_after.take_if(|dies| *dies == action) {
                Some(_) => Answer::FindsNobody,
                None => Answer::Comes,
            }
        })
    }
}

/// The operation, as the service's protocol names it: `CreateVpc`; for REST services `POST /path`.
fn action(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.rsplit('.').next()).map(str::to_owned);
    let form = || {
        let body = std::str::from_utf8(request.body().bytes()?).ok()?;
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="))?;
        Some(action.to_owned())
    };
    let rest = || {
        let path = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
        format!("{} /{}", request.method(), path.split('?').next().unwrap_or_default())
    };
    target.or_else(form).unwrap_or_else(rest)
}

#[derive(Debug)]
struct Listening<C> {
    inner: C,
    calls: Calls,
}

impl HttpClient for Listening<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Listening { inner, calls: self.calls.clone() })
    }
}

impl HttpConnector for Listening<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fate = self.calls.note(&request);
        let answer = self.inner.call(request);
        let died = self.calls.died.clone();
        match fate {
            Answer::Comes => answer,
            Answer::IsLost => HttpConnectorFuture::new(async move {
                answer.await?;
                Err(ConnectorError::io("the answer was lost".into()))
            }),
            Answer::FindsNobody => HttpConnectorFuture::new(async move {
                answer.await?;
                died.notify_one();
                std::future::pending().await
            }),
        }
    }
}
