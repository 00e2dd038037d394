//! Runs while they go on.

use super::world::{PAINT, World, net};
use crate::render::progress::{Mode, Output, Progress};
use groundplan::{Address, Class, Event, Fault, Stack, StepId, Verb, testing::Host, testing::Rule};
use insta::assert_snapshot;
use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// A place that text goes to, and a clock that is set by hand.
#[derive(Clone, Default)]
struct Desk {
    text: Arc<Mutex<Vec<u8>>>,
    seconds: Arc<AtomicU64>,
}

impl Write for Desk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Desk {
    fn progress(&self, mode: Mode) -> Progress {
        self.progress_on(self.clone(), mode)
    }

    fn at(&self, seconds: u64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    fn progress_on(&self, writer: impl Write + Send + 'static, mode: Mode) -> Progress {
        let out = Output { writer: Box::new(writer), size: Box::new(|| (60, 8)) };
        let seconds = self.seconds.clone();
        let clock = move || Duration::from_secs(seconds.load(Ordering::Relaxed));
        Progress::with_clock(out, mode, PAINT, Box::new(clock))
    }

    /// The text, once this was written.
    fn wait_for(&self, awaited: &str) -> String {
        let begun = std::time::Instant::now();
        while !self.text().contains(awaited) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", self.text());
            std::thread::yield_now();
        }
        self.text()
    }

    fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn started(id: usize, name: &str) -> Event {
    Event::StepStarted { id: StepId(id), address: address(name), verb: Verb::Create }
}

fn waiting(name: &str, seconds: u64) -> Event {
    Event::Waiting {
        address: address(name),
        what: "the cluster to be ACTIVE".into(),
        says: "CREATING".into(),
        since: Duration::from_secs(seconds),
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_has_a_line_for_each_step() {
    let world = World::new();
    let mut program = Stack::new("test");
    let main = net(&mut program, "main", "10.0.0.0/16", 1500);
    let rule = program.add("in", Rule { net: "net-9".into(), port: 80, target: "x".into() });
    program.add("web", Host { nets: vec![main.id(), rule.id()], image: "a".into(), size: 2 });
    world.apply(program).await;
    let desk = Desk::default();
    let progress = desk.progress(Mode::Plain);
    for (second, event) in (0..).zip(world.events.lock().unwrap().iter()) {
        desk.at(second);
        progress.event(event);
    }
    progress.event(&Event::Stopping);
    progress.finish();
    assert_snapshot!(desk.text(), @"
    [  0.0s] 3 steps
    [  2.0s] created   sim.net/main (0.0s)
    [  4.0s] failed    sim.rule/in: sim:Create failed: net-9 is not there
    [  5.0s] not tried sim.host/web, which needs sim.rule/in
    [  5.0s] stopping  nothing new is started; what is under way comes to a safe point
    ");
}

#[test]
fn a_log_speaks_of_what_waits_only_now_and_then() {
    let desk = Desk::default();
    let progress = desk.progress(Mode::Plain);
    progress.event(&started(0, "eks.cluster/main"));
    for second in 0..75 {
        desk.at(second);
        progress.event(&waiting("eks.cluster/main", second));
    }
    let fault = Fault::new(Class::InUse, "ec2:DeleteSubnet failed").code("DependencyViolation");
    for attempt in 2..6 {
        let address = address("ec2.subnet/a");
        progress.event(&Event::Retrying { address, fault: fault.clone(), attempt });
    }
    progress.finish();
    assert_snapshot!(desk.text(), @"
    [ 10.0s] waiting   eks.cluster/main, for the cluster to be ACTIVE: CREATING (10.0s)
    [ 40.0s] waiting   eks.cluster/main, for the cluster to be ACTIVE: CREATING (40.0s)
    [1m 10s] waiting   eks.cluster/main, for the cluster to be ACTIVE: CREATING (1m 10s)
    [1m 14s] retrying  ec2.subnet/a, attempt 3 after ec2:DeleteSubnet failed: DependencyViolation
    ");
}

#[test]
fn on_a_terminal_what_is_done_stays_and_what_runs_is_drawn() {
    let desk = Desk::default();
    let progress = desk.progress(Mode::Live);
    progress.event(&Event::RunStarted { steps: 3 });
    progress.event(&started(0, "ec2.vpc/main"));
    progress.event(&started(1, "eks.cluster/main"));
    let took = Duration::from_millis(2100);
    let done = |address, unneeded| Event::StepDone {
        id: StepId(0),
        address,
        verb: Verb::Create,
        unneeded,
        took,
    };
    progress.event(&done(address("ec2.vpc/main"), false));
    let drawn = desk.wait_for("1/3 done");
    assert!(drawn.contains("created   ec2.vpc/main (2.1s)"), "{drawn:?}");
    assert!(drawn.contains("  creating  eks.cluster/main      0s"), "{drawn:?}");
    assert!(drawn.contains("1/3 done, 1 running, 0s"), "{drawn:?}");
    progress.finish();
    let last = desk.text().split_off(drawn.len());
    assert!(last.contains("\u{1b}[2K") && !last.contains("running"), "{last:?}");
}

/// A terminal that is held until it is let go.
struct Held(Desk, std::sync::mpsc::Receiver<()>);

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.1.recv();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_terminal_that_is_held_does_not_hold_the_run() {
    for mode in [Mode::Live, Mode::Plain] {
        let desk = Desk::default();
        let (let_go, held) = std::sync::mpsc::channel();
        let progress = desk.progress_on(Held(desk.clone(), held), mode);
        progress.event(&Event::RunStarted { steps: 1 });
        for _ in 0..1000 {
            progress.event(&Event::Stopping);
        }
        assert_eq!(desk.text(), "");
        drop(let_go);
        progress.finish();
        assert_eq!(desk.text().matches("stopping  nothing new").count(), 1000);
    }
}

#[test]
fn quiet_is_quiet() {
    let desk = Desk::default();
    let progress = desk.progress(Mode::Quiet);
    progress.event(&started(0, "eks.cluster/main"));
    progress.finish();
    assert_eq!(desk.text(), "");
}
