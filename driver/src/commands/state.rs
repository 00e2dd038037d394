//! `state`: look at what is recorded, and mend it. Works when the program or its settings do not.

use crate::{
    app::App,
    ask::ask,
    cli::{Parts, StateCommand},
    environment,
    render::{
        error::{FAILED, Failure},
        json::FORMAT,
        state::{list, show},
    },
    sandbox, session,
};
use groundplan::{Address, Json, json, to_json};
use groundplan_state::{Change, DirStore, Holder, Slot, Snapshot, Store, Upkeep};

/// Looks at what is recorded.
pub(crate) async fn state(
    app: &App,
    stack: Option<String>,
    command: StateCommand,
) -> Result<u8, Failure> {
    let place = place(app, stack).await?;
    let snapshot = place.load(app).await?;
    let chosen = match &command {
        StateCommand::List | StateCommand::Show { address: None } => None,
        StateCommand::Show { address: Some(address) } | StateCommand::Forget { address, .. } => {
            Some(address)
        }
    };
    let records: Vec<_> =
        snapshot.all().filter(|(address, ..)| chosen.is_none_or(|c| c == *address)).collect();
    if let Some(address) = chosen.filter(|_| records.is_empty()) {
        return Err(not_recorded(address, &snapshot));
    }
    let paint = app.screen.paint();
    match &command {
        StateCommand::Forget { address, yes } => {
            return forget(app, &place, &snapshot, address, *yes).await;
        }
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

/// Takes a resource off the record. The object itself is not asked for, and stays as it is.
async fn forget(
    app: &App,
    place: &Place,
    snapshot: &Snapshot,
    address: &Address,
    yes: bool,
) -> Result<u8, Failure> {
    let users: Vec<_> =
        snapshot.all().filter(|(_, _, entry)| entry.needs.contains(address)).collect();
    for (user, ..) in &users {
        app.screen.note(&format!("`{user}` needs it, and stays on record"));
    }
    let question = format!(
        "forget `{address}` of stack `{}`? it stays in the cloud, and nothing here looks after it any more",
        place.stack
    );
    ask(app.screen, &app.stop, &question, yes).await?;
    let who = environment::variable("USER").unwrap_or_else(|| "a local user".to_owned());
    let holder = Holder {
        who: who.clone(),
        host: app.environment.host.clone(),
        pid: std::process::id(),
        command: "state forget".to_owned(),
        since: jiff::Timestamp::now(),
    };
    let opened = place.store.open(&place.stack, &snapshot.realm, holder).await;
    let mut session = opened.map_err(|error| Failure::from(&error))?;
    let slots: Vec<_> =
        session.snapshot().all().filter(|(a, ..)| *a == address).map(|(_, slot, _)| slot).collect();
    let changes = slots.into_iter().map(|slot| Change::Leave { address: address.clone(), slot });
    session.append(changes.collect()).await.map_err(|error| Failure::from(&error))?;
    let run = groundplan_state::Run {
        command: "state forget".to_owned(),
        who,
        at: jiff::Timestamp::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: None,
        plan: None,
    };
    session.compact(run).await.map_err(|error| Failure::from(&error))?;
    session.close().await.map_err(|error| Failure::from(&error))?;
    app.screen.page(&format!("forgot `{address}`; what it was is in the state before this one\n"));
    app.screen.json("state_forgotten", &json!({ "format": FORMAT, "address": address }));
    Ok(0)
}

/// Where the state of a stack is.
struct Place {
    store: DirStore,
    stack: String,
}

impl Place {
    async fn load(&self, app: &App) -> Result<Snapshot, Failure> {
        match self.store.load(&self.stack).await.map_err(|error| Failure::from(&error))? {
            Some(loaded) => Ok(loaded.snapshot),
            None => Err(Failure {
                what: format!("nothing is recorded of stack `{}`", self.stack),
                causes: vec![format!("there is no state in {}", self.store.place(&self.stack))],
                hints: vec![elsewhere(app)],
                exit: FAILED,
            }),
        }
    }
}

/// The recorded state, without asking any cloud.
pub(super) async fn load(app: &App, stack: Option<String>) -> Result<Snapshot, Failure> {
    place(app, stack).await?.load(app).await
}

/// Where the state is that is meant.
async fn place(app: &App, stack: Option<String>) -> Result<Place, Failure> {
    let sandbox = match app.global.sandbox {
        Some(parts) => Some(running(app, parts).await?),
        None => None,
    };
    let root = session::root(app, &app.folder(), sandbox.as_deref());
    let store = DirStore::new(&root);
    let stack = match stack {
        Some(stack) => stack,
        None => match app.ask() {
            Ok(asked) => asked.stack,
            Err(failed) => only(&store).await.ok_or(failed)?,
        },
    };
    Ok(Place { store, stack })
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
async fn only(store: &DirStore) -> Option<String> {
    let mut stacks = store.stacks().await.ok()?;
    let one = stacks.pop()?;
    stacks.is_empty().then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_state::Realm;

    #[tokio::test]
    async fn the_only_stack_needs_no_name() {
        let root = tempfile::tempdir().unwrap();
        let store = DirStore::new(root.path());
        let make = async |stack: &str| {
            let holder = Holder {
                who: "t".into(),
                host: "h".into(),
                pid: 1,
                command: "apply".into(),
                since: jiff::Timestamp::UNIX_EPOCH,
            };
            let session = store.open(stack, &Realm::Simulation, holder).await.unwrap();
            session.close().await.unwrap();
        };
        assert_eq!(only(&store).await, None);
        std::fs::create_dir(root.path().join("sandbox")).unwrap();
        make("hub").await;
        assert_eq!(only(&store).await.as_deref(), Some("hub"));
        make("other").await;
        assert_eq!(only(&store).await, None, "of two, neither is meant");
    }
}
