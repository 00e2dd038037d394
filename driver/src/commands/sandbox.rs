//! `sandbox`: the AWS and Kubernetes on this machine.

use crate::{
    app::App,
    cli::{Parts, SandboxCommand},
    render::{
        error::{FAILED, Failure},
        json::FORMAT,
        sandbox::{ended, status},
    },
    sandbox::{self, failed},
    signals::unless_stopped,
};
use groundplan::json;
use groundplan_sandbox::{Kubernetes, Life};

/// Starts it, says how it is, or ends it.
pub(crate) async fn sandbox(app: &App, command: SandboxCommand) -> Result<u8, Failure> {
    let parts = app.global.sandbox.unwrap_or(Parts::Full);
    match command {
        SandboxCommand::Up => up(app, parts).await,
        SandboxCommand::Status => say(app, parts).await,
        SandboxCommand::Down => down(app, parts).await,
    }
}

async fn up(app: &App, parts: Parts) -> Result<u8, Failure> {
    let local = sandbox::up(app, parts).await?;
    let phase = app.show.phase();
    let settled = async { Ok(local.running.kubernetes_settled().await) };
    let settled = unless_stopped(&app.stop, settled).await;
    drop(phase);
    match settled? {
        Kubernetes::Unavailable { why, mend } if local.without.is_none() => Err(Failure {
            what: format!("sandbox {} has no Kubernetes", local.running.id),
            causes: vec![why],
            hints: vec![mend],
            exit: FAILED,
        }),
        _ => say(app, parts).await,
    }
}

async fn say(app: &App, parts: Parts) -> Result<u8, Failure> {
    let root = sandbox::options(app, parts).root;
    let found = groundplan_sandbox::status(&root).await.map_err(failed)?;
    let screen = app.screen;
    screen.page(&status(found.as_ref(), &root, screen.paint()));
    screen.json(
        "sandbox_status",
        &json!({
            "format": FORMAT,
            "id": found.as_ref().map(|f| &f.id),
            "mode": found.as_ref().map(|f| f.mode.name()),
            "answers": found.as_ref().is_some_and(|f| f.life == Life::Answers),
            "endpoint": found.as_ref().and_then(|f| f.endpoint.as_ref()),
            "process": found.as_ref().map(|f| f.pid),
            "kubernetes": found.as_ref().map(|f| match f.kubernetes {
                Kubernetes::Off => "off",
                Kubernetes::Ready => "ready",
                Kubernetes::Building => "building",
                Kubernetes::Unavailable { .. } => "unavailable",
            }),
            "folder": root,
        }),
    );
    Ok(if found.is_some_and(|found| found.life == Life::Answers) { 0 } else { FAILED })
}

async fn down(app: &App, parts: Parts) -> Result<u8, Failure> {
    let root = sandbox::options(app, parts).root;
    let phase = app.show.phase();
    let down = groundplan_sandbox::down(&root, &app.show.reporter()).await;
    drop(phase);
    let down = down.map_err(failed)?;
    app.screen.page(&format!("{}\n", ended(&down)));
    app.screen.json("sandbox_down", &json!({ "format": FORMAT, "how": ended(&down) }));
    Ok(0)
}
