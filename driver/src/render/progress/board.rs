//! What is under way at this moment, and how it looks. Pure: it is told the time and the size.

use super::{
    super::{paint::Paint, words},
    one_line,
    part::{self, Unfinished},
};
use groundplan::{Address, Class, Event, StepId, Verb};
use std::{collections::BTreeMap, time::Duration};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

#[derive(Debug)]
struct Running {
    address: Address,
    verb: Verb,
    since: Duration,
    /// What it waits for, or why it tries again.
    says: String,
}

/// A line of the view.
struct Line<'a> {
    doing: &'static str,
    name: String,
    since: Duration,
    says: &'a str,
}

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Board {
    reading: Option<(usize, usize)>,
    started: Option<Duration>,
    total: usize,
    done: usize,
    failed: usize,
    skipped: usize,
    stopping: bool,
    running: BTreeMap<StepId, Running>,
    parts: Vec<Unfinished>,
}

impl Board {
    /// Takes note of an event.
    pub(super) fn event(&mut self, event: &Event, now: Duration) {
        match event {
            Event::Refreshing { done, total } => {
                self.reading = (done < total).then_some((*done, *total));
            }
            Event::RunStarted { steps } => {
                let parts = std::mem::take(&mut self.parts);
                *self = Self { started: Some(now), total: *steps, parts, ..Self::default() };
            }
            Event::StepStarted { id, address, verb } => {
                let (address, verb) = (address.clone(), *verb);
                let running = Running { address, verb, since: now, says: String::new() };
                self.running.insert(*id, running);
            }
            Event::Waiting { address, what, says, .. } => {
                self.say(address, format!("waiting for {what}: {says}"));
            }
            Event::Retrying { address, fault, attempt } => {
                self.say(address, format!("attempt {attempt} after {fault}"));
            }
            Event::StepDone { id, .. } => {
                self.done += 1;
                self.running.remove(id);
            }
            Event::StepFailed { id, fault, .. } => {
                self.failed += usize::from(fault.class != Class::Cancelled);
                self.running.remove(id);
            }
            Event::StepSkipped { .. } => self.skipped += 1,
            Event::Stopping => self.stopping = true,
            Event::Recovered { .. } => {}
        }
    }

    /// Takes note of how far a part of the sandbox is.
    pub(super) fn part(&mut self, progress: &groundplan_sandbox::Progress, now: Duration) {
        part::note(&mut self.parts, progress, now);
    }

    fn say(&mut self, address: &Address, says: String) {
        // Of one resource the step that began last is the one that speaks.
        if let Some(step) = self.running.values_mut().rev().find(|step| step.address == *address) {
            step.says = one_line(&says);
        }
    }

    /// The view: a line for each part that is prepared and each step that runs, the oldest first, and
    /// below them the sum.
    pub(super) fn lines(
        &self,
        now: Duration,
        (columns, rows): (u16, u16),
        paint: &Paint,
    ) -> Vec<String> {
        // The last column stays free: a terminal may wrap what reaches it.
        let width = usize::from(columns).saturating_sub(1);
        let room = usize::from(rows).saturating_sub(3).max(1);
        let all = self.under_way(now);
        let widest = all.iter().map(|line| line.name.width()).max().unwrap_or_default();
        let mut lines: Vec<_> = all
            .iter()
            .take(room)
            .map(|Line { doing, name, since, says }| {
                let doing = format!("{doing:<9}");
                let rest = format!("{name:<widest$}  {:>6}  {says}", words::so_far(*since));
                let rest = fit(rest.trim_end(), width.saturating_sub(doing.len() + 3), paint);
                format!("  {} {rest}", paint.yellow(doing))
            })
            .collect();
        if all.len() > room {
            lines.push(paint.finish(format!("  … and {} more", all.len() - room)));
        }
        lines.extend(self.sum(now).map(|sum| paint.bold(fit(&sum, width, paint))));
        lines
    }

    fn under_way(&self, now: Duration) -> Vec<Line<'_>> {
        let parts = self.parts.iter().map(|part| Line {
            doing: "preparing",
            name: part.part.to_string(),
            since: part.since(now),
            says: &part.says,
        });
        let steps = self.running.values().map(|step| Line {
            doing: words::doing(step.verb),
            name: step.address.to_string(),
            since: now.saturating_sub(step.since),
            says: &step.says,
        });
        let mut all: Vec<_> = parts.chain(steps).collect();
        all.sort_by_key(|line| std::cmp::Reverse(line.since));
        all
    }

    fn sum(&self, now: Duration) -> Option<String> {
        if let Some((done, total)) = self.reading {
            return Some(format!("reading {done}/{total}"));
        }
        let elapsed = words::so_far(now.saturating_sub(self.started?));
        let done = format!("{}/{} done", self.done, self.total);
        let mut parts = vec![done, format!("{} running", self.running.len())];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        if self.skipped > 0 {
            parts.push(format!("{} not tried", self.skipped));
        }
        parts.push(elapsed);
        if self.stopping {
            parts.push("stopping".into());
        }
        Some(parts.join(", "))
    }
}

/// The text in this many columns.
fn fit(text: &str, width: usize, paint: &Paint) -> String {
    let text = paint.finish(text.to_owned());
    if text.width() <= width {
        return text;
    }
    let mark = paint.finish("…".into());
    let mut used = mark.width();
    let fits = |c: &char| {
        used += c.width().unwrap_or_default();
        used <= width
    };
    text.chars().take_while(fits).collect::<String>() + &mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan::Fault;
    use insta::assert_snapshot;

    const PAINT: Paint = Paint { color: false, width: 80, unicode: true };

    fn board(events: impl IntoIterator<Item = (u64, Event)>) -> Board {
        let mut board = Board::default();
        for (second, event) in events {
            board.event(&event, Duration::from_secs(second));
        }
        board
    }

    fn address(name: &str) -> Address {
        name.parse().unwrap()
    }

    fn started(id: usize, name: &str, verb: Verb) -> Event {
        Event::StepStarted { id: StepId(id), address: address(name), verb }
    }

    fn at(board: &Board, second: u64, size: (u16, u16)) -> String {
        board.lines(Duration::from_secs(second), size, &PAINT).join("\n")
    }

    #[test]
    fn each_running_step_says_what_it_waits_for() {
        let waiting = Event::Waiting {
            address: address("eks.cluster/main"),
            what: "the cluster to be ACTIVE".into(),
            says: "CREATING".into(),
            since: Duration::from_secs(9),
        };
        let fault = Fault::new(Class::InUse, "ec2:DeleteSubnet failed").code("DependencyViolation");
        let retrying = Event::Retrying { address: address("ec2.subnet/a"), fault, attempt: 3 };
        let board = board([
            (0, Event::RunStarted { steps: 7 }),
            (5, started(1, "ec2.subnet/a", Verb::Delete)),
            (1, started(2, "eks.cluster/main", Verb::Create)),
            (9, waiting),
            (9, retrying),
        ]);
        assert_snapshot!(at(&board, 70, (90, 24)), @"
          creating  eks.cluster/main  1m 09s  waiting for the cluster to be ACTIVE: CREATING
          deleting  ec2.subnet/a      1m 05s  attempt 3 after ec2:DeleteSubnet failed: Dependenc…
        0/7 done, 2 running, 1m 10s
        ");
        assert_snapshot!(at(&board, 70, (44, 24)), @"
          creating  eks.cluster/main  1m 09s  wait…
          deleting  ec2.subnet/a      1m 05s  atte…
        0/7 done, 2 running, 1m 10s
        ");
        let ascii = Paint { unicode: false, ..PAINT };
        let lines = board.lines(Duration::from_secs(70), (44, 24), &ascii);
        assert!(lines.iter().all(|line| line.len() < 44), "{lines:?}");
        assert_snapshot!(at(&board, 70, (90, 4)), @"
          creating  eks.cluster/main  1m 09s  waiting for the cluster to be ACTIVE: CREATING
          … and 1 more
        0/7 done, 2 running, 1m 10s
        ");
    }

    #[test]
    fn parts_of_the_sandbox_stand_beside_the_steps_that_need_them() {
        let progress = |stage, detail: &str, seconds| groundplan_sandbox::Progress {
            part: groundplan_sandbox::Part::ControlPlane,
            stage,
            detail: detail.into(),
            elapsed: Duration::from_secs(seconds),
        };
        let mut board = board([]);
        let running = progress(groundplan_sandbox::Stage::Running, "compiling k8s.io/api", 40);
        board.part(&running, Duration::from_secs(2));
        assert_snapshot!(at(&board, 4, (90, 24)), @"  preparing kubernetes     42s  compiling k8s.io/api");
        board.event(&Event::RunStarted { steps: 2 }, Duration::from_secs(4));
        board.event(&started(0, "eks.cluster/main", Verb::Create), Duration::from_secs(4));
        assert_snapshot!(at(&board, 9, (90, 24)), @"
          preparing kubernetes           47s  compiling k8s.io/api
          creating  eks.cluster/main      5s
        0/2 done, 1 running, 5s
        ");
        let done = progress(groundplan_sandbox::Stage::Done, "", 50);
        board.part(&done, Duration::from_secs(10));
        assert!(!at(&board, 11, (90, 24)).contains("kubernetes"));
    }

    #[test]
    fn the_sum_tells_reading_failures_and_the_stop() {
        let reading = board([(0, Event::Refreshing { done: 3, total: 9 })]);
        assert_eq!(at(&reading, 1, (80, 24)), "reading 3/9");
        let read = board([(0, Event::Refreshing { done: 9, total: 9 })]);
        assert_eq!(at(&read, 1, (80, 24)), "");
        let address = || address("a.b/c");
        let (id, verb) = (StepId(0), Verb::Create);
        let fault = Fault::new(Class::Other, "no");
        let stopping = board([
            (0, Event::RunStarted { steps: 2 }),
            (0, started(0, "a.b/c", Verb::Create)),
            (0, Event::StepFailed { id, address: address(), verb, fault }),
            (0, Event::StepSkipped { id: StepId(1), address: address(), verb, because: None }),
            (0, Event::Stopping),
        ]);
        assert_eq!(
            at(&stopping, 61, (80, 24)),
            "0/2 done, 0 running, 1 failed, 1 not tried, 1m 01s, stopping"
        );
    }
}
