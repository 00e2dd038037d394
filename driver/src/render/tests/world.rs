//! A cloud, a state, and programs on them.

use crate::render::paint::Paint;
use groundplan::{
    ApplyError, ApplySettings, CancellationToken, Cx, CxBuilder, Event, Events, Fields, Json, Live,
    Meta, Mode, Ownership, Plan, PlanError, Preview, PreviewObject, Registry, Report, Resource,
    Result, Seen, Settings, Stack, StepCx, Val, Wanted, json,
    testing::{self, Host, MemStore, Net, NetHandle, Object, Rule, SimCloud, Sum},
    to_json,
};
use groundplan_state::{Holder, Realm, Run, Session, Snapshot, Store};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};

pub(crate) const PAINT: Paint = Paint { color: false, width: 100, unicode: true };

/// What outlives a process.
pub(crate) struct World {
    pub(crate) cloud: SimCloud,
    pub(crate) store: MemStore,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    pub(crate) stop: CancellationToken,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            cloud: SimCloud::new(1),
            store: MemStore::default(),
            events: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    /// A world in which this program was applied.
    pub(crate) async fn with(program: Stack) -> Self {
        let world = Self::new();
        assert!(world.apply(program).await.complete());
        world.events.lock().unwrap().clear();
        world
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.store.snapshot("test").unwrap_or_else(|| Snapshot::new("test", Realm::Simulation))
    }

    fn cx(&self, snapshot: &Snapshot) -> Cx {
        let sink = self.events.clone();
        CxBuilder::new("test")
            .lineage(&snapshot.lineage)
            .with(self.cloud.clone())
            .events(Events::to(move |event| sink.lock().unwrap().push(event)))
            .cancel(self.stop.clone())
            .build()
    }

    pub(crate) async fn plan(&self, program: Stack) -> Plan {
        self.plan_with(program, Settings::new(Mode::Apply)).await.unwrap()
    }

    pub(crate) async fn plan_with(
        &self,
        program: Stack,
        settings: Settings,
    ) -> std::result::Result<Plan, PlanError> {
        let graph = program.freeze(&registry()).unwrap();
        let snapshot = self.snapshot();
        groundplan::plan(&graph, &snapshot, &registry(), &self.cx(&snapshot), &settings).await
    }

    pub(crate) async fn session(&self) -> Box<dyn Session> {
        let holder = Holder {
            who: "tester".into(),
            host: "here".into(),
            pid: 1,
            command: "apply".into(),
            since: jiff::Timestamp::UNIX_EPOCH,
        };
        self.store.open("test", &Realm::Simulation, holder).await.unwrap()
    }

    pub(crate) async fn apply(&self, program: Stack) -> Report {
        self.try_apply(program, Settings::new(Mode::Apply)).await.unwrap()
    }

    pub(crate) async fn try_apply(
        &self,
        program: Stack,
        settings: Settings,
    ) -> std::result::Result<Report, ApplyError> {
        let graph = program.freeze(&registry()).unwrap();
        let mut session = self.session().await;
        let cx = self.cx(session.snapshot());
        let plan = groundplan::plan(&graph, session.snapshot(), &registry(), &cx, &settings).await;
        self.carry_out(plan.unwrap(), session.as_mut()).await
    }

    pub(crate) async fn carry_out(
        &self,
        plan: Plan,
        session: &mut dyn Session,
    ) -> std::result::Result<Report, ApplyError> {
        let cx = self.cx(session.snapshot());
        let run = Run {
            command: "apply".into(),
            who: "tester".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            version: "0".into(),
            commit: None,
            plan: None,
        };
        let settings = ApplySettings { at_once: 1, unprotect: [].into(), run };
        groundplan::apply(plan, session, &registry(), &cx, settings).await
    }

    /// The id of the first object of a kind.
    pub(crate) fn id(&self, kind: &str) -> String {
        self.cloud.objects().into_iter().find(|o| o.kind == kind).unwrap().id
    }
}

pub(crate) fn registry() -> Registry {
    testing::registry().with::<Release>()
}

pub(crate) fn net(stack: &mut Stack, name: &str, cidr: &str, mtu: u32) -> NetHandle {
    let tags = [("team".to_owned(), "data".to_owned())].into();
    stack.add(name, Net { cidr: cidr.into(), mtu, tags })
}

/// Two networks, a host in both, and a rule that leads to it.
pub(crate) fn platform(cidr: &str, mtu: u32, size: u32) -> Stack {
    let mut program = Stack::new("test");
    let main = net(&mut program, "main", cidr, mtu);
    let other = net(&mut program, "side", "10.9.0.0/16", 1500);
    let nets = vec![main.id(), other.id()];
    let host = program.add("web", Host { nets, image: "a".into(), size });
    let names = program.derive("names", Sum { of: vec![main.id(), host.name()] });
    let target = groundplan::text!("{}/{}", host.ip(), names.text());
    program.add("in", Rule { net: main.id(), port: 80, target });
    program.output("address", host.ip());
    program
}

/// A release of many objects, as a chart would be, whose objects its values give.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Release {
    pub(crate) chart: String,
    pub(crate) policy: Val<String>,
    pub(crate) script: String,
    pub(crate) rules: Vec<Json>,
}

groundplan::outputs! {
    /// What the cloud assigned to a [`Release`].
    pub struct ReleaseOutputs -> ReleaseHandle {
        /// The id.
        id: String,
    }
}

impl Resource for Release {
    const KIND: &'static str = "test.release";
    const META: Meta = Meta {
        documents: &["policy"],
        previews: true,
        ownership: Ownership::ParentAndKey,
        ..Meta::DEFAULT
    };
    type Outputs = ReleaseOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ReleaseOutputs>>> {
        let all = cx.extension::<SimCloud>().list(Self::KIND).await?;
        let see = |w: &Wanted<Self>| {
            if w.inputs.chart == "of a hidden cluster" {
                return Seen::Unverified("the cluster cannot be reached from here".into());
            }
            let one = all.iter().find(|o| w.outputs.as_ref().is_some_and(|known| known.id == o.id));
            one.map_or(Seen::Absent, |one| {
                let live = Live::new(ReleaseOutputs { id: one.id.clone() }, one.fields.clone());
                live.leaving(one.fields["chart"] == "on its way out").into()
            })
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<ReleaseOutputs> {
        let object = Object::new(Self::KIND, to_json(self), [].into());
        Ok(ReleaseOutputs { id: cx.extension::<SimCloud>().create(None, object).await?.id })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ReleaseOutputs,
        _: &Fields,
    ) -> Result<ReleaseOutputs> {
        cx.extension::<SimCloud>().update(&live.id, |o| o.fields = to_json(self)).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &ReleaseOutputs) -> Result<()> {
        cx.extension::<SimCloud>().delete(&live.id).await
    }

    async fn preview(_: &Cx, before: Option<&Self>, draft: &Json) -> Result<Option<Preview>> {
        let object = |action: &str, object: &str| PreviewObject {
            action: action.into(),
            object: object.into(),
            changes: Vec::new(),
            risks: Vec::new(),
        };
        let objects = match before {
            None => vec![
                object("run", "Job hub/migrate"),
                object("create", "ConfigMap hub/one"),
                object("create", "ConfigMap hub/two"),
                object("create", "Deployment hub/web"),
            ],
            Some(before) => {
                let image = |chart: &str| json!(format!("hub:{chart}")).to_string();
                let chart = draft["chart"].as_str().unwrap_or_default();
                let path = "spec.template.spec.containers[web].image".to_owned();
                let changes = vec![(path, image(&before.chart), image(chart))];
                let web = PreviewObject { changes, ..object("update", "Deployment hub/web") };
                vec![web, object("delete", "ConfigMap hub/two")]
            }
        };
        Ok(Some(Preview { objects, notes: vec!["the Pods of Deployment hub/web restart".into()] }))
    }
}

/// A release of chart 1.
pub(crate) fn release(stack: &mut Stack, change: impl FnOnce(&mut Release)) {
    let policy = json!({
        "Statement": [{ "Action": ["s3:GetObject"], "Effect": "Allow", "Resource": "arn:aws:s3:::data/*" }],
        "Version": "2012-10-17",
    });
    let rules = (1..5).map(|port| json!({ "from": "10.0.0.0/8", "port": port })).collect();
    let script = "#!/bin/sh\nset -e\nstart\n".into();
    let mut release =
        Release { chart: "1".into(), policy: policy.to_string().into(), script, rules };
    change(&mut release);
    stack.add("hub", release);
}
