//! Going round: a sandbox, its legs, and the kills that are still to come on each.

use super::{
    cell::{Cell, cells, each_kind},
    count::Difference,
    leg::{Leg, bare, changed, example, moved},
    table::{Row, head, totals},
};
use crate::platform::{
    sweep::{Found, forget_linked_roles, look, look_inside},
    world::{Ended, Folder},
};
use groundplan_sandbox::Mode;
use std::collections::BTreeSet;

/// How fast things happen in the sandbox: fast, and still over several polls.
const PACE: f64 = 0.3;

/// The variable with a text that operations to kill at have in their names.
const ONLY: &str = "GROUNDPLAN_KILL";

/// Runs that may be needed after a kill before it is given up; any beyond the first is a manual step.
const PATIENCE: usize = 3;

/// How often a run is tried that did not ask for the operation again, as a poll may not be needed.
const TRIES: usize = 3;

/// A sandbox in which the platform goes round.
pub(super) struct Ground {
    folder: Folder,
    sandbox: &'static str,
    legs: Vec<Leg>,
    /// Which operations count.
    counts: fn(&str) -> bool,
    look: fn(&Folder) -> Found,
}

/// A leg on its way: what should be there after it, and the kills to come.
struct Way {
    leg: Leg,
    wanted: Found,
    to_come: Vec<Cell>,
    tried: usize,
}

impl Way {
    fn operations(&self) -> BTreeSet<String> {
        self.to_come.iter().map(|cell| cell.operation.clone()).collect()
    }
}

impl Ground {
    /// The whole platform, up and down, at AWS.
    pub(super) fn aws() -> Self {
        let folder = Folder::paced(Mode::AwsOnly, PACE);
        let settings = example(&folder);
        let [there, back] = Leg::there_and_back(&changed(&settings), &settings);
        let legs = vec![Leg::new("apply", &settings), there, back, Leg::down(&settings)];
        let counts = |operation: &str| !operation.starts_with("sts:");
        Self { folder, sandbox: "--sandbox=aws", legs, counts, look }
    }

    /// The whole platform, up and down, with its workloads in the cluster.
    pub(super) fn whole() -> Self {
        let folder = Folder::paced(Mode::Full, PACE);
        let settings = example(&folder);
        let legs = vec![Leg::new("apply", &settings), Leg::down(&settings)];
        let counts = |operation: &str| operation.starts_with("eks:");
        Self { folder, sandbox: "--sandbox", legs, counts, look }
    }

    /// The workloads, in a cluster that stays.
    pub(super) fn cluster() -> Self {
        let folder = Folder::paced(Mode::Full, PACE);
        let settings = example(&folder);
        let off = Leg::new("destroy", &bare(&settings));
        off.write(&folder);
        folder.run(&["--sandbox", "--yes"]).with(0);
        let [there, back] = Leg::there_and_back(&moved(&settings), &settings);
        let legs = vec![Leg::new("apply", &settings), there, back, off];
        let counts = |operation: &str| operation.starts_with("kubernetes:");
        let look = |folder: &Folder| {
            let (mut all, inside) = (look(folder), look_inside(folder));
            all.extend(inside);
            all
        };
        Self { folder, sandbox: "--sandbox", legs, counts, look }
    }

    /// Goes round until all kills are done, or so many on each leg.
    pub(super) fn go_round(&self, sample: Option<usize>) {
        let seed = seed();
        say(&format!("seed {seed}: GROUNDPLAN_SEED={seed} repeats the choice"));
        let mut random = fastrand::Rng::with_seed(seed);
        let mut ways: Vec<_> = self.legs.iter().map(|leg| self.record(leg)).collect();
        share(&mut ways);
        for way in &mut ways {
            say(&format!("{}: {} kills", way.leg.name, way.to_come.len()));
            if let Ok(only) = std::env::var(ONLY) {
                way.to_come.retain(|cell| cell.operation.contains(&only));
            }
            random.shuffle(&mut way.to_come);
            way.to_come.truncate(sample.unwrap_or(usize::MAX));
            // Taken from the end: what changes something comes first.
            way.to_come.sort_by_key(|cell| !cell.reads);
        }
        say(&head());
        let mut rows: Vec<Row> = Vec::new();
        while ways.iter().any(|way| !way.to_come.is_empty()) {
            let detour = ways.iter().any(|way| way.leg.detour && !way.to_come.is_empty());
            for way in ways.iter_mut().filter(|way| detour || !way.leg.detour) {
                rows.extend(self.pass(way));
            }
        }
        say(&totals(&rows));
        let bad: Vec<_> = rows.iter().filter(|row| !row.is_good()).collect();
        let table: Vec<_> = bad.iter().map(ToString::to_string).collect();
        let again = bad.first().map_or("", |row| &row.cell.operation);
        assert!(
            bad.is_empty(),
            "{ONLY}='{again}' tries it alone\n{}\n{}",
            head(),
            table.join("\n")
        );
        assert!(rows.iter().any(|row| row.killed), "nothing was killed");
    }

    /// Goes a leg undisturbed, and notes what it asks and what is there after it.
    fn record(&self, leg: &Leg) -> Way {
        leg.write(&self.folder);
        let before = self.folder.requests().len();
        self.run(leg.command).with(0);
        let lines = self.folder.requests().split_off(before);
        let all: BTreeSet<_> = cells(&lines);
        let counted = all.into_iter().filter(|cell| (self.counts)(&cell.operation));
        let to_come = if leg.detour {
            counted.flat_map(|cell| each_kind(cell, &self.folder)).collect()
        } else {
            counted.collect()
        };
        let wanted = (self.look)(&self.folder);
        self.leave(leg);
        Way { leg: leg.clone(), wanted, to_come, tried: 0 }
    }

    /// Goes a leg, with a kill on it if there is one to come.
    fn pass(&self, way: &mut Way) -> Option<Row> {
        let row = self.go(way);
        self.leave(&way.leg);
        row
    }

    /// The roles of AWS's services stay when all else goes, and would be made in the first round alone.
    fn leave(&self, leg: &Leg) {
        if leg.is_down() {
            forget_linked_roles(&self.folder);
        }
    }

    fn go(&self, way: &mut Way) -> Option<Row> {
        way.leg.write(&self.folder);
        let Some(cell) = way.to_come.pop() else {
            self.run(way.leg.command).with(0);
            return None;
        };
        self.folder.arm([cell.rule(&self.folder)]);
        let killed = self.run(way.leg.command);
        self.folder.disarm();
        way.tried += 1;
        if killed.code == 0 && way.tried < TRIES {
            way.to_come.push(cell);
            return None;
        }
        way.tried = 0;
        let mut ended = self.run(way.leg.command);
        let (next, mut manual) = (ended.code, 0);
        if next != 0 {
            say(&format!("{}\n{}", killed.said(), ended.said()));
        }
        while ended.code != 0 && manual < PATIENCE {
            ended = self.run(way.leg.command);
            manual += 1;
        }
        let plan = (!way.leg.is_down()).then(|| self.run(&["plan"]));
        let row = Row {
            leg: way.leg.name,
            cell,
            killed: killed.signal == Some(9),
            next,
            plan: plan.as_ref().map(|plan| plan.code),
            difference: Difference::of(&(self.look)(&self.folder), &way.wanted),
            manual,
        };
        say(&row.to_string());
        if let Some(plan) = plan.filter(|plan| plan.code != 0) {
            say(&plan.said());
        }
        assert_eq!(ended.code, 0, "it does not go on any more\n{}", ended.said());
        Some(row)
    }

    fn run(&self, command: &[&str]) -> Ended {
        self.folder.run(&[&[self.sandbox], command].concat())
    }
}

/// An operation of two legs of one name is met on one of them: on the first and the second in turn.
fn share(ways: &mut [Way]) {
    for at in 1..ways.len() {
        let (before, from) = ways.split_at_mut(at);
        let (first, second) = (&mut before[at - 1], &mut from[0]);
        if first.leg.name != second.leg.name {
            continue;
        }
        let both: BTreeSet<_> =
            first.operations().intersection(&second.operations()).cloned().collect();
        let (odd, even): (Vec<_>, Vec<_>) =
            both.into_iter().enumerate().partition(|(n, _)| n % 2 == 1);
        first.to_come.retain(|cell| odd.iter().all(|(_, operation)| *operation != cell.operation));
        second
            .to_come
            .retain(|cell| even.iter().all(|(_, operation)| *operation != cell.operation));
    }
}

/// The day, unless another number is given: each day another sample.
fn seed() -> u64 {
    let given = std::env::var("GROUNDPLAN_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| jiff::Timestamp::now().as_second().unsigned_abs() / 86_400)
}

#[expect(clippy::print_stderr, reason = "the table is what the matrix is for")]
fn say(text: &str) {
    eprintln!("{text}");
}
