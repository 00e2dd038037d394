//! A cloud, a store, and processes that plan and apply on them.

use groundplan_core::{
    Address, ApplyError, ApplySettings, CancellationToken, Cx, CxBuilder, Event, Events, Graph,
    Mode, Plan, PlanError, Report, Settings, Stack, apply, plan,
    sim::{self, MemStore, SimCloud, Weather},
};
use groundplan_state::{Holder, Realm, Run, Snapshot, Store};
use std::sync::{Arc, Mutex};

pub(crate) const STACK: &str = "test";

/// What outlives a process.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) cloud: SimCloud,
    pub(crate) store: MemStore,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It died.
    Died,
    NoPlan(PlanError),
    Refused(ApplyError),
    Ran(Report),
}

impl End {
    pub(crate) fn report(self) -> Report {
        match self {
            Self::Ran(report) => report,
            Self::NoPlan(error) => panic!("no plan: {error}"),
            other => panic!("the run did not end by itself: {other:?}"),
        }
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self { cloud: SimCloud::new(seed), store: MemStore::default() }
    }

    /// The same world for a process that meets this weather and dies after so many records.
    pub(crate) fn with(&self, weather: Weather, dies_after: Option<u64>) -> Self {
        Self { cloud: self.cloud.with_weather(weather), store: self.store.dying_after(dies_after) }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.store.snapshot().unwrap_or_else(|| Snapshot::new(STACK, Realm::Simulation))
    }

    fn cx(&self, lineage: &str, events: &Arc<Mutex<Vec<Event>>>) -> Cx {
        let sink = events.clone();
        CxBuilder::new(STACK)
            .lineage(lineage)
            .with(self.cloud.clone())
            .events(Events::to(move |event| sink.lock().expect("no panic").push(event)))
            .cancel(CancellationToken::new())
            .build()
    }

    pub(crate) async fn plan(&self, stack: Stack) -> Plan {
        self.plan_with(stack, &Settings::new(Mode::Apply)).await.expect("a plan")
    }

    pub(crate) async fn plan_with(
        &self,
        stack: Stack,
        settings: &Settings,
    ) -> Result<Plan, PlanError> {
        let graph = stack.freeze(&sim::registry()).expect("a sound program");
        let snapshot = self.snapshot();
        let cx = self.cx(&snapshot.lineage.to_string(), &Arc::default());
        plan(&graph, &snapshot, &sim::registry(), &cx, settings).await
    }

    pub(crate) async fn apply(&self, stack: Stack) -> End {
        let graph = stack.freeze(&sim::registry()).expect("a sound program");
        self.process(&graph, Settings::new(Mode::Apply)).await.0
    }

    pub(crate) async fn destroy(&self) -> End {
        self.process(&Graph::empty(STACK), Settings::new(Mode::Destroy)).await.0
    }

    /// One process: opens the state, plans, applies, and may die anywhere.
    pub(crate) async fn process(&self, graph: &Graph, settings: Settings) -> (End, Vec<Event>) {
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let life = async {
            let holder = Holder {
                who: "tester".into(),
                host: "here".into(),
                pid: 1,
                command: "apply".into(),
                since: jiff::Timestamp::UNIX_EPOCH,
            };
            let mut session =
                self.store.open(STACK, &Realm::Simulation, holder).await.expect("memory");
            let cx = self.cx(&session.snapshot().lineage.to_string(), &events);
            let plan = match plan(graph, session.snapshot(), &sim::registry(), &cx, &settings).await
            {
                Ok(plan) => plan,
                Err(error) => return End::NoPlan(error),
            };
            let settings =
                ApplySettings { at_once: 8, unprotect: settings.unprotect.clone(), run: run() };
            match apply(plan, session.as_mut(), &sim::registry(), &cx, settings).await {
                Ok(report) => End::Ran(report),
                Err(error) => End::Refused(error),
            }
        };
        let end = tokio::select! {
            biased;
            () = self.cloud.died() => End::Died,
            () = self.store.died() => End::Died,
            end = life => end,
        };
        let events = events.lock().expect("no panic").clone();
        (end, events)
    }

    /// The three invariants after a complete run of a program: every object of the cloud is recorded,
    /// everything recorded is in the cloud, and each is as recorded.
    pub(crate) fn check(&self) {
        let snapshot = self.snapshot();
        let mut objects = self.cloud.objects();
        assert!(snapshot.deposed.is_empty(), "left aside: {:?}", snapshot.deposed);
        for (address, entry) in &snapshot.entries {
            if address.kind() == "sim.sum" {
                continue;
            }
            assert_eq!(entry.status, groundplan_state::Status::Ready, "{address}");
            let id = entry.outputs.as_ref().and_then(|o| o["id"].as_str()).expect("an id");
            let place = objects.iter().position(|o| o.id == id);
            let object = objects
                .remove(place.unwrap_or_else(|| panic!("phantom: {address} is not in the cloud")));
            for (field, value) in entry.inputs.as_object().expect("fields") {
                let live = if field == "nets" {
                    groundplan_core::to_json(&object.holds)
                } else {
                    object.fields[field].clone()
                };
                assert_eq!(live, *value, "{address} `{field}`");
            }
        }
        assert!(
            objects.is_empty(),
            "orphans: {objects:?}\nentries: {:#?}\ncalls: {:?}",
            snapshot.entries,
            self.cloud.calls()
        );
    }
}

pub(crate) fn run() -> Run {
    Run {
        command: "apply".into(),
        who: "tester".into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        version: "0".into(),
        commit: None,
        plan: None,
    }
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}
