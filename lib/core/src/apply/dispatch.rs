//! One dispatcher: starts each step the moment its inputs are ready, the longest path first, and is
//! the only one that writes the state.

use super::{
    ApplyError, ApplySettings, Report,
    record::{Commit, Recorder},
    step::{self, Job},
};
use crate::{Cx, Event, Fault, Registry, StepId, plan::Step};
use groundplan_state::{Address, Session};
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tracing::Instrument;

/// How long steps may take to reach a durable point once the run was told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(7);

/// How a started step ended; `Err` holds why it failed.
type Ended = (StepId, Duration, Result<bool, Fault>);

pub(super) struct Dispatcher<'a> {
    steps: Vec<Step>,
    waiting: BTreeSet<StepId>,
    done: BTreeSet<StepId>,
    running: JoinSet<Ended>,
    under_way: BTreeSet<StepId>,
    registry: &'a Registry,
    cx: &'a Cx,
    settings: &'a ApplySettings,
    commits: mpsc::UnboundedReceiver<Commit>,
    recorder: Recorder,
    report: Report,
    store_error: Option<groundplan_state::Error>,
}

impl<'a> Dispatcher<'a> {
    pub(super) fn new(
        steps: Vec<Step>,
        registry: &'a Registry,
        cx: &'a Cx,
        settings: &'a ApplySettings,
    ) -> Self {
        let (sender, commits) = mpsc::unbounded_channel();
        Self {
            waiting: steps.iter().map(|s| s.id).collect(),
            steps,
            done: BTreeSet::new(),
            running: JoinSet::new(),
            under_way: BTreeSet::new(),
            registry,
            cx,
            settings,
            commits,
            recorder: Recorder(sender),
            report: Report::default(),
            store_error: None,
        }
    }

    pub(super) async fn run(mut self, session: &mut dyn Session) -> Result<Report, ApplyError> {
        self.cx.events().send(Event::RunStarted { steps: self.steps.len() });
        let mut stop_at = None;
        loop {
            if !self.stopping() {
                self.start_ready(session);
            }
            if self.running.is_empty() {
                break;
            }
            let cancelled = self.cx.cancelled().clone();
            tokio::select! {
                biased;
                Some(commit) = self.commits.recv() => {
                    self.commit(commit, session).await;
                    if self.store_error.is_some() && stop_at.is_none() {
                        // Nothing can be recorded any more, so nothing is gained by waiting for what is
                        // under way: all of it has its intent on record.
                        stop_at = Some(Instant::now());
                    }
                }
                Some(ended) = self.running.join_next() => self.ended(ended),
                () = cancelled.cancelled(), if stop_at.is_none() => {
                    self.cx.events().send(Event::Stopping);
                    stop_at = Some(Instant::now() + STOP_WITHIN);
                }
                () = sleep_until(stop_at.unwrap_or_else(Instant::now)), if stop_at.is_some() => {
                    // What is cut off here has its intent on record; the next run looks into it.
                    self.running.abort_all();
                    stop_at = Some(Instant::now() + STOP_WITHIN);
                }
            }
        }
        self.report.cancelled = self.cx.cancelled().is_cancelled();
        self.skip_rest();
        match self.store_error {
            Some(error) => Err(error.into()),
            None => Ok(self.report),
        }
    }

    fn stopping(&self) -> bool {
        self.cx.cancelled().is_cancelled() || self.store_error.is_some()
    }

    fn start_ready(&mut self, session: &dyn Session) {
        let mut ready: Vec<_> = self
            .waiting
            .iter()
            .map(|id| &self.steps[id.0])
            .filter(|s| s.after.is_subset(&self.done))
            .collect();
        ready.sort_by_key(|s| (std::cmp::Reverse(s.remaining), s.id));
        let room = self.settings.at_once.saturating_sub(self.running.len());
        let chosen: Vec<_> = ready.into_iter().take(room).cloned().collect();
        for step in chosen {
            self.waiting.remove(&step.id);
            self.under_way.insert(step.id);
            self.cx.events().send(Event::StepStarted {
                id: step.id,
                address: step.address.clone(),
                verb: step.verb,
            });
            let id = step.id;
            let span = tracing::info_span!("step", address = %step.address, verb = ?step.verb);
            let unprotected = self.settings.unprotect.contains(&step.address);
            let job = Job::new(
                step,
                session.snapshot(),
                self.registry,
                self.cx,
                self.recorder.clone(),
                unprotected,
            );
            let ended = async move {
                let started = Instant::now();
                let result = step::run(job).await;
                (id, started.elapsed(), result)
            };
            self.running.spawn(ended.instrument(span));
        }
    }

    /// Makes everything durable that steps ask for at this moment, with one write.
    async fn commit(&mut self, first: Commit, session: &mut dyn Session) {
        let mut batch = vec![first];
        while let Ok(next) = self.commits.try_recv() {
            batch.push(next);
        }
        let mut changes = Vec::new();
        let mut acks = Vec::new();
        for Commit { changes: these, done } in batch {
            changes.extend(these);
            acks.push(done);
        }
        let written = match self.store_error {
            None => session.append(changes).await,
            Some(_) => return,
        };
        let durable = written.is_ok();
        self.store_error = written.err();
        for ack in acks {
            // A step that was aborted meanwhile does not wait for its record.
            let _ = ack.send(durable);
        }
    }

    fn ended(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        let (id, took, result) = match ended {
            Ok(ended) => ended,
            Err(error) if error.is_cancelled() => return,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        self.under_way.remove(&id);
        let step = &self.steps[id.0];
        let (address, verb) = (step.address.clone(), step.verb);
        match result {
            Ok(unneeded) => {
                self.done.insert(id);
                self.report.done += 1;
                self.cx.events().send(Event::StepDone { id, address, verb, unneeded, took });
            }
            Err(fault) => {
                self.cx.events().send(Event::StepFailed {
                    id,
                    address: address.clone(),
                    verb,
                    fault: fault.clone(),
                });
                self.report.failed.push((address, fault));
                self.skip_dependents(id);
            }
        }
    }

    fn skip_dependents(&mut self, failed: StepId) {
        let because = self.steps[failed.0].address.clone();
        let mut lost = BTreeSet::from([failed]);
        // Steps are numbered in order, so one pass finds what depends on what depends on it.
        for id in self.waiting.clone() {
            if !self.steps[id.0].after.is_disjoint(&lost) {
                lost.insert(id);
                self.waiting.remove(&id);
                self.skip(id, Some(because.clone()));
            }
        }
    }

    fn skip_rest(&mut self) {
        for id in std::mem::take(&mut self.waiting) {
            self.skip(id, None);
        }
    }

    fn skip(&mut self, id: StepId, because: Option<Address>) {
        let step = &self.steps[id.0];
        let (address, verb) = (step.address.clone(), step.verb);
        self.report.skipped.push(address.clone());
        self.cx.events().send(Event::StepSkipped { id, address, verb, because });
    }
}
