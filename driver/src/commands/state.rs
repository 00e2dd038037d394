//! `state`: look at what is recorded. Works when the program or its settings do not.

use crate::{
    app::App,
    cli::{Parts, StateCommand},
    render::{
        error::{FAILED, Failure},
        json::FORMAT,
        state::{list, show},
    },
    sandbox, session,
};
use groundplan::{Address, Json, json, to_json};
use groundplan_state::{DirStore, Slot, Snapshot, Store};
use std::{fs, path::Path};

/// Looks at what is recorded.
pub(crate) async fn state(
    app: &App,
    stack: Option<String>,
    command: StateCommand,
) -> Result<u8, Failure> {
    let snapshot = load(app, stack).await?;
    let chosen = match &command {
        StateCommand::List | StateCommand::Show { address: None } => None,
        StateCommand::Show { address: Some(address) } => Some(address),
    };
    let records: Vec<_> =
        snapshot.all().filter(|(address, ..)| chosen.is_none_or(|c| c == *address)).collect();
    if let Some(address) = chosen.filter(|_| records.is_empty()) {
        return Err(not_recorded(address, &snapshot));
    }
    let paint = app.screen.paint();
    match command {
        StateCommand::List => app.screen.page(&list(&snapshot, paint)),
        StateCommand::Show { .. } => {
            let pages =
                records.iter().map(|(address, slot, entry)| show(address, *slot, entry, paint));
            app.screen.page(&pages.collect::<Vec<_>>().join("\n"));
        }
    }
    app.screen.json("state", &document(&snapshot, &records));
    Ok(0)
}

fn document(snapshot: &Snapshot, records: &[(&Address, Slot, &groundplan_state::Entry)]) -> Json {
    let record = |(address, slot, entry): &(&Address, Slot, &groundplan_state::Entry)| json!({ "address": address, "slot": slot, "record": to_json(entry) });
    json!({
        "format": FORMAT,
        "stack": snapshot.stack,
        "lineage": snapshot.lineage,
        "serial": snapshot.serial,
        "realm": snapshot.realm,
        "records": records.iter().map(record).collect::<Vec<_>>(),
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

/// The recorded state, without asking any cloud.
pub(super) async fn load(app: &App, stack: Option<String>) -> Result<Snapshot, Failure> {
    let sandbox = match app.global.sandbox {
        Some(parts) => Some(running(app, parts).await?),
        None => None,
    };
    let root = session::root(app, &app.folder(), sandbox.as_deref());
    let stack = match stack {
        Some(stack) => stack,
        None => app.ask().map(|asked| asked.stack).or_else(|failed| only(&root).ok_or(failed))?,
    };
    let store = DirStore::new(&root);
    match store.load(&stack).await.map_err(|error| Failure::from(&error))? {
        Some(loaded) => Ok(loaded.snapshot),
        None => Err(Failure {
            what: format!("nothing is recorded of stack `{stack}`"),
            causes: vec![format!("there is no state in {}", store.place(&stack))],
            hints: vec![elsewhere(app)],
            exit: FAILED,
        }),
    }
}

fn elsewhere(app: &App) -> String {
    match app.global.sandbox {
        Some(_) => "`apply --sandbox` makes one; real AWS has its state without --sandbox".into(),
        None => "`apply` makes one; that of a sandbox is shown with --sandbox".into(),
    }
}

/// The id of the sandbox of this folder, whether it still runs or not.
async fn running(app: &App, parts: Parts) -> Result<String, Failure> {
    let options = sandbox::options(app, parts);
    let status = groundplan_sandbox::status(&options.root).await.map_err(sandbox::failed)?;
    status.map(|found| found.id).ok_or_else(|| Failure {
        what: "no sandbox was started for this folder".into(),
        causes: Vec::new(),
        hints: vec![
            "`apply --sandbox` starts one".into(),
            "the state of one that has ended is shown with --state DIR".into(),
        ],
        exit: FAILED,
    })
}

/// The one stack that has a state there, if it is the only one.
fn only(root: &Path) -> Option<String> {
    let folders = fs::read_dir(root).ok()?.flatten();
    let mut stacks = folders.filter(|folder| folder.path().join("state.json").is_file());
    let one = stacks.next()?.file_name().into_string().ok()?;
    stacks.next().is_none().then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_stack_needs_no_name() {
        let root = tempfile::tempdir().unwrap();
        let make = |stack: &str| {
            fs::create_dir(root.path().join(stack)).unwrap();
            fs::write(root.path().join(stack).join("state.json"), "{}").unwrap();
        };
        assert_eq!(only(root.path()), None);
        fs::create_dir(root.path().join("sandbox")).unwrap();
        make("hub");
        assert_eq!(only(root.path()).as_deref(), Some("hub"));
        make("other");
        assert_eq!(only(root.path()), None, "of two, neither is meant");
    }
}
