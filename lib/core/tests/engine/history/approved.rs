//! A plan is approved, the world goes on, the plan is applied: what is done is what was planned, or
//! nothing is done and the difference is named. What was done is read from the cloud's own calls.

use super::{
    acts::Stranger,
    outside::{drift, plant},
    program::Program,
};
use crate::world::STACK;
use fastrand::Rng;
use groundplan_core::{
    Action, Address, Approved, Change, Json, Mode, Settings, TAG_ADDRESS, is_known,
    testing::{End, Moment, Object, Point, Process, Weather, World},
};
use groundplan_state::{Snapshot, Status};
use std::collections::BTreeMap;

/// How many scenarios a test run goes through.
const SCENARIOS: u64 = 2000;

#[derive(Debug, Default)]
struct Tally {
    /// Done as planned, nothing having happened in between.
    undisturbed: u64,
    /// Done as planned, though something had.
    done: u64,
    refused: u64,
    /// Done as planned by a second process after the first one died over it.
    resumed: u64,
}

/// What happens between plan and apply.
#[derive(Debug)]
enum Between {
    Nothing,
    Drift { object: usize, lose: bool },
    Stranger(Stranger),
    OthersApply(Program),
    OtherProgram(Program),
}

impl Between {
    fn random(rng: &mut Rng, program: &Program) -> Self {
        match rng.u8(..6) {
            0 => Self::Nothing,
            1 | 2 => Self::Drift { object: rng.usize(..64), lose: rng.bool() },
            3 => Self::Stranger(Stranger::random(rng)),
            4 => Self::OthersApply(program.edited(rng)),
            _ => Self::OtherProgram(program.edited(rng)),
        }
    }
}

#[test]
fn what_is_done_is_what_was_approved_or_nothing() {
    let mut tally = Tally::default();
    for seed in 0..SCENARIOS {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(scenario(seed, &mut tally));
    }
    let enough = SCENARIOS / 20;
    let all = [tally.undisturbed, tally.done, tally.refused, tally.resumed];
    assert!(all.iter().all(|n| *n > enough), "gentle scenarios prove nothing: {tally:?}");
}

async fn scenario(seed: u64, tally: &mut Tally) {
    fastrand::seed(seed);
    let mut rng = Rng::with_seed(seed);
    let world = World::new(STACK, seed);
    let first = Program::random(&mut rng, 8);
    world.apply(first.stack()).await.report();
    let wanted = if rng.bool() { first.edited(&mut rng) } else { first.replaced(&mut rng, 8) };
    let between = Between::random(&mut rng, &wanted);
    let end = (rng.u8(..3) == 0).then(|| point(&mut rng, &wanted));

    let graph = world.graph(wanted.stack());
    let replace = graph.addresses().nth(rng.usize(..20)).filter(|a| a.kind() != "sim.sum");
    let replace = replace.filter(|_| rng.u8(..4) == 0).cloned().into_iter().collect();
    let settings = Settings { replace, ..Settings::new(Mode::Apply) };
    let plan = world.plan(&graph, &settings).await.expect("nothing is in the way");
    let saved = serde_json::to_string(&plan.approved(&graph)).expect("JSON");
    let approved: Approved = serde_json::from_str(&saved).expect("what was just written");
    assert_eq!(approved.digest(), plan.digest(&graph), "seed {seed}: a file is as good as a plan");

    let told = format!("seed {seed}: {between:?}, dies {end:?}\nfirst {first}\nwanted {wanted}");
    let mut cut_off = false;
    let first_call = world.cloud.changes();
    if let Some(point) = end {
        let before = Looked::at(&world).await;
        let mortal = world.seen_by(&Process::dying_at(point), Weather::default());
        cut_off = matches!(mortal.carry_out(plan).await, End::Died);
        before.check(&world, &approved, &told).await;
    }
    let now = match happen(&world, &between).await {
        Some(other) => world.graph(other.stack()),
        None => graph,
    };
    tokio::time::sleep(std::time::Duration::from_mins(2)).await;

    let before = Looked::at(&world).await;
    let replace = approved.still_to_replace(&before.state);
    let settings = Settings { replace, ..Settings::new(Mode::Apply) };
    let Ok(plan) = world.plan(&now, &settings).await else {
        tally.refused += 1;
        return;
    };
    let differences = plan.differences(&now, &approved);
    if !differences.is_empty() {
        let undisturbed = matches!(between, Between::Nothing);
        assert!(!undisturbed, "{told}\nnothing happened, and yet {differences:#?}");
        tally.refused += 1;
        return;
    }
    let report = world.carry_out(plan).await.report();
    before.check(&world, &approved, &told).await;
    if !report.complete() {
        // Somebody has taken the name of what was to be made: the step says so, and no plan can know.
        let stranger = matches!(between, Between::Stranger(_));
        assert!(stranger && !report.failed.is_empty(), "{told}\n{report:?}");
        tally.refused += 1;
        return;
    }
    world.check(&now).await.unwrap_or_else(|broken| panic!("{told}\n{broken}"));
    if matches!(between, Between::Nothing) {
        once_each(&world, first_call, &told).await;
    }
    match between {
        _ if cut_off => tally.resumed += 1,
        Between::Nothing => tally.undisturbed += 1,
        _ => tally.done += 1,
    }
}

/// Whether no resource of one name was made twice, however often the plan was applied.
async fn once_each(world: &World, first_call: usize, told: &str) {
    let state = world.snapshot().await;
    let mut made = BTreeMap::new();
    for call in world.cloud.calls()[first_call..].iter().filter(|call| call.verb == "create") {
        if let Some(address) = recorded(&state, &call.id) {
            *made.entry(address).or_insert(0) += 1;
        }
    }
    // What a dead run made and a second one made again is gone, and not on record.
    let creates = |kind: &str| {
        let calls = world.cloud.calls();
        calls[first_call..].iter().filter(|c| c.verb == "create" && c.kind == kind).count()
    };
    for kind in ["sim.net", "sim.host", "sim.gate"] {
        let of_kind = made.iter().filter(|(address, _)| address.kind() == kind).count();
        assert_eq!(creates(kind), of_kind, "{told}\nsomething of {kind} was made and made again");
    }
}

fn point(rng: &mut Rng, program: &Program) -> Point {
    let moment = if rng.bool() { Moment::Before } else { Moment::After };
    let n = rng.u64(1..=2 + program.len());
    if rng.bool() { Point::Call(n, moment) } else { Point::Record(n, moment) }
}

/// Lets it happen; the program that is applied in place of the planned one, if one is.
async fn happen<'a>(world: &World, between: &'a Between) -> Option<&'a Program> {
    match between {
        Between::Nothing => {}
        Between::Drift { object, lose } => drop(drift(&world.cloud, *object, *lose)),
        Between::Stranger(stranger) => drop(plant(&world.cloud, *stranger)),
        Between::OthersApply(program) => drop(world.apply(program.stack()).await),
        Between::OtherProgram(program) => return Some(program),
    }
    None
}

/// The world before a process sets to work.
struct Looked {
    objects: BTreeMap<String, Object>,
    state: Snapshot,
    calls: usize,
}

impl Looked {
    async fn at(world: &World) -> Self {
        let objects = world.cloud.objects().into_iter().map(|o| (o.id.clone(), o)).collect();
        Self { objects, state: world.snapshot().await, calls: world.cloud.changes() }
    }

    /// Every call since was planned, and changed what the plan showed to what it showed.
    async fn check(&self, world: &World, approved: &Approved, told: &str) {
        let after = Self::at(world).await;
        for call in &world.cloud.calls()[self.calls..] {
            let object = after.objects.get(&call.id).or(self.objects.get(&call.id));
            // The mark of a renamed one still says the old name.
            let address = recorded(&after.state, &call.id)
                .or_else(|| recorded(&self.state, &call.id))
                .or_else(|| object.and_then(address));
            // What has no mark and was never recorded is known by nobody.
            let Some(address) = address else { continue };
            let planned: Vec<_> =
                approved.changes.iter().filter(|c| once(&c.address) == once(&address)).collect();
            let allowed = planned.iter().any(|change| allows(change, call.verb));
            assert!(allowed, "{told}\n{call} of {address} was not planned: {planned:#?}");
            if let (Some(old), Some(new)) =
                (self.objects.get(&call.id), after.objects.get(&call.id))
            {
                let unfinished =
                    self.state.all().any(|(a, _, e)| *a == address && e.status != Status::Ready);
                fields(old, new, &planned, unfinished)
                    .unwrap_or_else(|what| panic!("{told}\n{call} of {address}: {what}"));
            }
        }
    }
}

fn address(object: &Object) -> Option<Address> {
    object.tags.get(TAG_ADDRESS)?.parse().ok()
}

/// A resource by the name that it had before all renames.
fn once(address: &Address) -> (&str, &str) {
    (address.kind(), address.name().split('-').next().unwrap_or_default())
}

fn recorded(state: &Snapshot, id: &str) -> Option<Address> {
    let mut all = state.all();
    let is_it = |outputs: &Option<Json>| outputs.as_ref().is_some_and(|o| o["id"] == id);
    all.find(|(_, _, entry)| is_it(&entry.outputs)).map(|(address, ..)| address.clone())
}

fn allows(change: &Change, verb: &str) -> bool {
    match change.action {
        Action::Create { .. } => verb != "delete",
        Action::Update | Action::Finish => verb == "update",
        Action::Replace { .. } => true,
        Action::Delete { .. } => verb == "delete",
        _ => false,
    }
}

/// Whether each field that changed was shown, with what it was and what it became.
fn fields(old: &Object, new: &Object, planned: &[&Change], unfinished: bool) -> Result<(), String> {
    let (Some(old), Some(new)) = (old.fields.as_object(), new.fields.as_object()) else {
        return Ok(());
    };
    for (name, value) in
        new.iter().filter(|(name, value)| *name != "ip" && old.get(*name) != Some(*value))
    {
        let mut shown = planned.iter().flat_map(|c| &c.fields).filter(|field| field.path == *name);
        let before = old.get(name).unwrap_or(&Json::Null);
        // One that was made a moment ago gets all that it is to have.
        let is_new = |change: &&Change| allows(change, "create");
        if before.is_null() && planned.iter().any(is_new) {
            continue;
        }
        let fits = shown.any(|field| {
            (field.unknown || !is_known(&field.after) || field.after == *value)
                && (unfinished || field.before == *before || field.before.is_null())
        });
        if !fits {
            return Err(format!(
                "`{name}` went from {before} to {value}, which the plan did not show"
            ));
        }
    }
    Ok(())
}
