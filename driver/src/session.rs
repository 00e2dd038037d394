//! One run over one stack: the world, the state, and what the engine is lent.

use crate::{
    app::App,
    environment, helm, lock,
    place::Place,
    realm::World,
    render::{self, error::Failure, json},
    sandbox,
    secrets::Local,
    signals::unless_stopped,
};
use aws_config::SdkConfig;
use groundplan::{Cx, CxBuilder, Graph, Plan, Settings, aws::secretsmanager::AwsSecrets};
use groundplan_state::{DirStore, Holder, Session, Snapshot, Upkeep};
use std::path::{Path, PathBuf};

/// The folder of states, beside the settings.
const STATES: &str = ".groundplan";

/// The folder in it of buckets that are being made.
const BUCKETS: &str = "buckets";

/// One run over one stack.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) app: &'a App,
    pub(crate) world: World,
    pub(crate) stack: String,
    /// The folder of the settings.
    pub(crate) folder: PathBuf,
    /// The folder of what runs keep on this machine: that of the states, where they are in one.
    local: PathBuf,
    pub(crate) store: Box<dyn Upkeep>,
}

/// The folder of what runs of a world keep on this machine: their states, unless others are named.
fn local(folder: &Path, sandbox: Option<&str>) -> PathBuf {
    let own = folder.join(STATES);
    sandbox.map_or_else(|| own.clone(), |id| sandbox::states(&own, id))
}

async fn world(app: &App) -> Result<World, Failure> {
    match app.global.sandbox {
        Some(parts) => {
            let local = Box::pin(sandbox::up(app, parts)).await?;
            Box::pin(unless_stopped(&app.stop, World::sandbox(local))).await
        }
        None => Box::pin(unless_stopped(&app.stop, World::real())).await,
    }
}

/// Where states are kept.
pub(crate) fn place(app: &App, folder: &Path, sandbox: Option<&str>) -> Place {
    match &app.global.state {
        Some(Place::Folder(named)) => Place::Folder(app.environment.here.join(named)),
        Some(bucket) => bucket.clone(),
        None => Place::Folder(local(folder, sandbox)),
    }
}

/// What keeps states in a place. `aws` is how a bucket is reached.
pub(crate) fn store(
    place: Place,
    aws: impl FnOnce() -> SdkConfig,
) -> Result<Box<dyn Upkeep>, Failure> {
    Ok(match place {
        Place::Folder(root) => Box::new(DirStore::new(root)),
        Place::Bucket(bucket) => {
            let store = groundplan_state_s3::store(&aws(), bucket);
            Box::new(store.map_err(|error| Failure::from(&error))?)
        }
    })
}

/// Who takes a lease from here.
pub(crate) fn holder(app: &App, who: String, command: &str) -> Holder {
    Holder {
        who,
        host: app.environment.host.clone(),
        pid: std::process::id(),
        command: command.to_owned(),
        since: jiff::Timestamp::now(),
    }
}

/// The user of this machine, where no cloud is asked who that is.
pub(crate) fn local_user() -> String {
    environment::variable("USER").unwrap_or_else(|| "a local user".to_owned())
}

impl<'a> Run<'a> {
    /// Finds out which world this is. Nothing else is read before that is known.
    pub(crate) async fn enter(app: &'a App, stack: &str, folder: &Path) -> Result<Self, Failure> {
        let world = world(app).await?;
        let id = world.sandbox.as_ref().map(|local| local.running.id.as_str());
        if let Some(id) = id
            && app.global.state.is_none()
        {
            sandbox::say_what_is_left(app, &folder.join(STATES), id);
        }
        let place = place(app, folder, id);
        tracing::info!(stack, realm = %world.realm, caller = world.caller.arn, state = %place, "run");
        // What stands in for a cluster belongs to the state that records it.
        let local = match &place {
            Place::Folder(root) => root.clone(),
            Place::Bucket(_) => local(folder, id),
        };
        let store = store(place, || world.aws.config().clone())?;
        let (stack, folder) = (stack.to_owned(), folder.to_owned());
        Ok(Self { app, world, stack, folder, local, store })
    }

    /// A run over a bucket for states, and the folder of its record, which is on this machine until the
    /// run has come to its end.
    pub(crate) async fn for_bucket(
        app: &'a App,
        stack: &str,
        bucket: &str,
    ) -> Result<(Self, PathBuf), Failure> {
        let (world, folder) = (world(app).await?, app.folder());
        let id = world.sandbox.as_ref().map(|local| local.running.id.as_str());
        let local = local(&folder, id);
        let record = local.join(BUCKETS).join(bucket);
        let store = Box::new(DirStore::new(&record));
        Ok((Self { app, world, stack: stack.to_owned(), folder, local, store }, record))
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
        // A state of another world is refused before a lock file is made beside it.
        self.load().await?;
        let waiting = lock::Waiter::new(self.app);
        let holder = self.holder(command);
        let opened =
            self.store.open_or_wait(&self.stack, &self.world.realm, holder, waiting.wait());
        let session = unless_stopped(&self.app.stop, async {
            opened.await.map_err(|error| Failure::from(&error))
        })
        .await?;
        match self.admit(session.snapshot()) {
            Ok(()) => Ok(session),
            Err(other_world) => {
                lock::give_back(session).await;
                Err(other_world)
            }
        }
    }

    /// Keeps a state that was rebuilt, where there is none.
    pub(crate) async fn begin(&self, snapshot: Snapshot, command: &str) -> Result<(), Failure> {
        let begun = self.store.begin(snapshot, self.holder(command)).await;
        for line in begun.map_err(|error| Failure::from(&error))? {
            self.app.screen.note(&line);
        }
        Ok(())
    }

    fn holder(&self, command: &str) -> Holder {
        holder(self.app, self.world.caller.arn.clone(), command)
    }

    fn admit(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        self.world.admit(snapshot, &self.store.place(&self.stack))
    }

    /// The folder that workloads are written to where there is no cluster to run them.
    pub(crate) fn rendered(&self) -> PathBuf {
        self.local.join("rendered")
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
    pub(crate) fn show(&self, plan: &Plan, digest: &str) {
        let screen = self.app.screen;
        screen.json("plan", &json::plan(plan, digest));
        screen.page(&render::plan::plan(plan, screen.paint()));
    }
}

/// Whether something is released with helm, now or after.
pub(crate) fn releases(graph: &Graph, snapshot: &Snapshot) -> bool {
    let asked = graph.addresses();
    let recorded = snapshot.all().map(|(address, ..)| address);
    asked.chain(recorded).any(|address| address.kind() == helm::KIND)
}
