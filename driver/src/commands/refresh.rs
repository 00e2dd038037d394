//! `refresh`: say what others changed, and write down what is out of date on record.

use super::plan::CHANGES;
use crate::{
    app::App,
    ask::ask,
    cli::RefreshArgs,
    commit, lock,
    render::{error::Failure, json::FORMAT, refreshed},
    session::{Run, releases},
    signals::unless_stopped,
};
use groundplan::{Refreshed, json};
use groundplan_state::{Run as Record, Session, Snapshot};

/// Reads every recorded object. Touches nothing in the cloud.
pub(crate) async fn refresh(app: &App, arguments: RefreshArgs) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let releases = |snapshot: &Snapshot| releases(&asked.graph, snapshot);
    if arguments.plan {
        let snapshot = run.load().await?;
        let found = read(&run, &snapshot, releases(&snapshot)).await?;
        return Ok(if found.is_empty() { 0 } else { CHANGES });
    }
    let mut session = run.open("refresh").await?;
    let used = releases(session.snapshot());
    let ended = record(&run, session.as_mut(), used, arguments.yes).await;
    lock::give_back(session).await;
    ended.map(|()| 0)
}

async fn read(run: &Run<'_>, snapshot: &Snapshot, releases: bool) -> Result<Refreshed, Failure> {
    let cx = run.cx(snapshot, releases)?;
    let registry = run.app.program.registry();
    let phase = run.app.show.phase();
    let found = async {
        let found = groundplan::refresh(snapshot, &registry, &cx).await;
        found.map_err(|error| Failure::from(&error))
    };
    let found = unless_stopped(&run.app.stop, found).await;
    drop(phase);
    let found = found?;
    let screen = run.app.screen;
    screen.page(&refreshed::page(&found, &run.stack, screen.paint()));
    screen.json("refreshed", &refreshed::json(&found, &run.stack));
    Ok(found)
}

async fn record(
    run: &Run<'_>,
    session: &mut dyn Session,
    releases: bool,
    yes: bool,
) -> Result<(), Failure> {
    let found = read(run, session.snapshot(), releases).await?;
    if !found.records() {
        return Ok(());
    }
    let question = format!("record this in the state of stack `{}`?", run.stack);
    ask(run.app.screen, &run.app.stop, &question, yes).await?;
    let by = Record {
        command: "refresh".to_owned(),
        who: run.world.caller.arn.clone(),
        at: jiff::Timestamp::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: commit::of(&run.folder),
        plan: None,
    };
    found.record(session, by).await.map_err(|error| Failure::from(&error))?;
    run.app.screen.page("recorded; nothing in the cloud was touched\n");
    run.app.screen.json("state_written", &json!({ "format": FORMAT, "stack": run.stack }));
    Ok(())
}
