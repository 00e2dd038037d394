//! Lives through a history, and looks at every promise.

use super::{
    acts::{Act, History, Run, Stranger, Wakes},
    outside::{drift, plant},
    program::Program,
    rig::Rig,
};
use crate::world::STACK;
use groundplan_core::{
    Graph, Mode, Settings,
    testing::{Broken, End, Process, Weather, World},
};
use std::{cell::RefCell, collections::BTreeSet, time::Duration};
use tokio::task::JoinHandle;

/// What happened, in words.
#[derive(Default)]
pub(super) struct Told(RefCell<Vec<String>>);

impl Told {
    fn tell(&self, what: String) {
        self.0.borrow_mut().push(what);
    }

    pub(super) fn text(&self) -> String {
        self.0.borrow().join("\n")
    }
}

/// A process that stands still.
struct Frozen {
    process: Process,
    life: JoinHandle<End>,
    wakes: Wakes,
}

struct Course<'a> {
    world: World,
    frozen: Vec<Frozen>,
    /// Foreign objects whose owner takes them away before the last run, as nothing can be made beside them.
    in_the_way: Vec<String>,
    tally: Tally,
    told: &'a Told,
}

/// How rough histories were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) died: u64,
    pub(super) froze: u64,
    /// Frozen processes that changed the cloud after another one took over.
    pub(super) acted: u64,
    /// Histories with objects in the cloud, before the last run, that no record knew of.
    pub(super) strays: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.died += other.died;
        self.froze += other.froze;
        self.acted += other.acted;
        self.strays += other.strays;
    }
}

/// Lives through a history.
pub(super) async fn live(history: &History, rig: &Rig, told: &Told) -> Result<Tally, Broken> {
    // The jitter of pauses comes from this thread's generator.
    fastrand::seed(history.seed);
    let world = rig.world(history.seed);
    let (frozen, in_the_way, tally) = (Vec::new(), Vec::new(), Tally::default());
    let mut course = Course { world, frozen, in_the_way, tally, told };
    let ended = course.all(history).await;
    for call in course.world.cloud.calls() {
        told.tell(format!("  {call}"));
    }
    ended.map(|()| course.tally)
}

impl Course<'_> {
    async fn all(&mut self, history: &History) -> Result<(), Broken> {
        for (n, act) in history.acts.iter().enumerate() {
            let calls = self.world.cloud.changes();
            let what = self.act(act).await?;
            self.told.tell(format!("act {}: {what}; calls from {calls} on", n + 1));
        }
        self.wake(|_| true).await;
        for id in std::mem::take(&mut self.in_the_way) {
            self.world.cloud.withdraw(&id);
        }
        // All that lags has shown, and all that is slow is done.
        tokio::time::sleep(Duration::from_mins(2)).await;
        self.told.tell(format!("then the last run; calls from {} on", self.world.cloud.changes()));
        self.tally.strays += u64::from(self.strays().await > 0);
        self.last(&history.last).await
    }

    /// How many objects of ours no record knows of.
    async fn strays(&self) -> usize {
        let state = self.world.snapshot().await;
        let known: BTreeSet<_> = state
            .all()
            .map(|(_, _, entry)| entry)
            .chain(state.left.iter().map(|left| &left.entry))
            .filter_map(|entry| entry.outputs.as_ref()?["id"].as_str())
            .collect();
        let objects = self.world.cloud.objects();
        objects.iter().filter(|o| o.is_ours() && !known.contains(o.id.as_str())).count()
    }

    async fn act(&mut self, act: &Act) -> Result<String, Broken> {
        match act {
            Act::Run(run) => self.run(run).await,
            Act::Plan(program) => self.plan(program, false).await.map(|()| "planned".into()),
            Act::Drift { object, lose } => Ok(drift(&self.world.cloud, *object, *lose)),
            Act::Foreign(stranger) => Ok(self.foreign(*stranger)),
        }
    }

    async fn run(&mut self, run: &Run) -> Result<String, Broken> {
        self.wake(|wakes| wakes == Wakes::Soon).await;
        let process = Process::with(run.fate);
        let world = self.world.seen_by(&process, run.weather);
        let (graph, mode) = match &run.program {
            Some(program) => (world.graph(program.stack()), Mode::Apply),
            None => (Graph::empty(STACK), Mode::Destroy),
        };
        let settings = Settings { refresh: run.refresh, ..Settings::new(mode) };
        let mut life = tokio::spawn(async move { world.run(&graph, settings).await });
        let between = self.wake_between();
        let said = tokio::select! {
            end = &mut life => {
                let end = end.expect("no panic");
                self.tally.died += u64::from(matches!(end, End::Died));
                shown(&end)
            }
            () = process.froze() => {
                self.tally.froze += 1;
                self.frozen.push(Frozen { process: process.clone(), life, wakes: run.wakes });
                "it froze".to_owned()
            }
        };
        for one in between {
            self.ended(one).await;
        }
        // Whatever else went wrong, what is not ours is as it was.
        if let Some(what) = self.world.cloud.touched().into_iter().next() {
            return Err(Broken::Foreign(what));
        }
        self.wake(|wakes| wakes == Wakes::Late).await;
        Ok(said)
    }

    /// Lets those go on whose time comes while the next process is at work, which takes over at once.
    fn wake_between(&mut self) -> Vec<Frozen> {
        let is_due = |one: &mut Frozen| matches!(one.wakes, Wakes::Between(_));
        let due: Vec<_> = self.frozen.extract_if(.., is_due).collect();
        for Frozen { process, wakes, .. } in &due {
            let Wakes::Between(millis) = *wakes else { continue };
            let process = process.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                process.thaw();
            });
        }
        due
    }

    async fn wake(&mut self, is_due: impl Fn(Wakes) -> bool) {
        for one in self.frozen.extract_if(.., |f| is_due(f.wakes)).collect::<Vec<_>>() {
            let (before, wakes) = (self.world.cloud.changes(), one.wakes);
            one.process.thaw();
            self.ended(one).await;
            let acted = self.world.cloud.changes() > before && wakes != Wakes::Soon;
            self.tally.acted += u64::from(acted);
        }
    }

    async fn ended(&self, one: Frozen) {
        let end = one.life.await.expect("no panic");
        self.told.tell(format!("  a frozen process went on: {}", shown(&end)));
    }

    /// Plans, and looks whether that changed anything.
    async fn plan(&self, program: &Program, is_empty: bool) -> Result<(), Broken> {
        let graph = self.world.graph(program.stack());
        let before = (self.world.snapshot().await, self.world.cloud.changes());
        let plan = self.world.plan(&graph, &Settings::new(Mode::Apply)).await;
        let after = (self.world.snapshot().await, self.world.cloud.changes());
        // Until the first run there is no state, and no lineage.
        if before.1 != after.1 || (before.0.serial > 0 && before.0 != after.0) {
            return Err(Broken::PlanWrote(format!("{before:?} became {after:?}")));
        }
        match plan {
            Ok(plan) if is_empty && !plan.is_empty() => {
                Err(Broken::NotSettled(format!("{:?}", plan.changes)))
            }
            Err(error) if is_empty => Err(Broken::NotSettled(error.to_string())),
            _ => Ok(()),
        }
    }

    async fn last(&self, program: &Program) -> Result<(), Broken> {
        let calm = Weather {
            lag: Duration::from_secs(2),
            slow: Duration::from_secs(3),
            ..Weather::default()
        };
        let world = self.world.seen_by(&Process::healthy(), calm);
        let graph = world.graph(program.stack());
        complete(world.run(&graph, Settings::new(Mode::Apply)).await)?;
        world.check(&graph).await?;
        self.plan(program, true).await?;
        complete(world.destroy().await)?;
        world.check(&Graph::empty(STACK)).await
    }

    fn foreign(&mut self, stranger: Stranger) -> String {
        let Some((id, in_the_way)) = plant(&self.world.cloud, stranger) else {
            return "the name is taken".into();
        };
        if in_the_way {
            self.in_the_way.push(id.clone());
        }
        format!("{id} is there")
    }
}

fn complete(end: End) -> Result<(), Broken> {
    match end {
        End::Ran(report) if report.complete() => Ok(()),
        other => Err(Broken::Incomplete(shown(&other))),
    }
}

fn shown(end: &End) -> String {
    match end {
        End::Ran(report) => {
            let failed: Vec<_> = report.failed.iter().map(|(a, f)| format!("{a}: {f}")).collect();
            format!("{} steps done, failed {failed:?}, skipped {:?}", report.done, report.skipped)
        }
        End::NoPlan(error) => format!("no plan: {error} {:?}", error.fault()),
        End::Refused(error) => format!("refused: {error}"),
        End::Died => "it died".into(),
    }
}
