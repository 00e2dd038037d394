//! `state`: look at what is recorded, and mend it. Works when the program or its settings do not.

mod forget;
mod mend;
mod mv;
mod recover;
mod states;

pub(super) use states::{States, load};

use crate::{
    app::App,
    cli::StateCommand,
    render::{
        error::{FAILED, Failure},
        json::FORMAT,
        state::{list, show},
    },
};
use groundplan::{Address, Json, json, to_json};
use groundplan_state::{Entry, Slot, Snapshot};

/// Looks at what is recorded, or mends it.
pub(crate) async fn state(
    app: &App,
    stack: Option<String>,
    command: StateCommand,
) -> Result<u8, Failure> {
    let states = States::of(app, stack);
    match command {
        StateCommand::List => look(app, &states.await?, None, list).await,
        StateCommand::Show { address } => {
            let paint = app.screen.paint();
            let page = |snapshot: &Snapshot, _: &_| {
                let chosen =
                    snapshot.all().filter(|(a, ..)| address.as_ref().is_none_or(|c| c == *a));
                let pages = chosen.map(|(address, slot, entry)| show(address, slot, entry, paint));
                pages.collect::<Vec<_>>().join("\n")
            };
            look(app, &states.await?, address.as_ref(), page).await
        }
        StateCommand::Forget { address, account, yes } => match (address, account) {
            (Some(address), _) => forget::forget(app, &states.await?, &address, yes).await,
            (None, account) => {
                let account = account.expect("BUG: the command line names an address or account");
                forget::account(app, &states.await?, &account, yes).await
            }
        },
        StateCommand::Mv { address, to, named, yes } => {
            mv::mv(app, &states.await?, (&address, to.as_str(), named.as_ref()), yes).await
        }
        StateCommand::Repair { keep_edits, yes } => {
            mend::repair(app, &states.await?, keep_edits, yes).await
        }
        StateCommand::Unlock { yes } => mend::unlock(app, &states.await?, yes).await,
        // A lost state has no place to be found by: the program says which stack it was of.
        StateCommand::Recover { lineage, yes } => {
            Box::pin(recover::recover(app, lineage, yes)).await
        }
    }
}

async fn look(
    app: &App,
    states: &States,
    chosen: Option<&Address>,
    page: impl FnOnce(&Snapshot, &crate::render::paint::Paint) -> String,
) -> Result<u8, Failure> {
    let snapshot = states.load(app).await?;
    let records = snapshot.all().filter(|(address, ..)| chosen.is_none_or(|c| c == *address));
    let records: Vec<_> = records.collect();
    if let Some(address) = chosen.filter(|_| records.is_empty()) {
        return Err(not_recorded(address, &snapshot));
    }
    app.screen.page(&page(&snapshot, app.screen.paint()));
    app.screen.json("state", &document(&snapshot, &records));
    Ok(0)
}

/// Records as JSON.
pub(super) fn document(snapshot: &Snapshot, records: &[(&Address, Slot, &Entry)]) -> Json {
    let record = |(address, slot, entry): &(&Address, Slot, &Entry)| json!({ "address": address, "slot": slot, "record": to_json(entry) });
    json!({
        "format": FORMAT,
        "stack": snapshot.stack,
        "lineage": snapshot.lineage,
        "serial": snapshot.serial,
        "realm": snapshot.realm,
        "records": records.iter().map(record).collect::<Vec<_>>(),
        "left": snapshot.left.iter().map(to_json).collect::<Vec<_>>(),
    })
}

fn not_recorded(address: &Address, snapshot: &Snapshot) -> Failure {
    let all: Vec<_> = snapshot.entries.keys().map(ToString::to_string).collect();
    let meant = crate::config::meant(&address.to_string(), all.iter().map(String::as_str));
    Failure {
        what: format!("`{address}` is not recorded of stack `{}`", snapshot.stack),
        causes: Vec::new(),
        hints: vec![match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`apply state list` lists what is".into(),
        }],
        exit: FAILED,
    }
}
