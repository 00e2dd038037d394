//! `plan`: show what would change.

use super::comment;
use crate::{
    app::App,
    cli::{Faces, Format, PlanArgs},
    commit,
    definition::Asked,
    guard,
    render::{
        self,
        error::{Failure, REFUSED},
        json,
    },
    saved::{Saved, write},
    session::{Run, releases},
};
use groundplan::{Approved, Mode, Plan, Settings};
use std::path::Path;

/// Something would change.
pub(super) const CHANGES: u8 = 2;

/// Shows what would change, and changes nothing.
pub(crate) async fn plan(app: &App, arguments: PlanArgs, faces: Faces) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let snapshot = run.load().await?;
    let cx = run.cx(&snapshot, releases(&asked.graph, &snapshot))?;
    let plan = run.plan(&asked.graph, &snapshot, &cx, &settings(&asked, &arguments)).await?;
    if faces.iam {
        super::iam::show(&run, &plan, &snapshot);
        return Ok(0);
    }
    let approved = plan.approved(&asked.graph);
    let digest = approved.digest();
    show(&run, &plan, &digest, faces.format);
    if let Some(file) = &faces.html {
        let what = format!("could not write the plan's page to {}", file.display());
        write(
            &app.environment.here.join(file),
            &render::html::page(&plan, &facts(&run, &digest)),
            what,
        )?;
    }
    if faces.comment {
        comment::comment(app, &plan.stack, &render::markdown::comment(&plan, &digest)).await;
    }
    guard::check(&plan, arguments.allow_deletes)?;
    if let Some(file) = faces.out {
        if !plan.refusals.is_empty() {
            let file = file.display();
            app.screen.note(&format!("not saved as {file}: what is refused cannot be applied"));
            return Ok(exit(&plan));
        }
        save(&run, (approved, digest), &file, arguments.allow_deletes)?;
    }
    Ok(exit(&plan))
}

fn show(run: &Run<'_>, plan: &Plan, digest: &str, format: Format) {
    let screen = run.app.screen;
    match format {
        Format::Text => run.show(plan, digest),
        Format::Markdown => screen.raw(&render::markdown::comment(plan, digest)),
        Format::Html => screen.raw(&render::html::page(plan, &facts(run, digest))),
        Format::Json => screen.raw(&format!("{:#}\n", json::plan(plan, digest))),
    }
}

/// What a page says of its making.
fn facts(run: &Run<'_>, digest: &str) -> Vec<(&'static str, String)> {
    let commit = commit::of(&run.folder).map(|commit| ("commit", commit));
    commit.into_iter().chain([("digest", digest.to_owned())]).collect()
}

fn save(
    run: &Run<'_>,
    plan: (Approved, String),
    file: &Path,
    allow_deletes: Option<usize>,
) -> Result<(), Failure> {
    let who = &run.world.caller.arn;
    let saved = Saved::new(plan, who, commit::of(&run.folder), allow_deletes);
    saved.write(&run.app.environment.here.join(file))?;
    run.app.screen.note(&format!("saved as {}: apply apply {}", file.display(), file.display()));
    Ok(())
}

/// A plan that cannot be applied is no plan that found changes.
pub(super) fn exit(plan: &Plan) -> u8 {
    match (plan.refusals.is_empty(), plan.is_empty()) {
        (false, _) => REFUSED,
        (true, false) => CHANGES,
        (true, true) => 0,
    }
}

/// How to plan.
pub(super) fn settings(asked: &Asked, arguments: &PlanArgs) -> Settings {
    Settings {
        checks: asked.checks(arguments.deny.into()),
        mode: Mode::Apply,
        only_imports: None,
        refresh: !arguments.no_refresh,
        unprotect: arguments.unprotect.iter().cloned().collect(),
        replace: arguments.replace.iter().cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::exit;
    use crate::render::tests::world::{World, net};
    use groundplan::{Mode, Options, Settings, Stack, testing::Net};

    fn program(cidr: &str, protect: bool) -> Stack {
        let mut program = Stack::new("test");
        let main = Net { cidr: cidr.into(), mtu: 1500, tags: [].into() };
        program.add_with("main", main, Options { protect, ..Options::default() });
        program
    }

    #[tokio::test(start_paused = true)]
    async fn the_exit_code_of_a_plan_says_what_it_found() {
        let world = World::with(program("10.0.0.0/16", true)).await;
        assert_eq!(exit(&world.plan(program("10.0.0.0/16", true)).await), 0);
        let mut more = program("10.0.0.0/16", true);
        net(&mut more, "side", "10.1.0.0/16", 1500);
        assert_eq!(exit(&world.plan(more).await), 2);
        assert_eq!(exit(&world.plan(program("10.2.0.0/16", true)).await), 3, "it is protected");
        let settings = Settings::new(Mode::Apply);
        let lifted = Settings { unprotect: ["sim.net/main".parse().unwrap()].into(), ..settings };
        let plan = world.plan_with(program("10.2.0.0/16", true), lifted).await.unwrap();
        assert_eq!(exit(&plan), 2);
    }
}
