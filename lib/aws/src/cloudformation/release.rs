//! CloudFormation lets go of a stack: everything in it is kept, then the stack alone is deleted.
//!
//! What is done is in CloudFormation's hands at every instant, so nothing is recorded here: whoever runs it
//! again goes on from there.

use super::{
    map,
    obstacle::{DELETE_FAILED, Obstacle, importers, obstacles},
    stack::{CloudStack, describe, read, status},
    template,
};
use crate::{Clients, fault::fault};
use aws_sdk_cloudformation::types::{
    Capability, ChangeAction, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter,
    ResourceAttribute, ResourceChange,
};
use groundplan_core::{Class, Cx, Fault, Patience, Probe, Result, words};
use std::collections::BTreeSet;

/// What lets go of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The stack.
    pub stack: CloudStack,
    /// The resources whose objects would go with it as it is now.
    pub going: BTreeSet<String>,
    /// What a reader should know before it is done.
    pub warnings: Vec<String>,
    template: String,
}

/// That every resource of a deployed stack is kept. Only who has seen that may delete it.
#[derive(Debug)]
pub struct Retained(CloudStack);

/// Makes ready to let go of a stack. Reads only.
///
/// # Errors
/// If its template cannot be changed, or a read fails.
pub async fn prepare(aws: &Clients, stack: CloudStack) -> Result<(Release, Vec<Obstacle>)> {
    let mut found = obstacles(&stack);
    found.extend(importers(aws, &stack).await?);
    let going = goes_with(&stack)?;
    if stack.status == DELETE_FAILED && !going.is_empty() {
        let names: Vec<_> = going.iter().cloned().collect();
        found.push(Obstacle {
            what: format!("`{}` is {DELETE_FAILED}, and does not keep {}", stack.name, words::list(&names)),
            lift: format!(
                "`aws cloudformation delete-stack --stack-name {} --retain-resources …` with all that is to stay",
                stack.name
            ),
        });
    }
    let named = template::names(&stack.template)?;
    let unnamed = stack.resources.iter().find(|one| !named.contains(&one.logical));
    if let Some(one) = unnamed {
        found.push(Obstacle {
            what: format!("a macro made `{}`, which is not in the template", one.logical),
            lift: "the stack deployed once from what the macro makes of it".to_owned(),
        });
    }
    // Where all is kept already nothing is written, so that no template is too long or too odd for it.
    let template = if going.is_empty() { String::new() } else { template::kept(&stack.template)? };
    let custom = stack.resources.iter().filter(|one| map::is_custom(&one.of));
    let warnings = custom.map(|one| {
        format!(
            "`{}` ({}) is a custom resource: the code behind it may be called when the stack goes; look at what it does then",
            one.logical, one.of
        )
    });
    let warnings = warnings.collect();
    Ok((Release { stack, going, warnings, template }, found))
}

/// What goes with a stack, by its template as given and as macros left it. The record that the CDK keeps of itself
/// is no object, and is in no other hands.
fn goes_with(stack: &CloudStack) -> Result<BTreeSet<String>> {
    let mut going = template::going(&stack.template)?;
    going.extend(template::going(&stack.deployed)?);
    let is_nothing = |name: &String| {
        stack.resources.iter().any(|one| one.logical == *name && one.of == "AWS::CDK::Metadata")
    };
    going.retain(|name| !is_nothing(name));
    Ok(going)
}

/// Has everything kept, and looks that the deployed template says so. The same template, parameters and
/// capabilities otherwise; a change set that would do more is taken back and told.
///
/// # Errors
/// If the update would change an object, or fails.
pub async fn retain(cx: &Cx, aws: &Clients, release: &Release) -> Result<Retained> {
    let Release { stack, going, .. } = release;
    if !going.is_empty() {
        let name =
            format!("groundplan-release-{}", &words::sha256(release.template.as_bytes())[..12]);
        let id = propose(aws, release, &name).await?;
        let proposed = proposed(cx, aws, &id).await?;
        if let Err(more) = only_keeps(&proposed) {
            discard(aws, &id).await?;
            return Err(more);
        }
        let call = aws.cloudformation.execute_change_set().change_set_name(&id).send().await;
        call.map_err(fault("cloudformation:ExecuteChangeSet"))?;
        settled(cx, aws, &stack.id).await?;
    }
    let deployed = read(aws, &stack.id).await?;
    let going = goes_with(&deployed)?;
    if !going.is_empty() {
        let going: Vec<_> = going.into_iter().collect();
        let what = format!("the deployed template does not keep {}", words::list(&going));
        return Err(
            Fault::new(Class::Other, what).hint("nothing was deleted; run the same command again")
        );
    }
    Ok(Retained(deployed))
}

async fn propose(aws: &Clients, release: &Release, name: &str) -> Result<String> {
    let stack = &release.stack;
    let same =
        |key: &String| Parameter::builder().parameter_key(key).use_previous_value(true).build();
    let allowed = stack.capabilities.iter().map(|one| Capability::from(one.as_str())).collect();
    let call = aws
        .cloudformation
        .create_change_set()
        .stack_name(&stack.name)
        .change_set_name(name)
        .change_set_type(ChangeSetType::Update)
        .template_body(&release.template)
        .set_parameters(Some(stack.parameters.iter().map(same).collect()))
        .set_capabilities(Some(allowed))
        .description("keeps everything, so that the stack can go");
    match call.send().await.map_err(fault("cloudformation:CreateChangeSet")) {
        Ok(made) => {
            made.id.ok_or_else(|| crate::fault::incomplete("cloudformation:CreateChangeSet", "Id"))
        }
        // An earlier run was cut off behind it; its name is of this very template.
        Err(fault) if fault.is("AlreadyExistsException") => {
            let found = aws.cloudformation.describe_change_set().stack_name(&stack.name);
            let found = found.change_set_name(name).send().await;
            let found = found.map_err(self::fault("cloudformation:DescribeChangeSet"))?;
            let id = found.change_set_id.ok_or(fault)?;
            if found.execution_status == Some(ExecutionStatus::Obsolete) {
                discard(aws, &id).await?;
                let what = "the stack was changed after an earlier run proposed to keep everything";
                return Err(Fault::new(Class::Other, what)
                    .hint("nothing was changed; run the same command again"));
            }
            Ok(id)
        }
        Err(fault) => Err(fault),
    }
}

/// Takes a change set back.
async fn discard(aws: &Clients, id: &str) -> Result<()> {
    let call = aws.cloudformation.delete_change_set().change_set_name(id).send().await;
    call.map_err(fault("cloudformation:DeleteChangeSet")).map(drop)
}

/// What a change set would do, once that is known.
async fn proposed(cx: &Cx, aws: &Clients, id: &str) -> Result<Vec<ResourceChange>> {
    cx.wait(Patience::MINUTES, "CloudFormation to say what the update changes", || async {
        let (mut changes, mut next) = (Vec::new(), None);
        loop {
            let call = aws.cloudformation.describe_change_set().change_set_name(id);
            let page = call.set_next_token(next.take()).send().await;
            let page = page.map_err(fault("cloudformation:DescribeChangeSet"))?;
            match page.status() {
                Some(ChangeSetStatus::CreateComplete) => {}
                Some(ChangeSetStatus::Failed) => {
                    // Its name is of the template, and the next attempt has the same.
                    discard(aws, id).await?;
                    let why = page.status_reason().unwrap_or("no reason given");
                    return Err(Fault::new(Class::Other, "CloudFormation cannot update the stack")
                        .why(why)
                        .hint(
                            "nothing was changed; deploy it as it is to see what is wrong with it",
                        ));
                }
                status => {
                    let says = status.map_or("pending", ChangeSetStatus::as_str);
                    return Ok(Probe::not_yet(says));
                }
            }
            changes.extend(page.changes().iter().filter_map(|c| c.resource_change.clone()));
            next = page.next_token;
            if next.is_none() {
                return Ok(Probe::Ready(changes));
            }
        }
    })
    .await
}

/// Refuses an update that would do more than to keep things: a parameter that is looked up anew may have
/// another value today.
fn only_keeps(changes: &[ResourceChange]) -> Result<()> {
    let nothing = |what: &ResourceAttribute| {
        let harmless = ["Metadata", "DeletionPolicy", "UpdateReplacePolicy"];
        harmless.contains(&what.as_str())
    };
    let more = changes.iter().find(|change| {
        change.action() != Some(&ChangeAction::Modify) || !change.scope().iter().all(nothing)
    });
    let Some(more) = more else { return Ok(()) };
    let action = more.action().map_or("change", ChangeAction::as_str);
    let scope: Vec<_> = more.scope().iter().map(|what| what.as_str().to_owned()).collect();
    let what = format!(
        "to keep everything, CloudFormation would {} `{}` ({}): {}",
        action.to_lowercase(),
        more.logical_resource_id().unwrap_or_default(),
        more.resource_type().unwrap_or_default(),
        words::list(&scope),
    );
    Err(Fault::new(Class::Other, what)
        .why("a parameter that CloudFormation looks up has another value than when the stack was deployed")
        .hint("nothing was changed; deploy the stack once as it is, then run the same command again"))
}

/// Waits until an update is over.
async fn settled(cx: &Cx, aws: &Clients, id: &str) -> Result<()> {
    cx.wait(Patience::MINUTES, "CloudFormation to keep everything", || async {
        let there = describe(aws, id).await?;
        let status = there.as_ref().map(status).unwrap_or_default();
        match status.as_str() {
            "UPDATE_COMPLETE" => Ok(Probe::Ready(())),
            other if other.ends_with("_IN_PROGRESS") => Ok(Probe::not_yet(other)),
            other => {
                let why = there.as_ref().and_then(|stack| stack.stack_status_reason());
                Err(Fault::new(Class::Other, format!("the update of the stack ended as {other}"))
                    .why(why.unwrap_or("no reason given"))
                    .hint(
                        "nothing was deleted; `aws cloudformation describe-stack-events` says more",
                    ))
            }
        }
    })
    .await
}

/// Deletes a stack of which everything is kept, and waits until it is gone.
///
/// # Errors
/// If CloudFormation refuses, or a resource cannot be let go of.
pub async fn delete(cx: &Cx, aws: &Clients, retained: Retained) -> Result<()> {
    let Retained(stack) = retained;
    let call = aws.cloudformation.delete_stack().stack_name(&stack.id).send().await;
    call.map_err(fault("cloudformation:DeleteStack"))?;
    cx.wait(Patience::MINUTES, "the stack to be gone", || async {
        let Some(there) = describe(aws, &stack.id).await? else { return Ok(Probe::Ready(())) };
        let status = status(&there);
        if status == DELETE_FAILED {
            return Err(Fault::new(
                Class::Other,
                format!("the stack `{}` could not be deleted", stack.name),
            )
            .why(there.stack_status_reason().unwrap_or("no reason given"))
            .hint("every object is kept; mend what is said there and run the same command again"));
        }
        Ok(Probe::not_yet(status))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_that_would_touch_an_object_is_refused() {
        let change = |scope: &[&str]| {
            let change = ResourceChange::builder().action(ChangeAction::Modify);
            let scope = scope.iter().map(|what| ResourceAttribute::from(*what)).collect();
            change.logical_resource_id("Web").set_scope(Some(scope)).build()
        };
        assert!(only_keeps(&[change(&["Metadata", "DeletionPolicy"])]).is_ok());
        let fault = only_keeps(&[change(&["Metadata", "Properties"])]).unwrap_err();
        assert!(fault.what.contains("would modify `Web`"), "{}", fault.what);
        let removed = ResourceChange::builder().action(ChangeAction::Remove).build();
        assert!(only_keeps(&[removed]).is_err());
    }
}
