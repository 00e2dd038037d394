//! `output`: what the stack gives to its users.

use super::state::load;
use crate::{
    app::App,
    config,
    render::{
        error::{FAILED, Failure},
        report::outputs,
    },
};
use groundplan::Json;

/// Shows all outputs, or one as it is. As JSON: the values alone, for scripts.
pub(crate) async fn output(
    app: &App,
    stack: Option<String>,
    name: Option<String>,
) -> Result<u8, Failure> {
    let snapshot = load(app, stack).await?;
    let screen = app.screen;
    let Some(name) = name else {
        match screen.json {
            true => screen.raw(&format!("{}\n", Json::Object(snapshot.outputs))),
            false if snapshot.outputs.is_empty() => screen.page("no outputs\n"),
            false => screen.page(&outputs(&snapshot.outputs, screen.paint())),
        }
        return Ok(0);
    };
    let Some(value) = snapshot.outputs.get(&name) else {
        let names: Vec<_> = snapshot.outputs.keys().map(String::as_str).collect();
        let hint = match config::meant(&name, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if names.is_empty() => "it has none; `apply` records them".into(),
            None => format!("there are {}", names.join(", ")),
        };
        let what = format!("stack `{}` has no output `{name}`", snapshot.stack);
        return Err(Failure { what, causes: Vec::new(), hints: vec![hint], exit: FAILED });
    };
    match value.as_str().filter(|_| !screen.json) {
        Some(text) => screen.raw(&format!("{text}\n")),
        None => screen.raw(&format!("{value}\n")),
    }
    Ok(0)
}
