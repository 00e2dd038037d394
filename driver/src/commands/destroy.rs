//! `destroy`: remove everything that is recorded.

use super::carry_out::{Consent, Wish, carry_out};
use crate::{
    app::App,
    cli::DestroyArgs,
    kept::{self, Kept},
    lock,
    render::{
        error::{FAILED, Failure},
        json,
    },
    session::Run,
};
use groundplan::{Graph, Mode, Settings};
use groundplan_state::Snapshot;
use std::path::Path;

/// Removes everything that is recorded, and says what AWS itself keeps.
pub(crate) async fn destroy(app: &App, arguments: DestroyArgs) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let mut session = run.open("destroy").await?;
    let before = session.snapshot().clone();
    let mut settings = Settings::new(Mode::Destroy);
    settings.unprotect = arguments.unprotect.iter().cloned().collect();
    let wish = Wish {
        command: "destroy",
        graph: &Graph::empty(&asked.stack),
        settings,
        question: format!(
            "destroy all of this in stack `{}` {}? it does not come back",
            asked.stack,
            run.whereabouts()
        ),
        yes: arguments.yes,
        at_once: arguments.run.jobs.get(),
        // Taking all away is the point.
        allow_deletes: Some(usize::MAX),
        consent: Consent::Asked,
    };
    let ended = carry_out(&run, session.as_mut(), wish).await;
    let after = session.snapshot().clone();
    lock::give_back(session).await;
    let ended = ended?;
    if ended.begun {
        let after = &after;
        let kept = kept::kept(&before, after);
        app.screen.page(&kept::page(&kept, app.screen.paint()));
        app.screen.json("kept", &kept::json(&before, after, &kept));
        if let Some(file) = &arguments.report {
            write(&app.environment.here.join(file), &before, after, &kept)?;
        }
    }
    Ok(ended.exit)
}

fn write(file: &Path, before: &Snapshot, after: &Snapshot, kept: &[Kept]) -> Result<(), Failure> {
    let text = format!("{:#}\n", kept::json(before, after, kept));
    std::fs::write(file, text).map_err(|error| Failure {
        what: format!("could not write the report {}", file.display()),
        causes: vec![
            error.to_string(),
            format!("it would say: {}", json::line("kept", &kept::json(before, after, kept))),
        ],
        hints: Vec::new(),
        exit: FAILED,
    })
}
