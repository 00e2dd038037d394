//! Waiting for a stack that somebody else changes, and giving it back.

use crate::{app::App, cli, render::words::so_far, screen::Screen};
use groundplan_state::{Session, Wait, Waiting};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often a wait is told of.
const AGAIN: Duration = Duration::from_secs(30);

/// Waits as `--wait-for-lock` says, and tells of it.
pub(crate) struct Waiter {
    at_most: Option<Duration>,
    tell: Box<dyn Fn(&Waiting<'_>) + Send + Sync>,
}

impl Waiter {
    pub(crate) fn new(app: &App) -> Self {
        let at_most = match app.global.wait_for_lock {
            None => Some(Duration::ZERO),
            Some(cli::Wait::UpTo(limit)) => Some(limit),
            Some(cli::Wait::ForEver) => None,
        };
        Self { at_most, tell: Box::new(tell(app.screen)) }
    }

    pub(crate) fn wait(&self) -> Wait<'_> {
        Wait { at_most: self.at_most, told: self.tell.as_ref() }
    }
}

/// Says whose end is waited for, now and then, and that a silent one will be taken for dead.
pub(crate) fn tell(screen: Screen) -> impl Fn(&Waiting<'_>) + Send + Sync {
    let last = Mutex::new(None::<(Instant, String)>);
    move |waiting| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let holder = waiting.holder.to_string();
        let told = |(at, whom): &(Instant, String)| at.elapsed() < AGAIN && *whom == holder;
        if last.as_ref().is_some_and(told) {
            return;
        }
        screen.note(&sentence(waiting));
        *last = Some((Instant::now(), holder));
    }
}

fn sentence(waiting: &Waiting<'_>) -> String {
    format!(
        "{} has the stack; waiting to hear of it, and taking over if nothing is heard for {}",
        waiting.holder,
        so_far(waiting.ttl)
    )
}

/// Gives a stack back, so that the next run need not find out that this one has ended. If that fails it
/// does find out, and a failure is no reason to hide how the run itself ended.
pub(crate) async fn give_back(session: Box<dyn Session>) {
    if let Err(error) = session.close().await {
        tracing::warn!(%error, "the lease was not given back");
    }
}
