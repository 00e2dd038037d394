//! What exists already as the Rust that declares it.

use crate::{
    app::App,
    cli::ImportArgs,
    render::error::{FAILED, Failure},
    saved,
    session::{Run, releases},
    signals::unless_stopped,
};
use groundplan::{
    Cx, Fault,
    aws::{
        Scope,
        snippet::{self, Declared, Existing},
    },
    json,
};

/// Where to look: the run's account, in this region or the run's own.
pub(super) fn scope(run: &Run<'_>, region: Option<&str>) -> Result<Scope, Failure> {
    let own = run.world.aws.config().region().map(ToString::to_string);
    let region = region.map(str::to_owned).or(own).ok_or_else(|| Failure {
        what: "it is not known in which region to look; nothing was read".into(),
        causes: vec!["neither the environment nor the profile names one".into()],
        hints: vec!["name it: --region eu-west-1".into()],
        exit: FAILED,
    })?;
    let caller = &run.world.caller;
    let (account, partition) = (caller.account.clone(), caller.partition.clone());
    Ok(Scope { account, region, partition, role: None, via: None })
}

/// A fault of a read that nothing came of.
pub(super) fn unread(what: String, fault: &Fault) -> Failure {
    let hints = fault.hint.iter().cloned().collect();
    Failure { what, causes: vec![fault.to_string()], hints, exit: FAILED }
}

/// Reads objects, and declares those that are there.
pub(super) async fn declare(
    run: &Run<'_>,
    cx: &Cx,
    scope: &Scope,
    objects: &[Existing],
) -> Result<(Vec<Declared>, Vec<Existing>), Failure> {
    let read = async {
        let read = snippet::declare(cx, scope, objects).await;
        read.map_err(|fault| unread("what is there could not be read".into(), &fault))
    };
    unless_stopped(&run.app.stop, read).await
}

/// Writes the Rust that declares one object.
pub(super) async fn write_one(
    app: &App,
    file: &str,
    arguments: &ImportArgs,
) -> Result<u8, Failure> {
    let (Some(address), Some(id)) = (&arguments.address, &arguments.id) else {
        return Err(Failure {
            what: "nothing is named whose Rust is to be written".into(),
            causes: Vec::new(),
            hints: vec![
                "an object: apply import ec2.vpc/main vpc-0a1b2c3d --generate".into(),
                "or a stack: apply import --cloudformation STACK --generate".into(),
            ],
            exit: FAILED,
        });
    };
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let snapshot = run.load().await?;
    let cx = run.cx(&snapshot, releases(&asked.graph, &snapshot))?;
    let scope = scope(&run, arguments.region.as_deref())?;
    let object = Existing { address: address.clone(), id: id.clone() };
    let (declared, absent) = declare(&run, &cx, &scope, &[object]).await?;
    if !absent.is_empty() {
        return Err(Failure {
            what: format!("there is no {} `{id}`; nothing was written", address.kind()),
            causes: vec![format!("looked in {} of account {}", scope.region, scope.account)],
            hints: vec!["another region is named with --region".into()],
            exit: FAILED,
        });
    }
    let about = format!("What `{id}` in {} of {} is.", scope.region, scope.account);
    put(app, file, &declared, &[about])?;
    Ok(0)
}

/// Writes Rust to a file, or as the result.
pub(super) fn put(
    app: &App,
    file: &str,
    declared: &[Declared],
    about: &[String],
) -> Result<(), Failure> {
    let text = snippet::module(declared, about);
    let objects: Vec<_> =
        declared.iter().map(|one| json!({ "address": one.address, "id": one.id })).collect();
    if app.screen.json {
        app.screen.json("generated", &json!({ "objects": objects, "rust": text }));
    } else if file == "-" {
        app.screen.raw(&text);
    }
    if file == "-" {
        return Ok(());
    }
    saved::write(&app.environment.here.join(file), &text, format!("could not write {file}"))?;
    app.screen.say(&format!(
        "{file} declares {}; add it to the program and run the same command without --generate\n",
        crate::render::words::count(declared.len(), "object")
    ));
    Ok(())
}
