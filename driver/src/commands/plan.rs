//! `plan`: show what would change.

use crate::{
    app::App,
    cli::PlanArgs,
    guard,
    render::error::{Failure, REFUSED},
    session::{Run, releases},
};
use groundplan::{Mode, Plan, Settings};

/// Something would change.
const CHANGES: u8 = 2;

/// Shows what would change, and changes nothing.
pub(crate) async fn plan(app: &App, arguments: PlanArgs, iam: bool) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let snapshot = run.load().await?;
    let cx = run.cx(&snapshot, releases(&asked.graph, &snapshot))?;
    let plan = run.plan(&asked.graph, &snapshot, &cx, &settings(&arguments)).await?;
    if iam {
        super::iam::show(&run, &plan, &snapshot);
        return Ok(0);
    }
    run.show(&plan);
    guard::check(&plan, arguments.allow_deletes)?;
    Ok(exit(&plan))
}

/// A plan that cannot be applied is no plan that found changes.
fn exit(plan: &Plan) -> u8 {
    match (plan.refusals.is_empty(), plan.is_empty()) {
        (false, _) => REFUSED,
        (true, false) => CHANGES,
        (true, true) => 0,
    }
}

/// How to plan.
pub(super) fn settings(arguments: &PlanArgs) -> Settings {
    Settings {
        mode: Mode::Apply,
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
