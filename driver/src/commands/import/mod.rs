//! `import`: take up what exists already. Plans, shows, asks and applies as `apply` does, of that alone. Writes
//! the program that declares it, and lets CloudFormation go of what it made.

mod cloudformation;
mod release;
mod source;

use super::{
    carry_out::{Consent, Wish, carry_out},
    plan::exit,
};
use crate::{
    app::App,
    cli::ImportArgs,
    config,
    definition::Asked,
    lock,
    render::error::{FAILED, Failure},
    session::{Run, releases},
};
use groundplan::{Address, Mode, Settings};
use groundplan_state::Snapshot;
use std::collections::BTreeSet;

/// Takes up one object, all of a stack of CloudFormation, or all that the program says to take up.
pub(crate) async fn import(app: &App, arguments: ImportArgs) -> Result<u8, Failure> {
    match (&arguments.cloudformation, &arguments.generate) {
        (Some(stack), _) => Box::pin(cloudformation::import(app, stack, &arguments)).await,
        (None, Some(file)) => source::write_one(app, file, &arguments).await,
        (None, None) => declared(app, &arguments).await,
    }
}

/// Takes up what the program declares.
async fn declared(app: &App, arguments: &ImportArgs) -> Result<u8, Failure> {
    let mut asked = app.ask()?;
    let chosen = choose(&mut asked, arguments)?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    take_up(&run, &asked, chosen, arguments).await
}

/// Shows what taking up these resources of the program comes to, asks, and does it.
async fn take_up(
    run: &Run<'_>,
    asked: &Asked,
    chosen: BTreeSet<Address>,
    arguments: &ImportArgs,
) -> Result<u8, Failure> {
    let settings = Settings {
        checks: asked.checks(arguments.deny.into()),
        only_imports: Some(chosen),
        ..Settings::new(Mode::Apply)
    };
    if arguments.plan {
        let snapshot = run.load().await?;
        refuse_recorded(arguments, &snapshot)?;
        let cx = run.cx(&snapshot, releases(&asked.graph, &snapshot))?;
        let plan = run.plan(&asked.graph, &snapshot, &cx, &settings).await?;
        run.show(&plan, &plan.digest(&asked.graph));
        return Ok(exit(&plan));
    }
    let mut session = run.open("import").await?;
    let wish = Wish {
        command: "import",
        graph: &asked.graph,
        question: format!("import this into stack `{}` {}?", asked.stack, run.whereabouts()),
        yes: arguments.yes,
        at_once: arguments.run.jobs.get(),
        allow_deletes: None,
        settings,
        consent: Consent::Asked,
    };
    let ended = match refuse_recorded(arguments, session.snapshot()) {
        Ok(()) => carry_out(run, session.as_mut(), wish).await,
        Err(recorded) => Err(recorded),
    };
    lock::give_back(session).await;
    Ok(ended?.exit)
}

/// The resources that are meant; the one that is named is that object from now on.
fn choose(asked: &mut Asked, arguments: &ImportArgs) -> Result<BTreeSet<Address>, Failure> {
    if let (Some(address), Some(id)) = (&arguments.address, &arguments.id) {
        let chosen = asked.graph.import(address, id).map(|()| BTreeSet::from([address.clone()]));
        return chosen.map_err(|alike| not_declared(address, &alike));
    }
    let chosen: BTreeSet<_> = asked.graph.imports().cloned().collect();
    if chosen.is_empty() {
        return Err(Failure {
            what: "the program takes nothing up".into(),
            causes: vec!["no resource has the option `import` or `adopt`".into()],
            hints: vec![
                "name a resource and an object: apply import ADDRESS ID".into(),
                "or write what is there as Rust: apply import ADDRESS ID --generate".into(),
            ],
            exit: FAILED,
        });
    }
    Ok(chosen)
}

fn not_declared(address: &Address, alike: &[Address]) -> Failure {
    let alike: Vec<_> = alike.iter().map(ToString::to_string).collect();
    let meant = config::meant(&address.to_string(), alike.iter().map(String::as_str));
    Failure {
        what: format!("the program declares no `{address}`"),
        causes: vec![
            "only what it declares can be imported: else the next apply would remove it".into(),
        ],
        hints: vec![match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "declare it first; `apply graph` shows what is declared".into(),
        }],
        exit: FAILED,
    }
}

/// What is on record already is no import: it would be lost from the record unseen.
fn refuse_recorded(arguments: &ImportArgs, snapshot: &Snapshot) -> Result<(), Failure> {
    let recorded = arguments.address.as_ref().and_then(|a| Some((a, snapshot.entries.get(a)?)));
    let Some((address, entry)) = recorded else { return Ok(()) };
    let outputs = entry.outputs.as_ref().map(ToString::to_string).unwrap_or_default();
    Err(Failure {
        what: format!("`{address}` is on record already; nothing was changed"),
        causes: vec![format!("it is {outputs}")],
        hints: vec![format!(
            "to make it another object, let go of this one first: apply state forget {address}"
        )],
        exit: FAILED,
    })
}
