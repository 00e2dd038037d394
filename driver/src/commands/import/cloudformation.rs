//! All that a stack of CloudFormation or the CDK made: written as Rust, taken up in one plan, let go of.

use super::{release, source, take_up};
use crate::{
    app::App,
    cli::ImportArgs,
    commands::plan::exit,
    definition::Asked,
    render::{
        error::{Failure, REFUSED},
        takeover, words,
    },
    session::{Run, releases},
    signals::unless_stopped,
};
use groundplan::{
    Address, Cx, Graph, Mode, Settings,
    aws::{
        CxAws, Scope,
        cloudformation::{self, CloudStack, Left},
        snippet::{self, Declared},
    },
};
use groundplan_state::Snapshot;
use std::collections::BTreeSet;

/// What was found in a stack.
pub(super) struct Found {
    pub(super) stack: CloudStack,
    /// What can be taken up, as it is.
    pub(super) declared: Vec<Declared>,
    /// What stays, known to nobody here.
    pub(super) left: Vec<Left>,
}

/// Writes, takes up, or lets go of all that a stack made.
pub(super) async fn import(app: &App, name: &str, arguments: &ImportArgs) -> Result<u8, Failure> {
    let mut asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let snapshot = run.load().await?;
    let cx = run.cx(&snapshot, releases(&asked.graph, &snapshot))?;
    let scope = source::scope(&run, arguments.region.as_deref())?;
    let phase = app.show.phase();
    let found = Box::pin(find(&run, &cx, &scope, name)).await;
    drop(phase);
    let found = found?;
    if arguments.release {
        return Box::pin(release::release(&run, &cx, &scope, found, arguments)).await;
    }
    if let Some(file) = &arguments.generate {
        source::put(app, file, &found.declared, &about(&found, &scope))?;
        tell(app, &found);
        return Ok(0);
    }
    tell(app, &found);
    let (chosen, missing) = choose(&mut asked.graph, &snapshot, &found.declared);
    if missing.is_empty() {
        return take_up(&run, &asked, chosen, arguments).await;
    }
    if arguments.plan {
        return foresee(&run, &cx, &asked, &snapshot, &found, arguments).await;
    }
    Err(undeclared(name, &missing))
}

async fn find(run: &Run<'_>, cx: &Cx, scope: &Scope, name: &str) -> Result<Found, Failure> {
    let read = async {
        let aws = cx.aws(scope).await?;
        let stack = cloudformation::read(&aws, name).await?;
        let contents = cloudformation::contents(&aws, scope, &stack).await?;
        Ok((stack, contents))
    };
    let read = async {
        let unread = |fault| source::unread(format!("stack `{name}` could not be read"), &fault);
        read.await.map_err(unread)
    };
    let (stack, contents) = Box::pin(unless_stopped(&run.app.stop, read)).await?;
    let (maybe, mut left) = (contents.maybe, contents.left);
    let all: Vec<_> = contents.objects.iter().chain(&maybe).cloned().collect();
    let (declared, absent) = source::declare(run, cx, scope, &all).await?;
    let gone = absent.into_iter().filter(|one| !maybe.contains(one)).map(|one| Left {
        of: one.address.kind().to_owned(),
        logical: one.address.name().to_owned(),
        physical: one.id,
        why: "it is not there any more".to_owned(),
    });
    left.extend(gone);
    Ok(Found { stack, declared, left })
}

/// What a generated file says of where it is from.
fn about(found: &Found, scope: &Scope) -> Vec<String> {
    let mut about = vec![format!(
        "What the CloudFormation stack `{}` in {} of {} made.",
        found.stack.name, scope.region, scope.account
    )];
    if !found.left.is_empty() {
        about.extend([String::new(), "Not in here, and still there:".to_owned(), String::new()]);
        let line =
            |one: &Left| format!("- `{}` ({}) {}: {}", one.logical, one.of, one.physical, one.why);
        about.extend(found.left.iter().map(line));
    }
    about
}

fn tell(app: &App, found: &Found) {
    app.screen.json("cloudformation", &takeover::json(&found.stack, &found.declared, &found.left));
    let paint = app.screen.paint();
    app.screen.say(&takeover::page(&found.stack, &found.declared, &found.left, paint));
}

/// The resources of the program that are to be these objects, and the objects that it does not declare. A
/// resource is an object if it says so, or has the name that a generated program gives it.
fn choose(
    graph: &mut Graph,
    recorded: &Snapshot,
    declared: &[Declared],
) -> (BTreeSet<Address>, Vec<Address>) {
    let (mut chosen, mut missing) = (BTreeSet::new(), Vec::new());
    for one in declared {
        if holder(recorded, one).is_some() {
            continue;
        }
        let says = |address: &&Address| {
            address.kind() == one.address.kind() && graph.import_of(address) == Some(&one.id)
        };
        let said = graph.imports().find(says).cloned();
        let address = said.unwrap_or_else(|| one.address.clone());
        let other = graph.import_of(&address).is_some_and(|id| *id != one.id);
        let taken = other || chosen.contains(&address) || recorded.entries.contains_key(&address);
        if !taken && graph.import(&address, &one.id).is_ok() {
            chosen.insert(address);
        } else {
            missing.push(one.address.clone());
        }
    }
    (chosen, missing)
}

/// The resource on record that is this object.
pub(super) fn holder<'a>(recorded: &'a Snapshot, one: &Declared) -> Option<&'a Address> {
    let of_kind = recorded.entries.iter().filter(|(a, _)| a.kind() == one.address.kind());
    let mut of_kind = of_kind.filter(|(_, entry)| one.is(&entry.inputs, entry.outputs.as_ref()));
    of_kind.next().map(|(address, _)| address)
}

/// Shows what an import would come to once the program declares everything as it is there.
async fn foresee(
    run: &Run<'_>,
    cx: &Cx,
    asked: &Asked,
    snapshot: &Snapshot,
    found: &Found,
    arguments: &ImportArgs,
) -> Result<u8, Failure> {
    let new: Vec<_> =
        found.declared.iter().filter(|one| holder(snapshot, one).is_none()).cloned().collect();
    let stack = snippet::graph(&asked.stack, &new);
    let registry = run.app.program.registry();
    let graph = stack.freeze(&registry).map_err(|problems| Failure::from(&problems[..]))?;
    let settings = Settings {
        checks: asked.checks(arguments.deny.into()),
        only_imports: Some(new.iter().map(|one| one.address.clone()).collect()),
        ..Settings::new(Mode::Apply)
    };
    let plan = run.plan(&graph, snapshot, cx, &settings).await?;
    run.show(&plan, &plan.digest(&graph));
    run.app.screen.note(&format!(
        "this is the plan of what `apply import --cloudformation {} --generate` writes; the program does not \
         declare all of it yet",
        found.stack.name
    ));
    Ok(exit(&plan))
}

/// How many addresses are told.
const TOLD: usize = 10;

fn undeclared(name: &str, missing: &[Address]) -> Failure {
    let mut causes: Vec<_> = missing.iter().take(TOLD).map(|one| format!("no `{one}`")).collect();
    causes.extend(words::more(missing.len(), TOLD, "resource"));
    Failure {
        what: format!(
            "the program does not declare all that stack `{name}` made; nothing was changed"
        ),
        causes,
        hints: vec![
            format!(
                "write what declares it: apply import --cloudformation {name} --generate=FILE.rs"
            ),
            "what is called otherwise there says which object it is: `Options { import, .. }`"
                .into(),
        ],
        exit: REFUSED,
    }
}
