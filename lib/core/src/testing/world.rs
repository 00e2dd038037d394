//! A cloud, a store, and processes that plan and apply on them.

use super::{Broken, MemStore, Mortal, Process, SimCloud, Weather, invariants, registry};
use crate::{
    ApplyError, ApplySettings, Cx, CxBuilder, Events, Graph, HandoverError, Mode, Plan, PlanError,
    Refreshed, Registry, Report, Settings, Stack, apply, hand_over, plan, refresh,
};
use groundplan_state::{Address, Holder, Realm, Run, Session, Snapshot, Store};
use std::{collections::BTreeSet, sync::Arc};

/// What outlives a process, as one process meets it. Clones are the same world.
#[derive(Clone, Debug)]
pub struct World {
    /// The cloud.
    pub cloud: SimCloud,
    store: Arc<dyn Store>,
    process: Process,
    stack: String,
    registry: Registry,
    events: Events,
}

/// How a process ended.
#[derive(Debug)]
pub enum End {
    /// It died.
    Died,
    /// There was no plan.
    NoPlan(PlanError),
    /// The plan was refused, or the state could not be written.
    Refused(ApplyError),
    /// It came to its end; the report says how.
    Ran(Report),
}

impl End {
    /// The report of a run that came to its end.
    ///
    /// # Panics
    /// If it did not.
    pub fn report(self) -> Report {
        match self {
            Self::Ran(report) => report,
            other => panic!("the run did not come to its end: {other:?}"),
        }
    }
}

impl From<PlanError> for End {
    fn from(error: PlanError) -> Self {
        Self::NoPlan(error)
    }
}

impl From<ApplyError> for End {
    fn from(error: ApplyError) -> Self {
        Self::Refused(error)
    }
}

impl World {
    /// An empty world for a stack, in which the simulated kinds are known and all is well. The same
    /// seed treats the same runs the same way.
    pub fn new(stack: &str, seed: u64) -> Self {
        Self {
            cloud: SimCloud::new(seed),
            store: Arc::new(MemStore::default()),
            process: Process::healthy(),
            stack: stack.to_owned(),
            registry: registry(),
            events: Events::none(),
        }
    }

    /// The same with these kinds instead.
    #[must_use]
    pub fn with_kinds(self, registry: Registry) -> Self {
        Self { registry, ..self }
    }

    /// The same with another store.
    #[must_use]
    pub fn with_store(self, store: Arc<dyn Store>) -> Self {
        Self { store, ..self }
    }

    /// The same with somebody who listens.
    #[must_use]
    pub fn with_events(self, events: Events) -> Self {
        Self { events, ..self }
    }

    /// The same world as this process meets it, in this weather.
    #[must_use]
    pub fn seen_by(&self, process: &Process, weather: Weather) -> Self {
        let cloud = self.cloud.seen_by(process, weather);
        Self { cloud, process: process.clone(), ..self.clone() }
    }

    /// The recorded state.
    ///
    /// # Panics
    /// If the store cannot be read.
    pub async fn snapshot(&self) -> Snapshot {
        let loaded = self.store.load(&self.stack).await.expect("BUG: the store can be read");
        loaded.map_or_else(|| Snapshot::new(&self.stack, Realm::Simulation), |l| l.snapshot)
    }

    fn cx(&self, snapshot: &Snapshot) -> Cx {
        CxBuilder::new(&self.stack)
            .lineage(&snapshot.lineage)
            .with(self.cloud.clone())
            .events(self.events.clone())
            .build()
    }

    /// Freezes a program.
    ///
    /// # Panics
    /// If the program has mistakes.
    pub fn graph(&self, stack: Stack) -> Graph {
        stack.freeze(&self.registry).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// Plans without applying.
    pub async fn plan(&self, graph: &Graph, settings: &Settings) -> Result<Plan, PlanError> {
        let snapshot = self.snapshot().await;
        plan(graph, &snapshot, &self.registry, &self.cx(&snapshot), settings).await
    }

    /// One process: opens the state, plans, applies; unless it dies on the way.
    pub async fn run(&self, graph: &Graph, settings: Settings) -> End {
        let unprotect = settings.unprotect.clone();
        let life = async {
            let mut session = self.open().await?;
            let cx = self.cx(session.snapshot());
            let plan = plan(graph, session.snapshot(), &self.registry, &cx, &settings).await?;
            self.act(plan, session.as_mut(), unprotect).await
        };
        self.unless_it_dies(life).await
    }

    /// One process that applies a plan which was made before.
    pub async fn carry_out(&self, plan: Plan) -> End {
        let life = async {
            let mut session = self.open().await?;
            self.act(plan, session.as_mut(), BTreeSet::new()).await
        };
        self.unless_it_dies(life).await
    }

    async fn unless_it_dies(&self, life: impl Future<Output = Result<Report, End>>) -> End {
        tokio::select! {
            biased;
            () = self.process.died() => End::Died,
            end = life => end.map_or_else(|end| end, End::Ran),
        }
    }

    async fn open(&self) -> Result<Box<dyn Session>, End> {
        let store = Mortal::new(self.store.clone(), &self.process);
        let opened = store.open(&self.stack, &Realm::Simulation, holder()).await;
        opened.map_err(|error| End::Refused(error.into()))
    }

    async fn act(
        &self,
        plan: Plan,
        session: &mut dyn Session,
        unprotect: BTreeSet<Address>,
    ) -> Result<Report, End> {
        let how = ApplySettings { at_once: 8, unprotect, run: record() };
        let cx = self.cx(session.snapshot());
        Ok(apply(plan, session, &self.registry, &cx, how).await?)
    }

    /// Brings about what a program says.
    pub async fn apply(&self, stack: Stack) -> End {
        let graph = self.graph(stack);
        self.run(&graph, Settings::new(Mode::Apply)).await
    }

    /// Another stack in the same cloud, with a state of its own.
    #[must_use]
    pub fn beside(&self, stack: &str) -> Self {
        Self { stack: stack.to_owned(), store: Arc::new(MemStore::default()), ..self.clone() }
    }

    /// One process that hands a resource over to another stack; unless it dies on the way.
    ///
    /// # Panics
    /// If it cannot go there.
    pub async fn hand_over(&self, address: &Address, to: &Self, named: &Address) -> End {
        let life = async {
            let (mut from, mut to) = (self.open().await?, to.open().await?);
            match hand_over(from.as_mut(), address, to.as_mut(), named).await {
                Ok(_) => Ok(Report::default()),
                Err(HandoverError::Store(error)) => Err(End::Refused(error.into())),
                Err(refused) => panic!("{refused}"),
            }
        };
        self.unless_it_dies(life).await
    }

    /// Reads every recorded object.
    ///
    /// # Errors
    /// If a read fails.
    pub async fn refresh(&self) -> Result<Refreshed, PlanError> {
        let snapshot = self.snapshot().await;
        refresh(&snapshot, &self.registry, &self.cx(&snapshot)).await
    }

    /// Writes down what a refresh found to be out of date.
    ///
    /// # Panics
    /// If the state cannot be written.
    pub async fn record(&self, refreshed: Refreshed) {
        let mut session = self.open().await.expect("BUG: the store can be written");
        refreshed.record(session.as_mut(), record()).await.expect("BUG: the store can be written");
    }

    /// Removes everything.
    pub async fn destroy(&self) -> End {
        self.run(&Graph::empty(&self.stack), Settings::new(Mode::Destroy)).await
    }

    /// Whether the world is as a complete run of this program must leave it.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub async fn check(&self, graph: &Graph) -> Result<(), Broken> {
        invariants::check(&self.cloud, &self.snapshot().await, graph, &self.registry)
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

fn record() -> Run {
    Run {
        command: "apply".into(),
        who: "tester".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        version: "0".into(),
        commit: None,
        plan: None,
    }
}
