//! `plan`: show what would change.

use crate::{
    app::App,
    cli::PlanArgs,
    guard,
    render::error::{Failure, REFUSED},
    session::{Run, releases},
};
use groundplan::{Mode, Settings};

/// Something would change.
const CHANGES: u8 = 2;

/// Shows what would change, and changes nothing.
pub(crate) async fn plan(app: &App, arguments: PlanArgs) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let snapshot = run.load().await?;
    let cx = run.cx(&snapshot, releases(&asked.graph, &snapshot))?;
    let plan = run.plan(&asked.graph, &snapshot, &cx, &settings(&arguments)).await?;
    run.show(&plan);
    guard::check(&plan, arguments.allow_deletes)?;
    Ok(match (plan.refusals.is_empty(), plan.is_empty()) {
        (false, _) => REFUSED,
        (true, false) => CHANGES,
        (true, true) => 0,
    })
}

/// How to plan.
pub(super) fn settings(arguments: &PlanArgs) -> Settings {
    Settings {
        mode: Mode::Apply,
        refresh: !arguments.no_refresh,
        unprotect: arguments.unprotect.iter().cloned().collect(),
        replace: arguments.replace.iter().cloned().collect(),
    }
}
