//! The end of a run: what is done, what failed and why, what was not tried, what to do now.

use super::{
    error::{CANCELLED, Failure, PARTLY, REFUSED, failure},
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
    words,
};
use groundplan::{Address, Class, Event, Fault, Json, Report, Verb};
use serde_json::Map;
use std::{collections::BTreeMap, time::Duration};

/// What the events of a run tell and its report does not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    steps: usize,
    failed: Vec<(Address, Verb, Fault)>,
    not_tried: usize,
    /// What was not tried, by the resource whose step failed, if one did.
    skipped: BTreeMap<Option<Address>, Vec<Address>>,
}

impl Course {
    /// Takes note of an event. To be told all of them.
    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { steps } => self.steps = *steps,
            Event::StepFailed { address, verb, fault, .. } => {
                self.failed.push((address.clone(), *verb, fault.clone()));
            }
            Event::StepSkipped { address, because, .. } => {
                self.not_tried += 1;
                // A step that was stopped did not fail; what needs it waits for the next run.
                let failed =
                    |of: &&Address| self.failed.iter().any(|(a, _, f)| a == *of && !stopped(f));
                let because = because.as_ref().filter(failed).cloned();
                let skipped = self.skipped.entry(because).or_default();
                // Both steps of a replacement are skipped; the resource is named once.
                if !skipped.contains(address) {
                    skipped.push(address.clone());
                }
            }
            _ => {}
        }
    }

    /// How many steps the run had.
    pub(crate) fn steps(&self) -> usize {
        self.steps
    }

    /// Each failed step, as a failure.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        let failed = self.failed.iter().filter(|(.., fault)| !stopped(fault));
        failed.map(|(address, verb, fault)| (address, *verb, fault).into()).collect()
    }
}

/// Whether a step ended only because the run was told to stop.
fn stopped(fault: &Fault) -> bool {
    fault.class == Class::Cancelled
}

/// The exit code of a process whose run ended like this.
pub(crate) fn exit(report: &Report) -> u8 {
    let refused = |(_, fault): &(Address, Fault)| fault.class == Class::Refused;
    match report {
        report if report.complete() => 0,
        report if report.cancelled => CANCELLED,
        report if report.done == 0 && report.failed.iter().all(refused) => REFUSED,
        _ => PARTLY,
    }
}

/// The page at the end of a run.
pub(crate) fn report(report: &Report, course: &Course, took: Duration, paint: &Paint) -> String {
    let mut page = Page::new(paint);
    for failed in course.failures() {
        page.add(failure(&failed, paint));
        page.gap();
    }
    stops(course, &mut page, paint);
    for (because, addresses) in &course.skipped {
        match because {
            Some(failed) => page.line(format!("not tried, because `{failed}` failed:")),
            None => page.line("not tried, because the run stopped:"),
        }
        for address in addresses {
            page.line(format!("  {address}"));
        }
        page.gap();
    }
    verdict(report, course, took, &mut page, paint);
    if !report.outputs.is_empty() {
        page.gap();
        page.add(outputs(&report.outputs, paint));
    }
    page.finish()
}

/// The steps that were stopped on their way.
fn stops(course: &Course, page: &mut Page<'_>, paint: &Paint) {
    let mut table = Table::default();
    for (address, verb, fault) in course.failed.iter().filter(|(.., fault)| stopped(fault)) {
        let doing = Cell::from(words::doing(*verb));
        table.row([doing, address.to_string().into(), Cell::from(&fault.what)]);
    }
    if !table.is_empty() {
        page.line("stopped on the way:");
        page.add(table.render(2, paint));
        page.gap();
    }
}

fn verdict(report: &Report, course: &Course, took: Duration, page: &mut Page<'_>, paint: &Paint) {
    let took = words::took(took);
    let steps = words::count(course.steps, "step");
    if report.complete() {
        page.line(paint.green(format!("done: {steps} in {took}")));
        return;
    }
    let how = if report.cancelled { "stopped" } else { "failed" };
    let done = if report.done == 1 { "is" } else { "are" };
    let how = paint.red(format!("{how} after {took}:"));
    page.line(format!("{how} {} of {steps} {done} done and recorded", report.done));
    let ended = report.done + course.failed.len() + course.not_tried;
    if let Some(cut_off @ 1..) = course.steps.checked_sub(ended) {
        let what = words::count(cut_off, "step");
        page.line(format!("  {what} cut off: the next run looks into what is there"));
    }
    let first = if report.cancelled { "" } else { "mend the causes above, then " };
    let hint = format!("{first}run the same command again: it goes on from here");
    page.say(Tone::Green, "  hint:", hint);
}

/// What a stack gives to its users. Values are whole, so that they can be copied.
pub(crate) fn outputs(outputs: &Map<String, Json>, paint: &Paint) -> String {
    let mut table = Table::default();
    for (name, value) in outputs {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        table.row([Cell::from(name), value.into()]);
    }
    let mut page = Page::new(paint);
    page.line("outputs:");
    page.add(table.render(2, paint));
    page.finish()
}
