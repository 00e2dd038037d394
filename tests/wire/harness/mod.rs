//! A stack in the sandbox's AWS: plans, applies and destroys it as a run would, and
//! tells which calls that took.

mod calls;
mod clients;
mod eventually;
mod folder;
mod import;
mod kube;
mod limited;
mod lines;
mod refused;
mod sandbox;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_smithy_async::time::TimeSource;
use aws_types::sdk_config::SharedTimeSource;
pub(crate) use calls::without_ids;
use calls::{Calls, Each};
pub(crate) use eventually::eventually;
use groundplan::{
    Address, ApplySettings, Cx, CxBuilder, Event, Events, Graph, Json, Mode, Plan, Report,
    Settings, Stack, Val, apply,
    aws::{Aws, Loopback, Scope, account::AccountIdentity, secretsmanager::AwsSecrets},
    plan, registry,
};
use groundplan_state::{
    Change, DirStore, Entry, Holder, Realm, Run, Session, Slot, Snapshot, Store, Why,
};
pub(crate) use lines::lines;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

/// The sandbox's account and region. Tests write them out where they compare names.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";
/// A run takes seconds; on a busy machine many of them.
const LONGEST: Duration = Duration::from_mins(3);

/// A stack with a state of its own.
pub(crate) struct Wire {
    name: String,
    store: DirStore,
    folder: tempfile::TempDir,
    identity: SharedCredentialsProvider,
    clock: SharedTimeSource,
    calls: Calls,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Wire {
    /// An empty stack. Every test has a name of its own, as objects are named after the stack.
    pub(crate) fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the state");
        let store = DirStore::new(folder.path());
        Self {
            name: name.to_owned(),
            store,
            folder,
            identity: SharedCredentialsProvider::new(administrator()),
            clock: SharedTimeSource::default(),
            calls: Calls::default(),
            events: Arc::default(),
        }
    }

    /// Another run of this stack, with a copy of what is recorded now: what it does, this one does not know.
    pub(crate) fn twin(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the state");
        folder::copy(self.folder.path(), folder.path());
        Self {
            name: self.name.clone(),
            store: DirStore::new(folder.path()),
            folder,
            identity: self.identity.clone(),
            clock: self.clock.clone(),
            calls: Calls::default(),
            events: Arc::default(),
        }
    }

    /// As another identity, whose clock this is.
    pub(crate) fn run_by(
        mut self,
        identity: impl ProvideCredentials + 'static,
        clock: impl TimeSource + 'static,
    ) -> Self {
        self.identity = SharedCredentialsProvider::new(identity);
        self.clock = SharedTimeSource::new(clock);
        self
    }

    /// A program of this stack to add resources to, and the scope that they take.
    pub(crate) fn stack(&self) -> (Stack, Val<Scope>) {
        let mut stack = Stack::new(&self.name);
        let scope = stack.derive("main", AccountIdentity::new(ACCOUNT, REGION)).scope();
        (stack, scope)
    }

    /// The stack's name, with which the names of its objects begin.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The recorded outputs of a resource.
    pub(crate) async fn outputs(&self, address: &str) -> Json {
        let address = address.parse().expect("an address");
        self.snapshot().await.entries[&address].outputs.clone().expect("outputs are on record")
    }

    /// What is recorded.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.open().await.snapshot().clone()
    }

    /// The records of a kind.
    pub(crate) async fn recorded(&self, kind: &str) -> BTreeMap<Address, Entry> {
        let all = self.snapshot().await.entries.into_iter();
        all.filter(|(address, _)| address.kind() == kind).collect()
    }

    /// Loses a record.
    pub(crate) async fn forget(&self, address: &Address) {
        let (address, slot) = (address.clone(), Slot::Current);
        let lost = Change::Remove { address, slot, why: Why::Absent };
        self.open().await.append(vec![lost]).await.expect("it is written");
    }

    /// What a plan of this program shows, one line for each field or resource that changes.
    pub(crate) async fn plan(&self, stack: Stack) -> Vec<String> {
        lines(&self.try_plan(stack).await)
    }

    /// The calls that a plan of this program takes.
    pub(crate) async fn calls_of_a_plan(&self, stack: Stack) -> Vec<String> {
        self.calls.with(|log| log.made.clear());
        assert_eq!(self.plan(stack).await, [""; 0]);
        self.all_calls()
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
        self.run(&graph, Mode::Apply, &[], async {}).await
    }

    /// Applies a program while somebody else does something between the plan and the apply; the
    /// calls that changed something, sorted.
    pub(crate) async fn apply_while(
        &self,
        stack: Stack,
        meddle: impl Future<Output = ()>,
    ) -> Vec<String> {
        let graph = stack.freeze(&registry()).expect("a sound program");
        let (report, calls) = self.run(&graph, Mode::Apply, &[], meddle).await;
        assert!(report.complete(), "{report:#?}");
        calls
    }

    /// Destroys all that is recorded; the calls that changed something, sorted.
    pub(crate) async fn destroy(&self) -> Vec<String> {
        self.destroy_unprotected(&[]).await
    }

    /// Destroys all that is recorded, with these resources' protection lifted.
    pub(crate) async fn destroy_unprotected(&self, addresses: &[&str]) -> Vec<String> {
        let graph = Graph::empty(&self.name);
        let (report, calls) = self.run(&graph, Mode::Destroy, addresses, async {}).await;
        assert!(report.complete(), "{report:#?}");
        assert_eq!(self.snapshot().await.entries.len(), 0, "nothing stays on record");
        calls
    }

    /// Destroys as far as it goes.
    pub(crate) async fn try_destroy(&self) -> Report {
        self.run(&Graph::empty(&self.name), Mode::Destroy, &[], async {}).await.0
    }

    /// Applies a program in a process that dies when it has made this call and before it has its
    /// answer.
    pub(crate) async fn die_after(&self, action: &str, stack: Stack) {
        let graph = stack.freeze(&registry()).expect("a sound program");
        self.calls.with(|log| log.dies_after = Some(action.to_owned()));
        tokio::select! {
            biased;
            () = self.calls.died.notified() => {}
            (report, _) = self.run(&graph, Mode::Apply, &[], async {}) => {
                panic!("no {action}: {report:#?}")
            }
        }
    }

    /// Applies a program in processes that die one after the other, each when it has made a change that
    /// none before it died of and before it has the answer, until one comes to its end; those calls.
    pub(crate) async fn apply_dying(&self, stack: Stack) -> BTreeSet<String> {
        self.dying(&stack.freeze(&registry()).expect("a sound program"), Mode::Apply).await
    }

    /// Destroys all that is recorded in such processes.
    pub(crate) async fn destroy_dying(&self) -> BTreeSet<String> {
        self.dying(&Graph::empty(&self.name), Mode::Destroy).await
    }

    async fn dying(&self, graph: &Graph, mode: Mode) -> BTreeSet<String> {
        self.calls.with(|log| log.each = Some(Each::new(true)));
        loop {
            tokio::select! {
                biased;
                () = self.calls.died.notified() => {}
                (report, _) = self.run(graph, mode, &[], async {}) => {
                    assert!(report.complete(), "{report:#?}");
                    return self.changes_without_answer();
                }
            }
            self.calls.with(|log| log.each.iter_mut().for_each(|each| each.dying = false));
        }
    }

    /// From now on the first answer to each different change is lost.
    pub(crate) fn lose_an_answer_to_each_change(&self) {
        self.calls.with(|log| log.each = Some(Each::new(false)));
    }

    /// The changes that had no answer since that was said; all answers come again.
    pub(crate) fn changes_without_answer(&self) -> BTreeSet<String> {
        self.calls.with(|log| log.each.take()).expect("it was said").done
    }

    /// From now on the first answer to each of these calls is lost.
    pub(crate) fn lose_answers<'a>(&self, actions: impl IntoIterator<Item = &'a str>) {
        let actions = actions.into_iter().map(str::to_owned);
        self.calls.with(|log| log.loses.extend(actions));
    }

    /// The answers that are still to be lost.
    pub(crate) fn answers_to_lose(&self) -> BTreeSet<String> {
        self.calls.with(|log| log.loses.clone())
    }

    /// Whether some call that changed something had this in it.
    pub(crate) fn sent(&self, text: &str) -> bool {
        self.calls.with(|log| log.sent.iter().any(|body| body.contains(text)))
    }

    /// Every call of the last run, reads too.
    pub(crate) fn all_calls(&self) -> Vec<String> {
        self.calls.with(|log| log.made.clone())
    }

    /// What the last run took up again, as it said it.
    pub(crate) fn recovered(&self) -> Vec<String> {
        let events = self.events.lock().expect("no panic");
        let found = events.iter().filter_map(|event| match event {
            Event::Recovered { found, .. } => Some(found.clone()),
            _ => None,
        });
        found.collect()
    }

    /// What happened in the last run.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().expect("no panic").clone()
    }

    /// A context as a plan of this stack has it.
    pub(crate) async fn context(&self) -> Cx {
        self.cx(&self.snapshot().await)
    }

    /// Plans, lets somebody else do something, and applies.
    async fn run(
        &self,
        graph: &Graph,
        mode: Mode,
        lifted: &[&str],
        meddle: impl Future<Output = ()>,
    ) -> (Report, Vec<String>) {
        self.calls.with(|log| log.made.clear());
        self.events.lock().expect("no panic").clear();
        let unprotect: BTreeSet<_> =
            lifted.iter().map(|address| address.parse().expect("an address")).collect();
        let work = async {
            let mut session = self.open().await;
            let cx = self.cx(session.snapshot());
            let settings = Settings { unprotect: unprotect.clone(), ..Settings::new(mode) };
            let plan = plan(graph, session.snapshot(), &registry(), &cx, &settings)
                .await
                .unwrap_or_else(|error| panic!("no plan: {error}: {:?}", error.fault()));
            meddle.await;
            // Processes that are to die of every change make one at a time.
            let dies = self.calls.with(|log| log.each.as_ref().is_some_and(|each| each.dies));
            let at_once = if dies { 1 } else { 8 };
            let settings = ApplySettings { at_once, unprotect, run: this_run() };
            apply(plan, session.as_mut(), &registry(), &cx, settings)
                .await
                .unwrap_or_else(|error| panic!("the plan was not applied: {error:?}"))
        };
        let report = tokio::time::timeout(LONGEST, work).await.unwrap_or_else(|_| {
            panic!("the run does not end: {:#?}", self.events.lock().expect("no panic").last())
        });
        (report, self.calls.changing())
    }

    async fn open(&self) -> Box<dyn Session> {
        let holder = Holder {
            who: "tester".into(),
            host: "here".into(),
            pid: std::process::id(),
            command: "apply".into(),
            since: jiff::Timestamp::UNIX_EPOCH,
        };
        let realm = Realm::Sandbox { id: sandbox::sandbox().id.clone() };
        self.store.open(&self.name, &realm, holder).await.expect("the state opens")
    }

    fn cx(&self, snapshot: &Snapshot) -> Cx {
        let aws = aws(&self.calls, self.identity.clone(), self.clock.clone());
        let events = self.events.clone();
        let note = move |event| events.lock().expect("no panic").push(event);
        CxBuilder::new(&self.name)
            .lineage(&snapshot.lineage)
            .events(Events::to(note))
            .secrets(AwsSecrets::new(aws.clone()))
            .with(kube::into_folder(self.folder.path()))
            .with(aws)
            .build()
    }
}

fn aws(calls: &Calls, identity: SharedCredentialsProvider, clock: SharedTimeSource) -> Aws {
    let base = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(identity)
        .time_source(clock)
        .http_client(calls.client())
        .build();
    let endpoint =
        Loopback::new(&sandbox::sandbox().endpoint).expect("a sandbox is on this machine");
    Aws::sandbox(base, &endpoint)
}

fn administrator() -> Credentials {
    let keys = &sandbox::sandbox().credentials;
    let secret = keys.secret_access_key.expose();
    Credentials::new(&keys.access_key_id, secret, None, None, "administrator")
}

fn this_run() -> Run {
    Run {
        command: "apply".into(),
        who: "tester".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        version: "0".into(),
        commit: None,
        plan: None,
    }
}
