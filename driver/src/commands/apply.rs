//! `apply`: plan, show, ask, apply.

use super::{carry_out, plan::settings};
use crate::{app::App, cli::ApplyArgs, lock, render::error::Failure, session::Run};
use carry_out::{Wish, carry_out};

/// Brings about what the program says.
pub(crate) async fn apply(app: &App, arguments: ApplyArgs) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let mut session = run.open("apply").await?;
    let wish = Wish {
        command: "apply",
        graph: &asked.graph,
        question: format!("apply this to stack `{}` {}?", asked.stack, run.whereabouts()),
        yes: arguments.yes,
        at_once: arguments.run.jobs.get(),
        allow_deletes: arguments.plan.allow_deletes,
        settings: settings(&asked, &arguments.plan),
    };
    let ended = carry_out(&run, session.as_mut(), wish).await;
    lock::give_back(session).await;
    let ended = ended?;
    if let Some(local) = &run.world.sandbox {
        local.say_how_to_look(app, &run.rendered())?;
    }
    Ok(ended.exit)
}
