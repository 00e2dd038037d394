//! `state forget`: takes a resource off the record. The object is not asked for, and stays as it is.

use super::{States, not_recorded};
use crate::{
    app::App,
    ask::ask,
    lock,
    render::{error::Failure, json::FORMAT},
    session,
};
use groundplan::{Address, json};
use groundplan_state::{Change, Result as Stored, Run, Session};

pub(super) async fn forget(
    app: &App,
    states: &States,
    address: &Address,
    yes: bool,
) -> Result<u8, Failure> {
    let snapshot = states.load(app).await?;
    if !snapshot.all().any(|(recorded, ..)| recorded == address) {
        return Err(not_recorded(address, &snapshot));
    }
    for (user, ..) in snapshot.all().filter(|(_, _, entry)| entry.needs.contains(address)) {
        app.screen.note(&format!("`{user}` needs it, and stays on record"));
    }
    let question = format!(
        "forget `{address}` of stack `{}`? it stays in the cloud, and nothing here looks after it any more",
        states.stack
    );
    ask(app.screen, &app.stop, &question, yes).await?;
    let who = session::local_user();
    let holder = session::holder(app, who.clone(), "state forget");
    let waiting = lock::Waiter::new(app);
    let opened = states.store.open_or_wait(&states.stack, &snapshot.realm, holder, waiting.wait());
    let mut session = opened.await.map_err(|error| Failure::from(&error))?;
    let left = leave(session.as_mut(), address, who).await;
    lock::give_back(session).await;
    left.map_err(|error| Failure::from(&error))?;
    app.screen.page(&format!(
        "forgot `{address}`; `apply state list` shows it as left, and a program that names it takes it up again\n"
    ));
    app.screen.json("state_forgotten", &json!({ "format": FORMAT, "address": address }));
    Ok(0)
}

async fn leave(session: &mut dyn Session, address: &Address, who: String) -> Stored<()> {
    let recorded = session.snapshot().all().filter(|(a, ..)| *a == address);
    let changes =
        recorded.map(|(address, slot, _)| Change::Leave { address: address.clone(), slot });
    session.append(changes.collect()).await?;
    let run = Run {
        command: "state forget".to_owned(),
        who,
        at: jiff::Timestamp::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: None,
        plan: None,
    };
    session.compact(run).await
}
