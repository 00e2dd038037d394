//! `history`: earlier versions of what is recorded. Asks no cloud and needs no program.

use super::state::{States, document};
use crate::{
    app::App,
    cli::HistoryCommand,
    history::{Difference, differences},
    render::{self, error::Failure, json::FORMAT},
};
use groundplan::{Json, json, to_json};

/// Lists versions, shows one, or compares two.
pub(crate) async fn history(
    app: &App,
    stack: Option<String>,
    command: Option<HistoryCommand>,
) -> Result<u8, Failure> {
    let states = States::of(app, stack).await?;
    let paint = app.screen.paint();
    match command {
        None => {
            let versions = states.history().await?;
            app.screen.page(&render::history::list(&versions, paint));
            let versions: Vec<_> = versions.iter().map(to_json).collect();
            let document = json!({ "format": FORMAT, "stack": states.stack, "versions": versions });
            app.screen.json("history", &document);
        }
        Some(HistoryCommand::Show { serial }) => {
            let snapshot = states.version(serial).await?;
            let records: Vec<_> = snapshot.all().collect();
            app.screen.page(&render::state::list(&snapshot, paint));
            app.screen.json("state", &document(&snapshot, &records));
        }
        Some(HistoryCommand::Diff { one, other }) => {
            let all = differences(&states.version(one).await?, &states.version(other).await?);
            app.screen.page(&render::history::differences(&all, paint));
            let changes: Vec<_> = all.iter().map(|((address, slot), what)| {
                json!({ "address": address, "slot": slot, "change": change(what) })
            }).collect();
            let document = json!({
                "format": FORMAT, "stack": states.stack, "from": one, "to": other, "changes": changes,
            });
            app.screen.json("history_diff", &document);
        }
    }
    Ok(0)
}

fn change(difference: &Difference) -> Json {
    match difference {
        Difference::Added => json!("added"),
        Difference::Gone => json!("removed"),
        Difference::Changed(values) => values
            .iter()
            .map(|(path, before, after)| json!({ "path": path, "before": before, "after": after }))
            .collect(),
    }
}
