//! One run over one stack: the world, the state, and what the engine is lent.

use crate::{
    app::App,
    helm,
    realm::World,
    render::{self, error::Failure, json},
    sandbox,
    secrets::Local,
    signals::unless_stopped,
};
use groundplan::{Cx, CxBuilder, Graph, Plan, Settings, aws::secretsmanager::AwsSecrets};
use groundplan_state::{DirStore, Holder, Session, Snapshot, Store};
use std::path::{Path, PathBuf};

/// The folder of states, beside the settings.
const STATES: &str = ".groundplan";

/// One run over one stack.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) app: &'a App,
    pub(crate) world: World,
    stack: String,
    /// The folder of the settings.
    folder: PathBuf,
    /// The folder of the states.
    root: PathBuf,
    store: DirStore,
}

/// Where states are kept.
pub(crate) fn root(app: &App, folder: &Path, sandbox: Option<&str>) -> PathBuf {
    match (&app.global.state, sandbox) {
        (Some(named), _) => app.environment.here.join(named),
        (None, Some(id)) => sandbox::states(&folder.join(STATES), id),
        (None, None) => folder.join(STATES),
    }
}

impl<'a> Run<'a> {
    /// Finds out which world this is. Nothing else is read before that is known.
    pub(crate) async fn enter(app: &'a App, stack: &str, folder: &Path) -> Result<Self, Failure> {
        let world = match app.global.sandbox {
            Some(parts) => {
                let local = Box::pin(sandbox::up(app, parts)).await?;
                Box::pin(unless_stopped(&app.stop, World::sandbox(local))).await?
            }
            None => Box::pin(unless_stopped(&app.stop, World::real())).await?,
        };
        let id = world.sandbox.as_ref().map(|local| local.running.id.as_str());
        if let Some(id) = id
            && app.global.state.is_none()
        {
            sandbox::say_what_is_left(app, &folder.join(STATES), id);
        }
        let root = root(app, folder, id);
        let store = DirStore::new(&root);
        tracing::info!(stack, realm = %world.realm, caller = world.caller.arn, state = %root.display(), "run");
        let (stack, folder) = (stack.to_owned(), folder.to_owned());
        Ok(Self { app, world, stack, folder, root, store })
    }

    /// Reads the state, which may be of nothing yet. Takes no lock.
    pub(crate) async fn load(&self) -> Result<Snapshot, Failure> {
        let loaded = self.store.load(&self.stack).await.map_err(|e| Failure::from(&e))?;
        let empty = || Snapshot::new(&self.stack, self.world.realm.clone());
        let snapshot = loaded.map_or_else(empty, |found| found.snapshot);
        self.admit(&snapshot)?;
        Ok(snapshot)
    }

    /// Takes the right to change the state.
    pub(crate) async fn open(&self, command: &str) -> Result<Box<dyn Session>, Failure> {
        let holder = Holder {
            who: self.world.caller.arn.clone(),
            host: self.app.environment.host.clone(),
            pid: std::process::id(),
            command: command.to_owned(),
            since: jiff::Timestamp::now(),
        };
        // A state of another world is refused before a lock file is made beside it.
        self.load().await?;
        let opened = self.store.open(&self.stack, &self.world.realm, holder).await;
        let session = opened.map_err(|e| Failure::from(&e))?;
        self.admit(session.snapshot())?;
        Ok(session)
    }

    fn admit(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        self.world.admit(snapshot, &self.store.place(&self.stack))
    }

    /// The folder that workloads are written to where there is no cluster to run them.
    pub(crate) fn rendered(&self) -> PathBuf {
        self.root.join("rendered")
    }

    /// What the engine is lent. `releases` says whether something is released with helm.
    pub(crate) fn cx(&self, snapshot: &Snapshot, releases: bool) -> Result<Cx, Failure> {
        let helm = self.helm(releases)?;
        let local = Local { folder: self.folder.clone(), key: snapshot.lineage.to_string() };
        Ok(CxBuilder::new(&self.stack)
            .lineage(&snapshot.lineage)
            .events(self.app.show.events())
            .cancel(self.app.stop.clone())
            .with(self.world.aws.clone())
            .with(self.world.kube(helm, &self.rendered()))
            .secrets(AwsSecrets::new(self.world.aws.clone()))
            .secrets(local)
            .build())
    }

    fn helm(&self, releases: bool) -> Result<groundplan::kube::Helm, Failure> {
        let environment = &self.app.environment;
        let mut source =
            match self.world.sandbox.as_ref().map(|local| local.running.helm.path.clone()) {
                Some(program) => helm::Source::new(program, &self.folder),
                None => helm::on_path(environment, &self.folder, releases)?,
            };
        source.stand_ins = self.world.sandbox.as_ref().map(|local| local.running.charts.clone());
        Ok(helm::helm(source, environment))
    }

    /// Makes a plan. Can be left at any point.
    pub(crate) async fn plan(
        &self,
        graph: &Graph,
        snapshot: &Snapshot,
        cx: &Cx,
        settings: &Settings,
    ) -> Result<Plan, Failure> {
        let registry = self.app.program.registry();
        let phase = self.app.show.phase();
        let plan = async {
            let plan = groundplan::plan(graph, snapshot, &registry, cx, settings).await;
            plan.map_err(|e| Failure::from(&e))
        };
        let plan = unless_stopped(&self.app.stop, plan).await;
        drop(phase);
        plan
    }

    /// Where and as whom the run is, for a question.
    pub(crate) fn whereabouts(&self) -> String {
        match &self.world.sandbox {
            Some(local) => format!("in sandbox {}", local.running.id),
            None => format!("in {} as {}", self.world.realm, self.world.caller.arn),
        }
    }

    /// Shows a plan.
    pub(crate) fn show(&self, plan: &Plan) {
        let screen = self.app.screen;
        screen.json("plan", &json::plan(plan));
        screen.page(&render::plan::plan(plan, screen.paint()));
    }
}

/// Whether something is released with helm, now or after.
pub(crate) fn releases(graph: &Graph, snapshot: &Snapshot) -> bool {
    let asked = graph.addresses();
    let recorded = snapshot.all().map(|(address, ..)| address);
    asked.chain(recorded).any(|address| address.kind() == helm::KIND)
}
