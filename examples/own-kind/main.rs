//! A kind and a rule of one's own, planned and applied on the simulated cloud.
//!
//! `cargo run -p groundplan-examples --example own-kind`

mod program;
mod topic;

use groundplan::{Checks, Mode, Registry, Settings, testing::World};
use program::{program, rules};
use topic::Topic;

/// The line that makes the kind known.
fn registry() -> Registry {
    Registry::new().with::<Topic>()
}

/// A cloud and a state in memory.
fn world() -> World {
    World::new("events", 1).with_kinds(registry())
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() {
    let world = world();
    for (partitions, retention_hours) in [(3, 24), (3, 48), (6, 48)] {
        let graph = world.graph(program(partitions, retention_hours));
        let checks = Checks { rules: rules(), ..Checks::none() };
        let settings = Settings { checks, ..Settings::new(Mode::Apply) };
        let plan = world.plan(&graph, &settings).await;
        let plan = plan.expect("the simulated cloud answers");
        for change in &plan.changes {
            let fields: Vec<_> = change.fields.iter().map(|f| f.path.as_str()).collect();
            println!("{} {:?} {}", change.address, change.action, fields.join(", "));
        }
        for found in &plan.findings {
            println!("{}: {} ({})", found.address, found.what, found.rule);
        }
        let steps = plan.steps();
        let report = world.carry_out(plan).await.report();
        println!("{} of {steps} steps done; outputs {:?}\n", report.done, report.outputs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan::{
        Action, Class, Stack,
        testing::{End, Moment, Point, Process, Weather},
    };

    #[tokio::test(start_paused = true)]
    async fn a_topic_is_made_changed_and_not_shrunk() {
        let world = world();
        let report = world.apply(program(3, 24)).await.report();
        assert!(report.complete(), "{report:?}");
        assert_eq!(report.outputs["topic"], "orders.v1");

        let planned = async |retention_hours| {
            let graph = world.graph(program(3, retention_hours));
            world.plan(&graph, &Settings::new(Mode::Apply)).await.unwrap()
        };
        let plan = planned(24).await;
        assert!(plan.is_empty(), "{:?}", plan.changes);

        let plan = planned(48).await;
        assert_eq!(plan.changes[0].action, Action::Update);
        assert_eq!(plan.changes[0].fields[0].path, "retention_hours");
        let report = world.carry_out(plan).await.report();
        assert!(report.complete(), "{report:?}");
        world.check(&world.graph(program(3, 48))).await.unwrap();

        let report = world.apply(program(1, 48)).await.report();
        assert_eq!(report.failed[0].1.class, Class::Refused, "{report:?}");
        assert_eq!(world.cloud.objects().len(), 1);
    }

    /// Whatever is cut off, the next run brings it to its end.
    #[tokio::test(start_paused = true)]
    async fn a_run_can_die_at_any_call() {
        for moment in [Moment::Before, Moment::After] {
            for n in 1.. {
                let world = world();
                let doomed = Process::dying_at(Point::Call(n, moment));
                let end = world.seen_by(&doomed, Weather::default()).apply(program(3, 24)).await;
                assert!(world.apply(program(3, 24)).await.report().complete());
                world.check(&world.graph(program(3, 24))).await.unwrap();
                if !matches!(end, End::Died) {
                    break;
                }
            }
        }
    }

    #[test]
    fn the_rule_finds_what_it_is_for() {
        let found = |hours| {
            let checks = Checks { rules: rules(), ..Checks::none() };
            let graph = program(3, hours).freeze(&registry()).unwrap();
            checks.check(&graph).findings.into_iter().map(|f| f.what).collect::<Vec<_>>()
        };
        assert_eq!(found(24), ["messages are kept for 24 hours"]);
        assert_eq!(found(72), Vec::<String>::new());
    }

    #[test]
    fn mistakes_are_found_before_anything_is_touched() {
        let mut stack = Stack::new("events");
        stack.add(
            "bad",
            Topic { brokers: "b".into(), name: "a b".into(), partitions: 0, retention_hours: 1 },
        );
        let problems = stack.freeze(&registry()).unwrap_err();
        let paths: Vec<_> = problems.iter().filter_map(|p| p.path.as_deref()).collect();
        assert_eq!(paths, ["name", "partitions"]);
    }
}
