//! A state, a way to helm and maybe a cluster, and runs of programs on them.

use crate::cluster::ControlPlane;
use aws_credential_types::Credentials;
use groundplan_core::{
    ApplySettings, CancellationToken, Cx, CxBuilder, Event, Events, Fault, Graph, Mode, Plan,
    Registry, Report, Resolved, Secret, SecretResolver, SecretSource, Settings, Stack, apply, plan,
    testing::{self, MemStore, SimCloud},
};
use groundplan_kube::{ClusterAccess, Helm, HelmSettings, Kube};
use groundplan_state::{Change, Holder, Realm, Run, Slot, Snapshot, Store, Why};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

pub(crate) const STACK: &str = "test";

/// What outlives a run.
pub(crate) struct World {
    pub(crate) store: MemStore,
    pub(crate) cloud: SimCloud,
    pub(crate) secrets: Secrets,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    /// Whether a folder stands in for the cluster.
    pub(crate) into_folder: bool,
}

/// Values by the name of the variable that they are the source of.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<Mutex<BTreeMap<String, String>>>);

impl Secrets {
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.0.lock().unwrap().insert(name.into(), value.into());
    }

    fn get(&self, source: &SecretSource) -> String {
        let SecretSource::Env { name } = source else { panic!("only variables here") };
        self.0.lock().unwrap()[name].clone()
    }
}

impl SecretResolver for Secrets {
    fn resolve<'a>(
        &'a self,
        source: &'a SecretSource,
    ) -> futures::future::BoxFuture<'a, Option<Result<Resolved, Fault>>> {
        let value = self.get(source);
        let version = format!("v{}", value.len());
        Box::pin(async move { Some(Ok(Resolved { secret: Secret::new(value), version })) })
    }

    fn version<'a>(
        &'a self,
        source: &'a SecretSource,
    ) -> futures::future::BoxFuture<'a, Option<Result<String, Fault>>> {
        let version = format!("v{}", self.get(source).len());
        Box::pin(async move { Some(Ok(version)) })
    }
}

/// The helm to test with.
pub(crate) fn helm_program() -> PathBuf {
    std::env::var_os("GROUNDPLAN_TEST_HELM")
        .expect("GROUNDPLAN_TEST_HELM must name the helm program to test with, of version 3 or 4")
        .into()
}

/// The charts that stand in for the released ones.
pub(crate) fn stand_ins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../driver/sandbox/charts")
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            store: MemStore::default(),
            cloud: SimCloud::new(1),
            secrets: Secrets::default(),
            folder: tempfile::tempdir().unwrap(),
            events: Arc::default(),
            into_folder: false,
        }
    }

    pub(crate) fn registry() -> Registry {
        groundplan_kube::registry().and(testing::registry())
    }

    /// Writes a file below the project's folder.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("project").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn kube(&self) -> Kube {
        let settings = HelmSettings {
            program: helm_program(),
            charts: self.folder.path().join("project"),
            stand_ins: Some(stand_ins()),
            ..HelmSettings::new(self.folder.path().join("home"))
        };
        let credentials = |_: ClusterAccess| {
            let credentials = Credentials::new("AKIDEXAMPLE", "key", None, None, "test");
            Box::pin(async move { Ok(credentials) }) as futures::future::BoxFuture<'static, _>
        };
        let kube =
            Kube::new(Arc::new(credentials), Helm::new(settings)).sandbox("http://127.0.0.1:1");
        if self.into_folder { kube.into_folder(self.folder.path().join("rendered")) } else { kube }
    }

    fn cx(&self, kube: Kube, lineage: &str, cancel: &CancellationToken) -> Cx {
        let sink = self.events.clone();
        CxBuilder::new(STACK)
            .lineage(lineage)
            .with(kube)
            .with(self.cloud.clone())
            .secrets(self.secrets.clone())
            .events(Events::to(move |event| sink.lock().unwrap().push(event)))
            .cancel(cancel.clone())
            .build()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.store.snapshot(STACK).unwrap_or_else(|| Snapshot::new(STACK, Realm::Simulation))
    }

    /// A plan, without doing it.
    pub(crate) async fn plan(&self, stack: Stack) -> Plan {
        let graph = stack.freeze(&Self::registry()).expect("a sound program");
        let snapshot = self.snapshot();
        let cx = self.cx(self.kube(), &snapshot.lineage.to_string(), &CancellationToken::new());
        plan(&graph, &snapshot, &Self::registry(), &cx, &Settings::new(Mode::Apply))
            .await
            .unwrap_or_else(|e| panic!("{e}: {:?}", e.fault()))
    }

    /// A context as a plan has it.
    pub(crate) fn context(&self) -> Cx {
        let lineage = self.snapshot().lineage.to_string();
        self.cx(self.kube(), &lineage, &CancellationToken::new())
    }

    /// Loses a record.
    pub(crate) async fn forget(&self, address: &str) {
        let address = address.parse().unwrap();
        let lost = Change::Remove { address, slot: Slot::Current, why: Why::Absent };
        let mut session = self.store.open(STACK, &Realm::Simulation, holder()).await.unwrap();
        session.append(vec![lost]).await.unwrap();
    }

    pub(crate) async fn apply(&self, stack: Stack) -> Report {
        let graph = stack.freeze(&Self::registry()).expect("a sound program");
        self.run(&graph, Mode::Apply, &CancellationToken::new()).await
    }

    pub(crate) async fn destroy(&self) -> Report {
        self.run(&Graph::empty(STACK), Mode::Destroy, &CancellationToken::new()).await
    }

    /// One run. Dropped, it is as dead as if it was killed, and helm with it.
    pub(crate) async fn run(
        &self,
        graph: &Graph,
        mode: Mode,
        cancel: &CancellationToken,
    ) -> Report {
        let mut session = self.store.open(STACK, &Realm::Simulation, holder()).await.unwrap();
        let cx = self.cx(self.kube(), &session.snapshot().lineage.to_string(), cancel);
        let registry = Self::registry();
        let settings = Settings::new(mode);
        let plan = plan(graph, session.snapshot(), &registry, &cx, &settings)
            .await
            .unwrap_or_else(|e| panic!("{e}: {:?}", e.fault()));
        let run = Run {
            command: "apply".into(),
            who: "tester".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            version: "0".into(),
            commit: None,
            plan: None,
        };
        let settings = ApplySettings { at_once: 8, unprotect: settings.unprotect, run };
        apply(plan, session.as_mut(), &registry, &cx, settings).await.unwrap()
    }
}

fn holder() -> Holder {
    Holder {
        who: "tester".into(),
        host: "here".into(),
        pid: 1,
        command: "apply".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// A program on a cluster.
pub(crate) fn stack() -> Stack {
    Stack::new(STACK)
}

/// The access to a cluster, as a resource of the program.
pub(crate) fn access(stack: &mut Stack, plane: &ControlPlane) -> groundplan_kube::AccessHandle {
    let access = plane.access();
    stack.derive(
        "main",
        groundplan_kube::Access::new(
            access.name,
            access.account,
            access.region,
            access.endpoint,
            access.certificate_authority,
        ),
    )
}

/// Every line of a plan, as a text to look into.
pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &plan.changes {
        lines.push(format!("{:?} {}", change.action, change.address));
        for field in &change.fields {
            lines.push(format!("  {} {} -> {}", field.path, field.before, field.after));
        }
        let preview = change.preview.clone().unwrap_or_default();
        for object in preview.objects {
            lines.push(format!("  {} {}", object.action, object.object));
            for (path, before, after) in object.changes {
                lines.push(format!("    {path}: {before} -> {after}"));
            }
        }
        lines.extend(preview.notes.into_iter().map(|note| format!("  note: {note}")));
        lines.extend(change.notes.iter().map(|note| format!("  said: {note}")));
    }
    lines
}

/// Panics with all faults of a run that did not do everything.
pub(crate) fn complete(report: &Report) {
    let faults: Vec<_> =
        report.failed.iter().map(|(a, f)| format!("{a}: {f} ({:?})", f.hint)).collect();
    assert!(report.complete(), "failed: {faults:#?}; skipped: {:?}", report.skipped);
}
