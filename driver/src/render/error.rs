//! Failures, as a tired person reads them: what, why, what now.

use super::{
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
    words,
};
use groundplan::{Address, ApplyError, Class, Fault, PlanError, Problem, Refusal, Verb};
use std::error::Error;

/// Nothing more precise fits.
pub(crate) const FAILED: u8 = 1;
/// A guard refused: policy, protection, a plan that is not exact.
pub(crate) const REFUSED: u8 = 3;
/// Somebody else changes the stack.
pub(crate) const LOCKED: u8 = 4;
/// Some steps are done, some are not.
pub(crate) const PARTLY: u8 = 5;
/// The run was told to stop.
pub(crate) const CANCELLED: u8 = 130;

/// A failure with all that is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What failed: lower-case, no full stop.
    pub(crate) what: String,
    /// Why, the nearest cause first. One may have several lines.
    pub(crate) causes: Vec<String>,
    /// Commands or places.
    pub(crate) hints: Vec<String>,
    /// The exit code of a process that ends with it.
    pub(crate) exit: u8,
}

/// A failure as text.
pub(crate) fn failure(failure: &Failure, paint: &Paint) -> String {
    let mut page = Page::new(paint);
    page.say(Tone::Red, "error:", &failure.what);
    for cause in &failure.causes {
        page.say(Tone::Plain, "  cause:", cause);
    }
    for hint in &failure.hints {
        page.say(Tone::Green, "  hint:", hint);
    }
    page.finish()
}

/// An error and what is behind it, the nearest first.
fn causes(error: &dyn Error) -> Vec<String> {
    std::iter::successors(error.source(), |cause| (*cause).source())
        .map(ToString::to_string)
        .collect()
}

fn exit(fault: &Fault) -> u8 {
    match fault.class {
        Class::Refused => REFUSED,
        Class::Cancelled => CANCELLED,
        _ => FAILED,
    }
}

impl From<&PlanError> for Failure {
    fn from(error: &PlanError) -> Self {
        Self {
            what: error.to_string(),
            causes: causes(error),
            hints: error.hint().into_iter().collect(),
            exit: error.fault().map_or(FAILED, exit),
        }
    }
}

impl From<&groundplan_state::Error> for Failure {
    fn from(error: &groundplan_state::Error) -> Self {
        let exit = if is_of_another(error) { LOCKED } else { FAILED };
        Self { what: error.to_string(), causes: causes(error), hints: vec![error.hint()], exit }
    }
}

/// Whether the stack is somebody else's at the moment.
fn is_of_another(error: &groundplan_state::Error) -> bool {
    use groundplan_state::Error;
    matches!(error, Error::Locked { .. } | Error::LeaseLost { .. })
}

impl From<&ApplyError> for Failure {
    fn from(error: &ApplyError) -> Self {
        let what = error.to_string();
        match error {
            ApplyError::Refused(refusals) => {
                let say = |Refusal { address, what, .. }: &Refusal| format!("`{address}` {what}");
                let lift = |refusal: &Refusal| format!("lift this with {}", refusal.lift);
                let mut hints: Vec<_> = refusals.iter().map(lift).collect();
                hints.dedup();
                Self { what, causes: refusals.iter().map(say).collect(), hints, exit: REFUSED }
            }
            ApplyError::Stale { .. } => {
                let why = "another run changed it in between; this one changed nothing".to_owned();
                let hints = vec!["plan again and look at what is different now".to_owned()];
                Self { what, causes: vec![why], hints, exit: REFUSED }
            }
            ApplyError::Store(store) => {
                let mut causes = causes(store);
                causes.insert(0, store.to_string());
                let next =
                    "every step's intent is on record: the next run looks into what was under way";
                let exit = if is_of_another(store) { LOCKED } else { PARTLY };
                Self { what, causes, hints: vec![store.hint(), next.to_owned()], exit }
            }
        }
    }
}

/// A step that failed.
impl From<(&Address, Verb, &Fault)> for Failure {
    fn from((address, verb, fault): (&Address, Verb, &Fault)) -> Self {
        Self {
            what: format!("could not {} `{address}`", words::to_do(verb)),
            causes: vec![fault.to_string()],
            hints: fault.hint.iter().cloned().collect(),
            exit: exit(fault),
        }
    }
}

/// All mistakes of a program at once.
impl From<&[Problem]> for Failure {
    fn from(problems: &[Problem]) -> Self {
        let mut table = Table::default();
        for (number, problem) in problems.iter().enumerate() {
            let number = format!("{}.", number + 1);
            let at = problem.at.as_deref().unwrap_or("the stack");
            let path = problem.path.as_deref().map(|path| format!("`{path}`")).unwrap_or_default();
            table.row([Cell::from(number), at.into(), path.into(), Cell::from(&problem.what)]);
        }
        let plain = Paint { color: false, width: usize::MAX, unicode: true };
        let causes = match problems {
            [one] => vec![one.to_string()],
            _ => vec![table.render(0, &plain)],
        };
        Self {
            what: format!(
                "the program has {}; nothing was touched",
                words::count(problems.len(), "mistake")
            ),
            causes,
            hints: vec!["mend the program and run the same command again".into()],
            exit: FAILED,
        }
    }
}
