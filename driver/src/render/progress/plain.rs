//! Plain lines, for logs: each says when it was written.

use super::{
    super::{paint::Paint, words},
    Clock, lasting, one_line, part,
    writer::Writer,
};
use groundplan::Event;
use groundplan_sandbox::Stage;
use std::{collections::BTreeMap, time::Duration};

/// A resource that waits is spoken of this often at most.
const EVERY: Duration = Duration::from_secs(30);
/// What passes sooner is not worth a line.
const PATIENCE: Duration = Duration::from_secs(10);
/// Nor are fewer attempts than this.
const ATTEMPTS: u32 = 3;

/// Plain lines.
pub(super) struct Plain {
    writer: Writer,
    paint: Paint,
    clock: Clock,
    /// When each resource and part was last spoken of.
    spoken: BTreeMap<String, Duration>,
}

impl Plain {
    pub(super) fn new(writer: Writer, paint: Paint, clock: Clock) -> Self {
        Self { writer, paint, clock, spoken: BTreeMap::new() }
    }

    pub(super) fn event(&mut self, event: &Event) {
        let now = (self.clock)();
        let line = match event {
            Event::RunStarted { steps } => Some(words::count(*steps, "step")),
            Event::Refreshing { done, total } if done < total && now >= PATIENCE => {
                self.now_and_then(String::new(), now, || format!("{done} of {total}"), "reading")
            }
            Event::Waiting { address, what, says, since } if *since >= PATIENCE => {
                let waits = || format!("{address}, for {what}: {says} ({})", words::took(*since));
                self.now_and_then(address.to_string(), now, waits, "waiting")
            }
            Event::Retrying { address, fault, attempt } if *attempt >= ATTEMPTS => {
                let tries = || format!("{address}, attempt {attempt} after {fault}");
                self.now_and_then(address.to_string(), now, tries, "retrying")
            }
            event => lasting(event, &self.paint),
        };
        self.put(line, now);
    }

    pub(super) fn part(&mut self, progress: &groundplan_sandbox::Progress) {
        let now = (self.clock)();
        let groundplan_sandbox::Progress { part: name, stage, detail, .. } = progress;
        let says = || format!("{name} {}", part::short(detail)).trim_end().to_owned();
        let line = match stage {
            Stage::Started | Stage::Running => {
                self.now_and_then(name.to_string(), now, says, "preparing")
            }
            Stage::Waiting => self.now_and_then(name.to_string(), now, says, "waiting"),
            Stage::Cached | Stage::Done | Stage::Failed => part::lasting(progress, &self.paint),
        };
        self.put(line, now);
    }

    fn put(&self, line: Option<String>, now: Duration) {
        if let Some(line) = line {
            let at = words::took(now);
            self.writer.put(format!("[{at:>6}] {line}\n"));
        }
    }

    /// A line, unless the resource was spoken of a moment ago.
    fn now_and_then(
        &mut self,
        about: String,
        now: Duration,
        text: impl Fn() -> String,
        word: &str,
    ) -> Option<String> {
        let last = self.spoken.get(&about);
        if last.is_some_and(|last| now < *last + EVERY) {
            return None;
        }
        self.spoken.insert(about, now);
        let word = self.paint.dim(format!("{word:<9}"));
        Some(self.paint.finish(format!("{word} {}", one_line(&text()))))
    }
}
