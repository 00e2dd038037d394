//! Shows what happens while it happens: events of the engine, and parts of the sandbox that are still
//! being prepared beside them.
//!
//! What is shown in place comes in phases, between which pages and questions have the terminal.

use crate::{
    render::{
        json,
        progress::{Progress, Writer},
        report::Course,
    },
    screen::Screen,
};
use groundplan::{Event, Events};
use groundplan_sandbox::{Part, Reporter, Stage};
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Shows what happens. Clones show it in the same place.
#[derive(Clone, Debug)]
pub(crate) struct Show {
    screen: Screen,
    /// JSON lines. A pipe that nobody reads must not hold up the run.
    lines: Writer,
    now: Arc<Mutex<Now>>,
}

#[derive(Debug, Default)]
struct Now {
    phase: Option<Arc<Progress>>,
    course: Course,
    /// Parts that are being prepared, as last heard of, and when.
    unfinished: HashMap<Part, (groundplan_sandbox::Progress, Instant)>,
}

/// What happens is shown until this is dropped.
#[derive(Debug)]
pub(crate) struct Phase(Show);

impl Drop for Phase {
    fn drop(&mut self) {
        let progress = self.0.now().phase.take();
        if let Some(progress) = progress {
            progress.finish();
        }
        self.0.lines.wait();
    }
}

impl Show {
    /// Shows it on this screen.
    pub(crate) fn on(screen: Screen) -> Self {
        let lines = Writer::new(Box::new(io::stdout()));
        Self { screen, lines, now: Arc::default() }
    }

    /// Begins to show it.
    #[must_use]
    pub(crate) fn phase(&self) -> Phase {
        let progress = Arc::new(self.screen.progress());
        let mut now = self.now();
        for (part, heard) in now.unfinished.values() {
            let elapsed = part.elapsed + heard.elapsed();
            progress.part(&groundplan_sandbox::Progress { elapsed, ..part.clone() });
        }
        now.phase = Some(progress);
        drop(now);
        Phase(self.clone())
    }

    /// What the events told so far.
    pub(crate) fn course(&self) -> Course {
        self.now().course.clone()
    }

    /// Takes the engine's events.
    pub(crate) fn events(&self) -> Events {
        let show = self.clone();
        Events::to(move |event| show.event(&event))
    }

    /// Takes what the sandbox tells.
    pub(crate) fn reporter(&self) -> Reporter {
        let show = self.clone();
        Reporter::new(move |progress| show.part(progress))
    }

    fn event(&self, event: &Event) {
        log(event);
        if self.screen.json {
            let document = json::event(event, jiff::Timestamp::now());
            self.lines.put(json::line("event", &document));
        }
        let mut now = self.now();
        now.course.event(event);
        let phase = now.phase.clone();
        drop(now);
        if let Some(progress) = phase {
            progress.event(event);
        }
    }

    fn part(&self, part: groundplan_sandbox::Progress) {
        let groundplan_sandbox::Progress { part: name, stage, detail, .. } = &part;
        tracing::debug!(part = %name, ?stage, detail, "sandbox");
        if self.screen.json {
            self.lines.put(json::line("sandbox", &json::part(&part)));
        }
        let mut now = self.now();
        match part.stage {
            Stage::Started | Stage::Running | Stage::Waiting => {
                drop(now.unfinished.insert(part.part, (part.clone(), Instant::now())));
            }
            Stage::Cached | Stage::Done | Stage::Failed => {
                drop(now.unfinished.remove(&part.part));
            }
        }
        let phase = now.phase.clone();
        drop(now);
        if let Some(progress) = phase {
            progress.part(&part);
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(event: &Event) {
    match event {
        Event::Refreshing { done, total } => tracing::debug!(done, total, "reading"),
        Event::RunStarted { steps } => tracing::info!(steps, "run started"),
        Event::StepStarted { address, verb, .. } => {
            tracing::info!(%address, ?verb, "step started");
        }
        Event::Waiting { address, what, says, since } => {
            tracing::debug!(%address, what, says, seconds = since.as_secs(), "waiting");
        }
        Event::Retrying { address, fault, attempt } => {
            tracing::warn!(%address, %fault, attempt, "retrying");
        }
        Event::StepDone { address, verb, unneeded, took, .. } => {
            tracing::info!(%address, ?verb, unneeded, seconds = took.as_secs_f64(), "step done");
        }
        Event::StepFailed { address, verb, fault, .. } => {
            tracing::error!(%address, ?verb, %fault, "step failed");
        }
        Event::StepSkipped { address, verb, because, .. } => {
            let because = because.as_ref().map(ToString::to_string);
            tracing::warn!(%address, ?verb, because, "step not tried");
        }
        Event::Stopping => tracing::warn!("stopping"),
        Event::Recovered { address, found } => tracing::info!(%address, found, "recovered"),
    }
}
