//! Loses answers on their way, and counts what was asked.

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
    sync::{Arc, Mutex},
    time::Instant,
};

/// The calls of a client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Method and path of each, and when it was sent.
    pub(crate) made: Vec<(String, Instant)>,
    /// Answers to writes that are still to be lost.
    pub(crate) loses: usize,
}

impl Calls {
    pub(crate) fn client(&self) -> SharedHttpClient {
        let inner = Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .build_https();
        SharedHttpClient::new(Listening { inner, calls: self.clone() })
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Log) -> T) -> T {
        act(&mut self.0.lock().expect("no panic"))
    }

    /// When writes were sent.
    pub(crate) fn writes(&self) -> Vec<Instant> {
        let is_write = |(call, at): &(String, Instant)| call.starts_with("PUT ").then_some(*at);
        self.with(|log| log.made.iter().filter_map(is_write).collect())
    }

    fn note(&self, request: &HttpRequest) -> bool {
        let path = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
        let call = format!("{} {path}", request.method());
        self.with(|log| {
            let loses = call.starts_with("PUT ") && log.loses > 0;
            log.loses -= usize::from(loses);
            log.made.push((call, Instant::now()));
            loses
        })
    }
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
        let is_lost = self.calls.note(&request);
        let answer = self.inner.call(request);
        if !is_lost {
            return answer;
        }
        HttpConnectorFuture::new(async move {
            answer.await?;
            Err(ConnectorError::io("the answer was lost".into()))
        })
    }
}
