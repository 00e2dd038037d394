//! What keeps CloudFormation from letting go of a stack. Reads only.

use super::stack::CloudStack;
use crate::{Clients, fault::fault};
use groundplan_core::{Result, words};

/// The state of a stack that could not be deleted.
pub(super) const DELETE_FAILED: &str = "DELETE_FAILED";

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is.
    pub what: String,
    /// What mends it.
    pub lift: String,
}

/// Every reason not to let go of a stack, of those that can be told from it alone.
pub fn obstacles(stack: &CloudStack) -> Vec<Obstacle> {
    let name = &stack.name;
    let mut found = Vec::new();
    let mut refuse = |what: String, lift: String| found.push(Obstacle { what, lift });
    if let Some(parent) = &stack.parent {
        let parent = parent.split('/').nth(1).unwrap_or(parent);
        refuse(
            format!("`{name}` is part of stack `{parent}`, which would make it again"),
            format!("stack `{parent}` deployed without it, and Retain on it"),
        );
    }
    let nested = stack.resources.iter().filter(|one| one.of == "AWS::CloudFormation::Stack");
    for one in nested {
        let nested = one.physical.split('/').nth(1).unwrap_or(&one.physical);
        refuse(
            format!("`{}` is a stack of its own, `{nested}`", one.logical),
            format!(
                "its resources in `{name}` itself, or `{nested}` taken out of it with Retain and released for itself"
            ),
        );
    }
    // One whose deletion failed can only be deleted: whether all of it is kept is looked at besides.
    let rests = stack.status.ends_with("_COMPLETE") && !stack.status.starts_with("DELETE");
    if !rests && stack.status != DELETE_FAILED {
        refuse(
            format!("`{name}` is {}", stack.status),
            "a stack that is at rest: end or roll back what is going on".to_owned(),
        );
    }
    if stack.protected {
        refuse(
            format!("`{name}` has termination protection"),
            format!(
                "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {name}`"
            ),
        );
    }
    if stack.has_policy {
        refuse(
            format!("`{name}` has a stack policy, which may keep its resources from being marked"),
            format!(
                "one that allows Update:* on all: `aws cloudformation set-stack-policy --stack-name {name} …`, or none"
            ),
        );
    }
    found
}

/// The stacks that need a value of this one.
pub(super) async fn importers(aws: &Clients, stack: &CloudStack) -> Result<Vec<Obstacle>> {
    let mut found = Vec::new();
    for export in &stack.exports {
        let users = users(aws, export).await?;
        if !users.is_empty() {
            found.push(Obstacle {
                what: format!("stack {} needs its export `{export}`", words::list(&users)),
                lift: "those deployed without `Fn::ImportValue` of it".to_owned(),
            });
        }
    }
    Ok(found)
}

async fn users(aws: &Clients, export: &str) -> Result<Vec<String>> {
    let call = aws.cloudformation.list_imports().export_name(export).send().await;
    match call.map_err(fault("cloudformation:ListImports")) {
        Ok(answer) => Ok(answer.imports.unwrap_or_default()),
        // That nobody imports it is an error to this call.
        Err(fault) if fault.is("ValidationError") => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudformation::CloudResource;

    fn at_rest() -> CloudStack {
        CloudStack {
            name: "legacy".into(),
            status: "UPDATE_COMPLETE".into(),
            ..CloudStack::default()
        }
    }

    #[test]
    fn what_stands_in_the_way_is_said_with_what_mends_it() {
        assert_eq!(obstacles(&at_rest()), []);
        let nested = CloudResource {
            logical: "Net".into(),
            of: "AWS::CloudFormation::Stack".into(),
            physical: "arn:aws:cloudformation:eu-west-1:1:stack/legacy-Net/uuid".into(),
            ..CloudResource::default()
        };
        for (stack, what) in [
            (CloudStack { protected: true, ..at_rest() }, "termination protection"),
            (CloudStack { has_policy: true, ..at_rest() }, "a stack policy"),
            (
                CloudStack { status: "UPDATE_IN_PROGRESS".into(), ..at_rest() },
                "is UPDATE_IN_PROGRESS",
            ),
            (
                CloudStack { resources: vec![nested], ..at_rest() },
                "a stack of its own, `legacy-Net`",
            ),
            (
                CloudStack { parent: Some("arn:x:stack/app/uuid".into()), ..at_rest() },
                "part of stack `app`",
            ),
        ] {
            let found = obstacles(&stack);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].what.contains(what) && !found[0].lift.is_empty(), "{found:?}");
        }
    }
}
