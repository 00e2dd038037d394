//! `state mv`: hands a resource over to another stack. Its object is not asked for, and stays as it is.

use super::States;
use crate::{
    app::App,
    ask::ask,
    lock,
    render::{
        error::{FAILED, Failure, REFUSED},
        json::FORMAT,
    },
    session,
};
use groundplan::{Address, HandoverError, can_go, hand_over, json};
use groundplan_state::{Run, Session, Snapshot};

/// Takes the record of a resource to another stack, from wherever an earlier attempt was cut off.
pub(super) async fn mv(
    app: &App,
    states: &States,
    (address, to, named): (&Address, &str, Option<&Address>),
    yes: bool,
) -> Result<u8, Failure> {
    let named = named.unwrap_or(address);
    refuse_in_clusters(address)?;
    let here = states.load(app).await?;
    let there = load(states, to).await?;
    can_go(&here, address, &there, named).map_err(failure)?;
    let needs = here.all().filter(|(_, _, entry)| entry.needs.contains(address));
    for (user, ..) in needs {
        app.screen.note(&format!("`{user}` of stack `{}` needs it, and stays", states.stack));
    }
    let question = format!(
        "hand `{address}` of stack `{}` over to stack `{to}` as `{named}`? its program has to declare it",
        states.stack
    );
    ask(app.screen, &app.stop, &question, yes).await?;
    // In the order of their names, so that two that go both ways do not wait for each other.
    let first = states.stack.as_str().min(to);
    let mut one = open(app, states, first, &here).await?;
    let second = if first == to { states.stack.as_str() } else { to };
    let mut other = match open(app, states, second, &here).await {
        Ok(other) => other,
        Err(failure) => {
            lock::give_back(one).await;
            return Err(failure);
        }
    };
    let (from, into) = if first == to { (&mut other, &mut one) } else { (&mut one, &mut other) };
    let went = go(from.as_mut(), address, into.as_mut(), named).await;
    lock::give_back(one).await;
    lock::give_back(other).await;
    went.map_err(failure)?;
    app.screen.page(&format!(
        "`{named}` is of stack `{to}` now; the next apply there gives it that stack's mark\n"
    ));
    app.screen.json(
        "state_moved",
        &json!({
            "format": FORMAT, "from": states.stack, "address": address, "to": to, "as": named,
        }),
    );
    Ok(0)
}

/// What is in a cluster bears its stack's name as its field manager, and a release its owner inside helm's
/// own record: another stack would meet both as a stranger's.
fn refuse_in_clusters(address: &Address) -> Result<(), Failure> {
    if !groundplan::kube::registry().kinds().any(|kind| kind == address.kind()) {
        return Ok(());
    }
    Err(Failure {
        what: format!("`{address}` cannot go to another stack; nothing was changed"),
        causes: vec![
            "what is in a cluster is managed under the name of its stack, field by field".into(),
        ],
        hints: vec![
            "let the other stack declare it under another name, move its users over, then take it out here"
                .into(),
            "the cluster itself and everything else of AWS can go".into(),
        ],
        exit: REFUSED,
    })
}

/// The state of the other stack. One of which nothing is recorded has no lineage to hand anything to.
async fn load(states: &States, stack: &str) -> Result<Snapshot, Failure> {
    let loaded = states.store.load(stack).await.map_err(|error| Failure::from(&error))?;
    loaded.map(|loaded| loaded.snapshot).ok_or_else(|| Failure {
        what: format!("nothing is recorded of stack `{stack}`"),
        causes: vec![format!("there is no state at {}", states.store.place(stack))],
        hints: vec!["apply that stack first, or check its name".into()],
        exit: FAILED,
    })
}

async fn open(
    app: &App,
    states: &States,
    stack: &str,
    of: &Snapshot,
) -> Result<Box<dyn Session>, Failure> {
    let holder = session::holder(app, session::local_user(), "state mv");
    let waiting = lock::Waiter::new(app);
    let opened = states.store.open_or_wait(stack, &of.realm, holder, waiting.wait());
    opened.await.map_err(|error| Failure::from(&error))
}

async fn go(
    from: &mut dyn Session,
    address: &Address,
    to: &mut dyn Session,
    named: &Address,
) -> Result<(), HandoverError> {
    hand_over(from, address, to, named).await?;
    let run = || Run {
        command: "state mv".to_owned(),
        who: session::local_user(),
        at: jiff::Timestamp::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: None,
        plan: None,
    };
    from.compact(run()).await?;
    Ok(to.compact(run()).await?)
}

fn failure(error: HandoverError) -> Failure {
    match error {
        HandoverError::Store(error) => Failure::from(&error),
        HandoverError::Refused { what, hint } => Failure {
            what: format!("{what}; nothing was changed"),
            causes: Vec::new(),
            hints: vec![hint],
            exit: REFUSED,
        },
    }
}
