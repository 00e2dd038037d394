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

/// What begins the name of a call that changes nothing. OpenSearch Service spells `DescribeDomains` with POST,
/// and RAM sends what it reads so too.
const READS: [&str; 9] = [
    "Describe",
    "Get",
    "List",
    "GET ",
    "HEAD ",
    "AssumeRole",
    "POST /2021-01-01/opensearch/domain-info",
    "POST /getresourceshare",
    "POST /listresourcesharepermissions",
];
/// Reads the tags of several zones.
const ZONE_TAGS: &str = "POST /2013-04-01/tags/hostedzone";

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
    /// Whether an answer to each change does not come.
    pub(super) each: Option<Each>,
    /// What was sent to change something.
    pub(super) sent: Vec<String>,
}

/// The first answer to each different change does not come.
#[derive(Debug)]
pub(super) struct Each {
    /// The changes whose answers did not come.
    pub(super) done: BTreeSet<String>,
    /// Whether the process dies of it, rather than the answer being lost.
    pub(super) dies: bool,
    /// Whether this process is about to die.
    pub(super) dying: bool,
}

impl Each {
    pub(super) fn new(dies: bool) -> Self {
        Self { done: BTreeSet::new(), dies, dying: false }
    }

    fn fate(&mut self, action: &str) -> Option<Answer> {
        if self.dying || !changes(action) || !self.done.insert(without_ids(action)) {
            return None;
        }
        self.dying = self.dies;
        Some(if self.dies { Answer::FindsNobody } else { Answer::IsLost })
    }
}

/// A call without what is different in each life: EKS tags an object by its ARN, with a random id.
pub(crate) fn without_ids(action: &str) -> String {
    const BEFORE: [&str; 2] = ["/tags/", "/pod-identity-associations/"];
    let ends = BEFORE.iter().filter_map(|before| Some(action.find(before)? + before.len()));
    action[..ends.min().unwrap_or(action.len())].to_owned()
}

/// Whether a call changes something.
fn changes(action: &str) -> bool {
    action != ZONE_TAGS && !READS.iter().any(|read| action.starts_with(read))
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
        calls.retain(|call| changes(call));
        calls.sort();
        calls
    }

    fn note(&self, request: &HttpRequest) -> Answer {
        let action = action(request);
        self.with(|log| {
            log.made.push(action.clone());
            if changes(&action) {
                let body = request.body().bytes().unwrap_or_default();
                log.sent.push(String::from_utf8_lossy(body).into_owned());
            }
            if log.loses.remove(&action) {
                return Answer::IsLost;
            }
            if let Some(fate) = log.each.as_mut().and_then(|each| each.fate(&action)) {
                return fate;
            }
            match log.dies_after.take_if(|dies| *dies == action) {
                Some(_) => Answer::FindsNobody,
                None => Answer::Comes,
            }
        })
    }
}

/// The operation, as the service's protocol names it: `CreateVpc`; of REST services `POST /path`.
fn action(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.rsplit('.').next()).map(str::to_owned);
    let form = || {
        let body = std::str::from_utf8(request.body().bytes()?).ok()?;
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="))?;
        Some(action.to_owned())
    };
    // Smithy's own protocol, which CloudWatch speaks: `/service/NAME/operation/CreateVpc`.
    let smithy = || Some(request.uri().split_once("/operation/")?.1.to_owned());
    let rest = || {
        let path = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        // What of a bucket it is about: its `versioning`, its `lifecycle`.
        let part = query.split('&').next().filter(|part| !part.is_empty() && !part.contains('='));
        let part = part.map(|part| format!("?{part}")).unwrap_or_default();
        format!("{} /{path}{part}", request.method())
    };
    target.or_else(form).or_else(smithy).unwrap_or_else(rest)
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
