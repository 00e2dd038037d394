//! A plan as lines that a test can compare.

use groundplan::{Action, Cause, Plan};

/// `update ec2.subnet/a public_ip: true → false (drift)`; without fields only `delete ec2.subnet/a`.
pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &plan.changes {
        let verb = match &change.action {
            Action::Create { .. } => "create",
            Action::Import { .. } => "import",
            Action::Update => "update",
            Action::Finish => "finish",
            Action::Replace { .. } => "replace",
            Action::Delete { .. } => "delete",
            Action::Forget => "forget",
            Action::Keep | Action::Derive | Action::Record => "record",
        };
        let head = format!("{verb} {}", change.address);
        if change.fields.is_empty() || verb == "create" {
            lines.push(head);
            continue;
        }
        lines.extend(change.fields.iter().map(|field| {
            let drift = if field.cause == Cause::Drift { " (drift)" } else { "" };
            format!("{head} {}: {} → {}{drift}", field.path, field.before, field.after)
        }));
    }
    lines.sort();
    lines
}
