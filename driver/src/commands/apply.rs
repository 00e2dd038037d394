//! `apply`: plan, show, ask, apply. With a saved plan: do what it says, or nothing.

use super::{carry_out, plan::settings};
use crate::{
    app::App,
    cli::{ApplyArgs, Deny},
    definition::Asked,
    lock,
    render::error::Failure,
    saved::Saved,
    session::Run,
};
use carry_out::{Consent, Wish, carry_out};
use groundplan::{Approved, Settings};
use groundplan_state::Snapshot;
use std::path::PathBuf;

/// Brings about what the program says.
pub(crate) async fn apply(
    app: &App,
    arguments: ApplyArgs,
    plan_file: Option<PathBuf>,
) -> Result<u8, Failure> {
    let saved = plan_file.map(|file| Saved::read(&app.environment.here.join(file))).transpose()?;
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let mut session = run.open("apply").await?;
    let (settings, allow_deletes, consent) = if let Some(Saved { plan, allow_deletes, .. }) = saved
    {
        (
            as_saved(&asked, &plan, session.snapshot(), arguments.plan.deny),
            allow_deletes,
            Consent::Plan(Box::new(plan)),
        )
    } else {
        let consent = arguments.approved.map_or(Consent::Asked, Consent::Digest);
        (settings(&asked, &arguments.plan), arguments.plan.allow_deletes, consent)
    };
    let wish = Wish {
        command: "apply",
        graph: &asked.graph,
        question: format!("apply this to stack `{}` {}?", asked.stack, run.whereabouts()),
        yes: arguments.yes,
        at_once: arguments.run.jobs.get(),
        allow_deletes,
        settings,
        consent,
    };
    let ended = carry_out(&run, session.as_mut(), wish).await;
    lock::give_back(session).await;
    let ended = ended?;
    if let Some(local) = &run.world.sandbox {
        local.say_how_to_look(app, &run.rendered())?;
    }
    Ok(ended.exit)
}

/// How the plan was made that was saved.
fn as_saved(asked: &Asked, plan: &Approved, now: &Snapshot, deny: Deny) -> Settings {
    Settings {
        checks: asked.checks(deny.into()),
        mode: plan.mode,
        only_imports: None,
        refresh: plan.refresh,
        unprotect: plan.unprotect.clone(),
        replace: plan.still_to_replace(now),
    }
}
