//! A stack on a server that speaks the AWS APIs: plans, applies and destroys it as a run would, and
//! tells which calls that took.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
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
use groundplan_aws::{
    Aws, Clients, Loopback, Scope, account::AccountIdentity, registry, secretsmanager::AwsSecrets,
};
use groundplan_core::{
    Action, ApplySettings, Cause, Cx, CxBuilder, Event, Events, Graph, Mode, Plan, Report,
    Settings, Stack, Val, apply, plan,
};
use groundplan_state::{DirStore, Holder, Realm, Run, Session, Snapshot, Store};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use tokio::sync::Notify;

/// The account that moto gives to any credentials.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";
/// The key of an administrator, where the server asks for one; moto takes any.
const KEY_ID: &str = "GROUNDPLAN_TEST_KEY_ID";
const KEY: &str = "GROUNDPLAN_TEST_KEY";
/// How OpenSearch Service spells `DescribeDomains`.
const DOMAINS: &str = "POST /2021-01-01/opensearch/domain-info";
const ENDPOINT: &str = "GROUNDPLAN_TEST_ENDPOINT";

/// A stack with a state of its own, on the server.
pub(crate) struct Wire {
    name: String,
    store: DirStore,
    _folder: tempfile::TempDir,
    endpoint: Loopback,
    calls: Calls,
    recovered: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    /// An empty stack.
    pub(crate) fn new(name: &str) -> Self {
        let endpoint = std::env::var(ENDPOINT).unwrap_or_else(|_| {
            panic!("{ENDPOINT} is not set: start a moto server and give its address, e.g. http://127.0.0.1:4566")
        });
        let endpoint =
            Loopback::new(&endpoint).unwrap_or_else(|error| panic!("{ENDPOINT}: {error}"));
        let folder = tempfile::tempdir().expect("a folder for the state");
        let store = DirStore::new(folder.path());
        Self {
            name: name.to_owned(),
            store,
            _folder: folder,
            endpoint,
            calls: Calls::default(),
            recovered: Arc::default(),
        }
    }

    /// A program of this stack to add resources to, and the scope that they take.
    pub(crate) fn stack(&self) -> (Stack, Val<Scope>) {
        let mut stack = Stack::new(&self.name);
        let account =
            AccountIdentity { account: ACCOUNT.into(), region: REGION.into(), role: None };
        let scope = stack.derive("main", account).scope();
        (stack, scope)
    }

    /// Clients for changes behind the stack's back; their calls are not counted.
    pub(crate) async fn clients(&self) -> Arc<Clients> {
        let scope = Scope {
            account: ACCOUNT.into(),
            region: REGION.into(),
            partition: "aws".into(),
            role: None,
        };
        self.aws(&Calls::default()).clients(&scope).await.expect("clients")
    }

    /// The stack's name, with which the names of its objects begin.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The recorded outputs of a resource.
    pub(crate) async fn outputs(&self, address: &str) -> serde_json::Value {
        let address = address.parse().expect("an address");
        self.snapshot().await.entries[&address].outputs.clone().expect("outputs are on record")
    }

    /// What is recorded.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.open().await.snapshot().clone()
    }

    /// What a plan of this program shows, one line for each field or resource that changes.
    pub(crate) async fn plan(&self, stack: Stack) -> Vec<String> {
        lines(&self.try_plan(stack).await)
    }

    /// A plan of this program.
    pub(crate) async fn try_plan(&self, stack: Stack) -> Plan {
        let graph = stack.freeze(&registry()).expect("a sound program");
        let session = self.open().await;
        let cx = self.cx(session.snapshot());
        plan(&graph, session.snapshot(), &registry(), &cx, &Settings::new(Mode::Apply))
            .await
            .unwrap_or_else(|error| panic!("no plan: {error}: {:?}", error.fault()))
    }

    /// Applies a program; the calls that changed something, sorted.
    pub(crate) async fn apply(&self, stack: Stack) -> Vec<String> {
        let (report, calls) = self.try_apply(stack).await;
        assert!(report.complete(), "{report:#?}");
        calls
    }

    /// Applies a program, however it ends; the calls that changed something, sorted.
    pub(crate) async fn try_apply(&self, stack: Stack) -> (Report, Vec<String>) {
        let graph = stack.freeze(&registry()).expect("a sound program");
        self.run(&graph, Mode::Apply, &[]).await
    }

    /// Destroys all that is recorded; the calls that changed something, sorted.
    pub(crate) async fn destroy(&self) -> Vec<String> {
        self.destroy_unprotected(&[]).await
    }

    /// Destroys all that is recorded, with these resources' protection lifted.
    pub(crate) async fn destroy_unprotected(&self, addresses: &[&str]) -> Vec<String> {
        let (report, calls) = self.run(&Graph::empty(&self.name), Mode::Destroy, addresses).await;
        assert!(report.complete(), "{report:#?}");
        assert_eq!(self.snapshot().await.entries.len(), 0, "nothing stays on record");
        calls
    }

    /// Destroys as far as it goes.
    pub(crate) async fn try_destroy(&self) -> Report {
        self.run(&Graph::empty(&self.name), Mode::Destroy, &[]).await.0
    }

    /// Applies a program in a process that dies when it has made this call and before it has its
    /// answer.
    pub(crate) async fn die_after(&self, action: &str, stack: Stack) {
        let graph = stack.freeze(&registry()).expect("a sound program");
        self.calls.with(|log| log.dies_after = Some(action.to_owned()));
        tokio::select! {
            biased;
            () = self.calls.died.notified() => {}
            (report, _) = self.run(&graph, Mode::Apply, &[]) => panic!("no {action}: {report:#?}"),
        }
    }

    /// From now on the first answer to each of these calls is lost.
    pub(crate) fn lose_answers(&self, actions: &[&str]) {
        let actions = actions.iter().map(|action| (*action).to_owned());
        self.calls.with(|log| log.loses.extend(actions));
    }

    async fn run(&self, graph: &Graph, mode: Mode, lifted: &[&str]) -> (Report, Vec<String>) {
        self.calls.take();
        let unprotect: BTreeSet<_> =
            lifted.iter().map(|address| address.parse().expect("an address")).collect();
        let mut session = self.open().await;
        let cx = self.cx(session.snapshot());
        let settings = Settings { unprotect: unprotect.clone(), ..Settings::new(mode) };
        let plan = plan(graph, session.snapshot(), &registry(), &cx, &settings)
            .await
            .unwrap_or_else(|error| panic!("no plan: {error}: {:?}", error.fault()));
        let settings = ApplySettings { at_once: 8, unprotect, run: this_run() };
        let report = apply(plan, session.as_mut(), &registry(), &cx, settings)
            .await
            .unwrap_or_else(|error| panic!("the plan was not applied: {error:?}"));
        (report, self.calls.take())
    }

    async fn open(&self) -> Box<dyn Session> {
        let holder = Holder {
            who: "tester".into(),
            host: "here".into(),
            pid: std::process::id(),
            command: "apply".into(),
            since: jiff::Timestamp::UNIX_EPOCH,
        };
        let realm = Realm::Sandbox { id: "test".into() };
        self.store.open(&self.name, &realm, holder).await.expect("the state opens")
    }

    fn cx(&self, snapshot: &Snapshot) -> Cx {
        let aws = self.aws(&self.calls);
        let recovered = self.recovered.clone();
        let events = Events::to(move |event| {
            if let Event::Recovered { found, .. } = event {
                recovered.lock().expect("no panic").push(found);
            }
        });
        CxBuilder::new(&self.name)
            .lineage(&snapshot.lineage)
            .events(events)
            .secrets(AwsSecrets::new(aws.clone()))
            .with(aws)
            .build()
    }

    /// What runs took up again since the last time, as they said it.
    pub(crate) fn recovered(&self) -> Vec<String> {
        std::mem::take(&mut *self.recovered.lock().expect("no panic"))
    }

    /// A context as a plan of this stack has it.
    pub(crate) async fn context(&self) -> Cx {
        self.cx(&self.snapshot().await)
    }

    fn aws(&self, calls: &Calls) -> Aws {
        let key = |name: &str| std::env::var(name).unwrap_or_else(|_| "test".to_owned());
        let credentials = Credentials::new(key(KEY_ID), key(KEY), None, None, "test");
        let base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(calls.client())
            .build();
        Aws::sandbox(base, &self.endpoint)
    }
}

fn this_run() -> Run {
    Run {
        command: "apply".into(),
        who: "tester".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        version: "0".into(),
    }
}

/// `update ec2.subnet/a public_ip: true → false (drift)`; without fields only `delete ec2.subnet/a`.
pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &plan.changes {
        let verb = match &change.action {
            Action::Create { .. } => "create",
            Action::Update => "update",
            Action::Finish => "finish",
            Action::Replace { .. } => "replace",
            Action::Delete { .. } => "delete",
            Action::Forget => "forget",
            Action::Keep | Action::Derive | Action::Record => "record",
        };
        let head = format!("{verb} {}", change.address);
        if change.fields.is_empty() || verb == "create" {
            lines.push(head);
            continue;
        }
        lines.extend(change.fields.iter().map(|field| {
            let drift = if field.cause == Cause::Drift { " (drift)" } else { "" };
            format!("{head} {}: {} → {}{drift}", field.path, field.before, field.after)
        }));
    }
    lines.sort();
    lines
}

/// The calls that clients made, and what is to happen to their answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    log: Arc<Mutex<Log>>,
    died: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Log {
    made: Vec<String>,
    loses: BTreeSet<String>,
    dies_after: Option<String>,
}

/// What happens to an answer.
enum Answer {
    Comes,
    IsLost,
    FindsNobody,
}

impl Calls {
    fn client(&self) -> SharedHttpClient {
        let inner = Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .build_https();
        SharedHttpClient::new(Listening { inner, calls: self.clone() })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Log) -> T) -> T {
        act(&mut self.log.lock().expect("no panic"))
    }

    /// The calls since the last time that change something, sorted: steps run at the same time.
    fn take(&self) -> Vec<String> {
        let mut calls = self.with(|log| std::mem::take(&mut log.made));
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
