//! The same as JSON, for programs. These forms are a contract: whatever takes something away or gives
//! it another meaning raises [`FORMAT`].

mod plan;

use super::{error::Failure, report::Course};
use groundplan::{Class, Event, Fault, Json, Report, json};
use std::time::Duration;

pub(crate) use plan::{plan, schema};

/// The version of every form here.
pub(crate) const FORMAT: u32 = 1;

/// A failure.
pub(crate) fn failure(failure: &Failure) -> Json {
    json!({
        "format": FORMAT,
        "error": failure.what,
        "causes": failure.causes,
        "hints": failure.hints,
        "exit": failure.exit,
    })
}

/// A document as one line of a stream, with what it is.
pub(crate) fn line(event: &str, document: &Json) -> String {
    format!("{}\n", with(json!({ "event": event }), document.clone()))
}

/// How far a part of the sandbox is.
pub(crate) fn part(progress: &groundplan_sandbox::Progress) -> Json {
    use groundplan_sandbox::Stage;
    let stage = match progress.stage {
        Stage::Cached => "cached",
        Stage::Started => "started",
        Stage::Running => "running",
        Stage::Waiting => "waiting",
        Stage::Done => "done",
        Stage::Failed => "failed",
    };
    json!({
        "format": FORMAT,
        "part": progress.part.to_string(),
        "stage": stage,
        "detail": progress.detail,
        "seconds": progress.elapsed.as_secs_f64(),
    })
}

/// The end of a run.
pub(crate) fn report(report: &Report, course: &Course, took: Duration) -> Json {
    json!({
        "format": FORMAT,
        "complete": report.complete(),
        "cancelled": report.cancelled,
        "steps": course.steps(),
        "done": report.done,
        "failed": report.failed.iter().map(|(address, f)| json!({ "address": address, "fault": fault(f) })).collect::<Vec<_>>(),
        "skipped": report.skipped,
        "outputs": report.outputs,
        "seconds": took.as_secs_f64(),
    })
}

/// An event, as one line of a stream.
pub(crate) fn event(event: &Event, at: jiff::Timestamp) -> Json {
    let (name, body) = parts(event);
    with(json!({ "format": FORMAT, "at": at.to_string(), "event": name }), body)
}

/// A document with what another holds beside or in place of what it holds itself.
fn with(mut document: Json, more: Json) -> Json {
    if let (Json::Object(document), Json::Object(more)) = (&mut document, more) {
        document.extend(more);
    }
    document
}

/// The name of an event, and what it says.
fn parts(event: &Event) -> (&'static str, Json) {
    match event {
        Event::Refreshing { done, total } => {
            ("refreshing", json!({ "done": done, "total": total }))
        }
        Event::RunStarted { steps } => ("run_started", json!({ "steps": steps })),
        Event::StepStarted { id, address, verb } => {
            ("step_started", json!({ "step": id, "address": address, "verb": verb }))
        }
        Event::Waiting { address, what, says, since } => (
            "waiting",
            json!({ "address": address, "what": what, "says": says, "seconds": since.as_secs_f64() }),
        ),
        Event::Retrying { address, fault: f, attempt } => {
            ("retrying", json!({ "address": address, "fault": fault(f), "attempt": attempt }))
        }
        Event::StepDone { id, address, verb, unneeded, took } => (
            "step_done",
            json!({ "step": id, "address": address, "verb": verb, "unneeded": unneeded, "seconds": took.as_secs_f64() }),
        ),
        Event::StepFailed { id, address, verb, fault: f } => (
            "step_failed",
            json!({ "step": id, "address": address, "verb": verb, "fault": fault(f) }),
        ),
        Event::StepSkipped { id, address, verb, because } => (
            "step_skipped",
            json!({ "step": id, "address": address, "verb": verb, "because": because }),
        ),
        Event::Stopping => ("stopping", json!({})),
        Event::Recovered { address, found } => {
            ("recovered", json!({ "address": address, "found": found }))
        }
    }
}

fn fault(fault: &Fault) -> Json {
    json!({
        "class": class(fault.class),
        "what": fault.what,
        "why": fault.why,
        "code": fault.code,
        "request_id": fault.request_id,
        "hint": fault.hint,
    })
}

fn class(class: Class) -> &'static str {
    match class {
        Class::NotFound => "not_found",
        Class::Denied => "denied",
        Class::InUse => "in_use",
        Class::Exists => "exists",
        Class::NotOurs => "not_ours",
        Class::Invalid => "invalid",
        Class::Throttled => "throttled",
        Class::Unreachable => "unreachable",
        Class::TimedOut => "timed_out",
        Class::Cancelled => "cancelled",
        Class::Refused => "refused",
        Class::Other => "other",
    }
}
