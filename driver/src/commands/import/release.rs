//! CloudFormation lets go of a stack whose objects are on record here: shown first, asked, done, and looked at.

use super::{
    cloudformation::{Found, holder},
    source,
};
use crate::{
    ask::ask,
    cli::ImportArgs,
    commands::plan::CHANGES,
    lock,
    render::{
        error::{CANCELLED, FAILED, Failure, REFUSED},
        takeover,
    },
    session::Run,
    signals::unless_stopped,
};
use groundplan::{
    Cx, Fault,
    aws::{
        CxAws, Scope,
        cloudformation::{self, Obstacle, Release},
        snippet::Existing,
    },
    words,
};
use groundplan_state::Snapshot;

/// Lets go of a stack.
pub(super) async fn release(
    run: &Run<'_>,
    cx: &Cx,
    scope: &Scope,
    found: Found,
    arguments: &ImportArgs,
) -> Result<u8, Failure> {
    let name = found.stack.name.clone();
    // No run may take anything off the record meanwhile.
    let session = if arguments.plan { None } else { Some(run.open("import --release").await?) };
    let snapshot = match &session {
        Some(session) => session.snapshot().clone(),
        None => run.load().await?,
    };
    let ended = shown_and_done(run, cx, scope, (&found, &name), &snapshot, arguments).await;
    if let Some(session) = session {
        lock::give_back(session).await;
    }
    ended
}

async fn shown_and_done(
    run: &Run<'_>,
    cx: &Cx,
    scope: &Scope,
    (found, name): (&Found, &str),
    snapshot: &Snapshot,
    arguments: &ImportArgs,
) -> Result<u8, Failure> {
    let screen = run.app.screen;
    let failed = |fault: &Fault| source::unread(format!("stack `{name}` was not let go of"), fault);
    let aws = cx.aws(scope).await.map_err(|fault| failed(&fault))?;
    let prepared = cloudformation::prepare(&aws, found.stack.clone()).await;
    let (release, mut obstacles) = prepared.map_err(|fault| failed(&fault))?;
    obstacles.extend(not_on_record(found, snapshot, name));
    let page = takeover::release(&release, &found.left, &obstacles, screen.paint());
    screen.page(&page);
    screen.json("release", &takeover::release_json(&release, &found.left, &obstacles));
    if !obstacles.is_empty() {
        return Ok(REFUSED);
    }
    if arguments.plan {
        return Ok(CHANGES);
    }
    let question = format!("let CloudFormation go of stack `{name}` {}?", run.whereabouts());
    ask(screen, &run.app.stop, &question, arguments.yes).await?;
    let phase = run.app.show.phase();
    let done = async {
        let carried_out = carry_out(cx, &aws, &release).await;
        carried_out.map_err(|fault| failed(&fault))
    };
    let done = unless_stopped(&run.app.stop, done).await;
    drop(phase);
    done.map_err(|failure| if failure.exit == CANCELLED { cut_off(name) } else { failure })?;
    all_there(run, cx, scope, found).await?;
    screen.page(&format!(
        "stack `{name}` is gone from CloudFormation; of {} nothing is lost\n",
        crate::render::words::count(found.declared.len(), "object")
    ));
    screen.json("released", &groundplan::json!({ "stack": name, "objects": found.declared.len() }));
    Ok(0)
}

/// Stopped once it had begun.
fn cut_off(name: &str) -> Failure {
    Failure {
        what: format!("stopped on the way: stack `{name}` may be updated, or going"),
        causes: vec!["every object is kept in either case".into()],
        hints: vec!["run the same command again".into()],
        exit: CANCELLED,
    }
}

async fn carry_out(
    cx: &Cx,
    aws: &groundplan::aws::Clients,
    release: &Release,
) -> Result<(), Fault> {
    let retained = cloudformation::retain(cx, aws, release).await?;
    cloudformation::delete(cx, aws, retained).await
}

/// What nobody would know of any more.
fn not_on_record(found: &Found, snapshot: &Snapshot, name: &str) -> Option<Obstacle> {
    let unknown = found.declared.iter().filter(|one| holder(snapshot, one).is_none());
    let unknown: Vec<_> = unknown.map(|one| one.address.to_string()).collect();
    (!unknown.is_empty()).then(|| Obstacle {
        what: format!("there, and not on record here: {}", words::list(&unknown)),
        lift: format!("`apply import --cloudformation {name}` first"),
    })
}

/// Looks that every object is still there.
async fn all_there(run: &Run<'_>, cx: &Cx, scope: &Scope, found: &Found) -> Result<(), Failure> {
    let existing = |one: &groundplan::aws::snippet::Declared| Existing {
        address: one.address.clone(),
        id: one.id.clone(),
    };
    let objects: Vec<_> = found.declared.iter().map(existing).collect();
    let (_, gone) = source::declare(run, cx, scope, &objects).await?;
    if gone.is_empty() {
        return Ok(());
    }
    Err(Failure {
        what: "the stack is gone, and not all of what it made is there".into(),
        causes: gone.iter().map(|one| format!("{} is gone ({})", one.id, one.address)).collect(),
        hints: vec!["`apply plan` shows what the program makes again".into()],
        exit: FAILED,
    })
}
