//! Policy documents as data.

use groundplan_core::{Json, Val, json, json_text};

/// One statement of a policy: what is allowed, on what.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Actions, e.g. `es:ESHttp*`.
    pub actions: Vec<String>,
    /// ARNs, which may end in `*`.
    pub resources: Vec<Val<String>>,
}

impl Statement {
    /// Allows actions on resources.
    pub fn allow<A: Into<String>>(
        actions: impl IntoIterator<Item = A>,
        resources: impl IntoIterator<Item = Val<String>>,
    ) -> Self {
        Self {
            actions: actions.into_iter().map(Into::into).collect(),
            resources: resources.into_iter().collect(),
        }
    }

    fn document(&self) -> Json {
        json!({ "Effect": "Allow", "Action": self.actions, "Resource": self.resources })
    }
}

/// A policy document of statements.
pub fn policy(statements: &[Statement]) -> Val<String> {
    let statements: Vec<_> = statements.iter().map(Statement::document).collect();
    json_text!({ "Version": "2012-10-17", "Statement": statements })
}

/// The trust policy of a role that a service of AWS takes, e.g. `eks.amazonaws.com`.
pub fn trust_service(service: &str) -> Val<String> {
    json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
        }],
    })
}
