//! `plan --comment`: the plan on its pull request.

use crate::{
    app::App,
    environment,
    github::{Pace, Target, upsert},
};

/// Writes a plan to its pull request. Whatever comes of it is told, and changes no exit code.
pub(super) async fn comment(app: &App, stack: &str, body: &str) {
    let target = match Target::find(environment::variable, |path| std::fs::read_to_string(path)) {
        Ok(target) => target,
        Err(why) => {
            return app.screen.note(&format!("the plan was not written to a pull request: {why}"));
        }
    };
    let outcome = upsert(&target, stack, app.global.env.as_deref(), body, Pace::RUN).await;
    for note in &outcome.notes {
        app.screen.note(note);
    }
    if let Some(url) = outcome.url {
        app.screen.note(&format!("the plan is at {url}"));
    }
}
