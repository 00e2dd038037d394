//! A kind of one's own, planned and applied on the simulated cloud.
//!
//! `cargo run -p groundplan-examples --example own-kind`

mod topic;

use groundplan::{
    ApplySettings, CxBuilder, Mode, Plan, Registry, Report, Settings, Stack,
    sim::{MemStore, SimCloud},
};
use groundplan_state::{Holder, Realm, Run, Store};
use topic::Topic;

/// The line that makes the kind known.
fn registry() -> Registry {
    Registry::new().with::<Topic>()
}

/// A program: one topic.
fn program(partitions: u32, retention_hours: u32) -> Stack {
    let mut stack = Stack::new("events");
    let topic = Topic {
        brokers: "b-1.example.internal:9092".into(),
        name: "orders.v1".to_owned(),
        partitions,
        retention_hours,
    };
    let topic = stack.add("orders", topic);
    stack.output("topic", topic.name());
    stack
}

/// One run: opens the state, plans, applies.
async fn run(cloud: &SimCloud, store: &MemStore, stack: Stack) -> (Plan, Report) {
    let graph = stack.freeze(&registry()).expect("the program is sound");
    let mut session = store.open("events", &Realm::Simulation, me()).await.expect("memory");
    let lineage = session.snapshot().lineage.to_string();
    let cx = CxBuilder::new("events").lineage(lineage).with(cloud.clone()).build();
    let settings = Settings::new(Mode::Apply);
    let plan = groundplan::plan(&graph, session.snapshot(), &registry(), &cx, &settings).await;
    let plan = plan.expect("the simulated cloud answers");
    let how = ApplySettings { at_once: 4, unprotect: [].into(), run: record() };
    let report = groundplan::apply(plan.clone(), session.as_mut(), &registry(), &cx, how).await;
    (plan, report.expect("memory can be written"))
}

fn me() -> Holder {
    Holder {
        who: "me".into(),
        host: "here".into(),
        pid: std::process::id(),
        command: "apply".into(),
        since: jiff::Timestamp::now(),
    }
}

fn record() -> Run {
    Run {
        command: "apply".into(),
        who: "me".into(),
        at: jiff::Timestamp::now(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: None,
        plan: None,
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() {
    let (cloud, store) = (SimCloud::new(1), MemStore::default());
    for (partitions, retention_hours) in [(3, 24), (3, 48), (6, 48)] {
        let (plan, report) = run(&cloud, &store, program(partitions, retention_hours)).await;
        for change in &plan.changes {
            let fields: Vec<_> = change.fields.iter().map(|f| f.path.as_str()).collect();
            println!("{} {:?} {}", change.address, change.action, fields.join(", "));
        }
        println!("{} of {} steps done; outputs {:?}\n", report.done, plan.steps(), report.outputs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan::{Action, Class};

    #[tokio::test(start_paused = true)]
    async fn a_topic_is_made_changed_and_not_shrunk() {
        let (cloud, store) = (SimCloud::new(1), MemStore::default());
        let (_, report) = run(&cloud, &store, program(3, 24)).await;
        assert!(report.complete(), "{report:?}");
        assert_eq!(report.outputs["topic"], "orders.v1");

        let (plan, _) = run(&cloud, &store, program(3, 24)).await;
        assert!(plan.is_empty(), "{:?}", plan.changes);

        let (plan, report) = run(&cloud, &store, program(3, 48)).await;
        assert_eq!(plan.changes[0].action, Action::Update);
        assert_eq!(plan.changes[0].fields[0].path, "retention_hours");
        assert!(report.complete(), "{report:?}");

        let (_, report) = run(&cloud, &store, program(1, 48)).await;
        assert_eq!(report.failed[0].1.class, Class::Refused, "{report:?}");
        assert_eq!(cloud.objects().len(), 1);
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
