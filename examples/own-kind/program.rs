//! What a team writes: the program, and a rule of its own.

use super::topic::Topic;
use groundplan::{Rule, Rules, Severity, Stack, View};

/// What nobody here wants to find in a program. A `Program` gives it with `Program::rules`.
pub(crate) fn rules() -> Rules {
    const RETENTION: Rule = Rule {
        id: "topic-retention",
        severity: Severity::Warn,
        field: "retention_hours",
        why: "a consumer that fails on a Friday has lost messages on Monday",
        mend: "set `retention_hours` to 72 or more",
    };
    Rules::new().on(RETENTION, |topic: &Topic, _: &View<'_>| {
        let hours = topic.retention_hours;
        (hours < 72).then(|| format!("messages are kept for {hours} hours"))
    })
}

/// A program: one topic.
pub(crate) fn program(partitions: u32, retention_hours: u32) -> Stack {
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
