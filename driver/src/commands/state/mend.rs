//! `state repair` and `state unlock`: what a crash or a disk left that a run does not mend by itself.

use super::States;
use crate::{
    app::App,
    ask::ask,
    lock,
    render::{error::Failure, json::FORMAT},
    session,
};
use groundplan::json;
use groundplan_state::Repair;

/// Says what is wrong with a state and what would be done, and does it when that is confirmed.
pub(super) async fn repair(
    app: &App,
    states: &States,
    keep_edits: bool,
    yes: bool,
) -> Result<u8, Failure> {
    let holder = || session::holder(app, session::local_user(), "state repair");
    let look = Repair { dry: true, keep_edits };
    let found = states.store.repair(&states.stack, holder(), look).await;
    let found = found.map_err(|error| Failure::from(&error))?;
    for line in &found.lines {
        app.screen.page(&format!("{line}\n"));
    }
    if found.needed {
        let question = format!("repair the state of stack `{}` like this?", states.stack);
        ask(app.screen, &app.stop, &question, yes).await?;
        let done =
            states.store.repair(&states.stack, holder(), Repair { dry: false, keep_edits }).await;
        done.map_err(|error| Failure::from(&error))?;
        app.screen.page("repaired; the next plan looks into what was open\n");
    } else {
        app.screen.page(&format!("the state of stack `{}` is sound\n", states.stack));
    }
    let document = json!({
        "format": FORMAT, "stack": states.stack, "needed": found.needed, "lines": found.lines,
    });
    app.screen.json("state_repaired", &document);
    Ok(0)
}

/// Says who has the lease of a stack, and ends it if that one is dead.
pub(super) async fn unlock(app: &App, states: &States, yes: bool) -> Result<u8, Failure> {
    let lease = states.store.lease(&states.stack).await.map_err(|error| Failure::from(&error))?;
    let Some(lease) = lease else {
        app.screen.page(&format!("nobody has stack `{}`\n", states.stack));
        app.screen.json("state_unlocked", &json!({ "format": FORMAT, "was": null }));
        return Ok(0);
    };
    let heard = match lease.beat {
        Some(at) => format!("last heard of at {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")),
        None => "nothing was heard of it".to_owned(),
    };
    app.screen.page(&format!("stack `{}` is held by {}; {heard}\n", states.stack, lease.holder));
    let question = "end this lease, if nothing is heard of its holder now?";
    ask(app.screen, &app.stop, question, yes).await?;
    let holder = session::holder(app, session::local_user(), "state unlock");
    let tell = lock::tell(app.screen);
    let ended = states.store.unlock(&states.stack, holder, &tell).await;
    ended.map_err(|error| Failure::from(&error))?;
    app.screen.page("ended; the next run looks into what it had under way\n");
    let document = json!({ "format": FORMAT, "was": lease.holder, "epoch": lease.epoch });
    app.screen.json("state_unlocked", &document);
    Ok(0)
}
