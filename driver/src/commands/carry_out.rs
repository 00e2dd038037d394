//! What `apply` and `destroy` have in common: plan, show, ask, apply, report.

use crate::{
    ask::ask,
    commit, guard,
    render::{self, error::Failure, error::REFUSED, json, words},
    session::{Run, releases},
};
use groundplan::{ApplySettings, Approved, Difference, Graph, Plan, Settings};
use groundplan_state::{Run as Record, Session};
use std::time::Instant;

/// What is to be brought about, and how.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    /// For the record.
    pub(super) command: &'static str,
    pub(super) graph: &'a Graph,
    pub(super) settings: Settings,
    /// What is asked before anything is changed.
    pub(super) question: String,
    /// Whether the answer is known.
    pub(super) yes: bool,
    pub(super) at_once: usize,
    /// How many resources may be taken away, if that was said.
    pub(super) allow_deletes: Option<usize>,
    /// What somebody approved of before.
    pub(super) consent: Consent,
}

/// What somebody approved of before.
#[derive(Debug)]
pub(super) enum Consent {
    /// Nothing: who runs it is asked.
    Asked,
    /// A plan, of which this may be a part.
    Plan(Box<Approved>),
    /// A plan of this digest, and no other.
    Digest(String),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The exit code.
    pub(super) exit: u8,
    /// Whether anything was begun.
    pub(super) begun: bool,
}

/// Plans, shows, asks, applies and reports.
pub(super) async fn carry_out(
    run: &Run<'_>,
    session: &mut dyn Session,
    wish: Wish<'_>,
) -> Result<Ended, Failure> {
    let screen = run.app.screen;
    let cx = run.cx(session.snapshot(), releases(wish.graph, session.snapshot()))?;
    let plan = run.plan(wish.graph, session.snapshot(), &cx, &wish.settings).await?;
    let digest = plan.digest(wish.graph);
    check(&wish.consent, &plan, wish.graph, &digest)?;
    run.show(&plan, &digest);
    if !plan.refusals.is_empty() {
        return Ok(Ended { exit: REFUSED, begun: false });
    }
    guard::check(&plan, wish.allow_deletes)?;
    let nothing = plan.is_empty();
    if !nothing {
        ask(screen, &run.app.stop, &wish.question, wish.yes).await?;
    }
    let settings = ApplySettings {
        at_once: wish.at_once,
        unprotect: wish.settings.unprotect,
        run: Record {
            command: wish.command.to_owned(),
            who: run.world.caller.arn.clone(),
            at: jiff::Timestamp::now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit::of(&run.folder),
            plan: Some(digest),
        },
    };
    let started = Instant::now();
    let phase = (!nothing).then(|| run.app.show.phase());
    // A plan of nothing is applied as well: it may still have to write down a name or an output.
    let registry = run.app.program.registry();
    let applied = groundplan::apply(plan, session, &registry, &cx, settings).await;
    drop(phase);
    let report = applied.map_err(|error| Failure::from(&error))?;
    let (course, took) = (run.app.show.course(), started.elapsed());
    screen.json("report", &json::report(&report, &course, took));
    if !nothing {
        screen
            .page(&format!("\n{}", render::report::report(&report, &course, took, screen.paint())));
    } else if !report.outputs.is_empty() {
        screen.page(&format!("\n{}", render::report::outputs(&report.outputs, screen.paint())));
    }
    Ok(Ended { exit: render::report::exit(&report), begun: !nothing })
}

/// Refuses a plan that is not what was approved.
fn check(consent: &Consent, plan: &Plan, graph: &Graph, digest: &str) -> Result<(), Failure> {
    match consent {
        Consent::Plan(approved) => match plan.differences(graph, approved) {
            same if same.is_empty() => Ok(()),
            differences => Err(not_as_planned(&differences)),
        },
        Consent::Digest(approved) if approved != digest => Err(Failure {
            what: "the plan is not the one that was approved; nothing was changed".into(),
            causes: vec![format!("its digest is {digest}, and {approved} was approved")],
            hints: vec!["look at what `apply plan` says now, and have that approved".into()],
            exit: REFUSED,
        }),
        Consent::Asked | Consent::Digest(_) => Ok(()),
    }
}

/// How many differences are told.
const TOLD: usize = 20;

fn not_as_planned(differences: &[Difference]) -> Failure {
    let tell = |Difference { address, what }: &Difference| match address {
        Some(address) => format!("`{address}` {what}"),
        None => what.clone(),
    };
    let mut causes: Vec<_> = differences.iter().take(TOLD).map(tell).collect();
    causes.extend(words::more(differences.len(), TOLD, "difference"));
    Failure {
        what: "the plan is not what was approved any more; nothing was changed".into(),
        causes,
        hints: vec!["plan again and have that approved: apply plan --out FILE".into()],
        exit: REFUSED,
    }
}
