//! `state forget`: takes a resource off the record, or all of an account. No object is asked for, and all
//! stay as they are.

use super::{States, not_recorded};
use crate::{
    app::App,
    ask::ask,
    lock,
    render::{
        error::{FAILED, Failure},
        json::FORMAT,
    },
    session,
};
use groundplan::{Address, Json, json};
use groundplan_state::{Change, Entry, Result as Stored, Run, Session, Slot, Snapshot, Why};

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
    let leave = |now: &Snapshot| {
        let recorded = now.all().filter(|(a, ..)| *a == address);
        let leave = |(address, slot, _): (&Address, Slot, &Entry)| Change::Leave {
            address: address.clone(),
            slot,
        };
        recorded.map(leave).collect()
    };
    write(app, states, &snapshot, leave).await?;
    app.screen.page(&format!(
        "forgot `{address}`; `apply state list` shows it as left, and a program that names it takes it up again\n"
    ));
    app.screen.json("state_forgotten", &json!({ "format": FORMAT, "address": address }));
    Ok(0)
}

/// Drops all that is in an account. It is not kept in mind as left, as nothing there can be had again.
pub(super) async fn account(
    app: &App,
    states: &States,
    account: &str,
    yes: bool,
) -> Result<u8, Failure> {
    let snapshot = states.load(app).await?;
    let there: Vec<_> = inside(&snapshot, account).collect();
    if there.is_empty() {
        return Err(Failure {
            what: format!("nothing of stack `{}` is recorded in account {account}", states.stack),
            causes: Vec::new(),
            hints: vec!["`apply state list` lists what is recorded".into()],
            exit: FAILED,
        });
    }
    for (address, ..) in &there {
        app.screen.note(&format!("`{address}`"));
    }
    let question = format!(
        "drop these {} records of stack `{}`? whatever of them is still in account {account} stays there, and nothing here knows of it any more",
        there.len(),
        states.stack
    );
    ask(app.screen, &app.stop, &question, yes).await?;
    let drop = |now: &Snapshot| {
        let drop =
            |(address, slot): (Address, Slot)| Change::Remove { address, slot, why: Why::Absent };
        inside(now, account).map(drop).collect()
    };
    write(app, states, &snapshot, drop).await?;
    app.screen.page(&format!("forgot {} resources in account {account}\n", there.len()));
    let addresses: Vec<_> = there.iter().map(|(address, _)| address).collect();
    let told = json!({ "format": FORMAT, "account": account, "addresses": addresses });
    app.screen.json("state_account_forgotten", &told);
    Ok(0)
}

/// What is recorded in an account: in a scope there, in a cluster there, and the account's own check.
fn inside(now: &Snapshot, account: &str) -> impl Iterator<Item = (Address, Slot)> {
    let names = move |value: &Json| value.get("account").is_some_and(|id| id == account);
    let is_there = move |inputs: &Json| {
        let fields = inputs.as_object();
        // Who is let into an account is on record where the account is managed.
        let itself = names(inputs) && inputs.get("scope").is_none();
        itself || fields.is_some_and(|fields| fields.values().any(names))
    };
    let there = now.all().filter(move |(_, _, entry)| is_there(&entry.inputs));
    there.map(|(address, slot, _)| (address.clone(), slot))
}

async fn write(
    app: &App,
    states: &States,
    loaded: &Snapshot,
    changes: impl FnOnce(&Snapshot) -> Vec<Change>,
) -> Result<(), Failure> {
    let who = session::local_user();
    let holder = session::holder(app, who.clone(), "state forget");
    let waiting = lock::Waiter::new(app);
    let opened = states.store.open_or_wait(&states.stack, &loaded.realm, holder, waiting.wait());
    let mut session = opened.await.map_err(|error| Failure::from(&error))?;
    let changes = changes(session.snapshot());
    let written = record(session.as_mut(), changes, who).await;
    lock::give_back(session).await;
    written.map_err(|error| Failure::from(&error))
}

async fn record(session: &mut dyn Session, changes: Vec<Change>, who: String) -> Stored<()> {
    session.append(changes).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_state::{Options, Realm, Status};

    #[test]
    fn an_account_holds_its_objects_its_clusters_and_its_own_check() {
        let mut state = Snapshot::new("hub", Realm::Simulation);
        let mut put = |address: &str, inputs: Json| {
            let entry = Entry {
                version: 0,
                status: Status::Ready,
                inputs,
                pending: None,
                outputs: None,
                needs: [].into(),
                options: Options::default(),
                generation: 0,
                token: String::new(),
                physical_name: None,
                marked_as: None,
                marked_by: None,
            };
            state.entries.insert(address.parse().unwrap(), entry);
        };
        put("aws.account/data", json!({ "account": "1", "region": "r" }));
        put("aws.account/main", json!({ "account": "2", "region": "r" }));
        put("ec2.vpc/data", json!({ "scope": { "account": "1" }, "cidr": "10.0.0.0/16" }));
        put("ec2.vpc/main", json!({ "scope": { "account": "2" }, "cidr": "10.1.0.0/16" }));
        put("kube.object/data", json!({ "cluster": { "account": "1" } }));
        put("ec2.peering/main", json!({ "scope": { "account": "2" }, "peer_account": "1" }));
        let found: Vec<_> = inside(&state, "1").map(|(address, _)| address.to_string()).collect();
        assert_eq!(found, ["aws.account/data", "ec2.vpc/data", "kube.object/data"]);
    }
}
