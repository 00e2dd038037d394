//! A stack as CloudFormation has it.

use crate::{Clients, fault::fault, found::pages};
use aws_sdk_cloudformation::types::{Capability, Stack, StackResourceSummary, TemplateStage};
use groundplan_core::{Class, Fault, Result};

/// A stack of CloudFormation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudStack {
    /// The name.
    pub name: String,
    /// The ARN, which also names it after it is gone.
    pub id: String,
    /// Such as `UPDATE_COMPLETE`.
    pub status: String,
    /// Whether it refuses to be deleted.
    pub protected: bool,
    /// The ARN of the stack that it is part of.
    pub parent: Option<String>,
    /// What it needed to be allowed.
    pub capabilities: Vec<String>,
    /// The names of its parameters.
    pub parameters: Vec<String>,
    /// The names under which it gives values to other stacks.
    pub exports: Vec<String>,
    /// Whether a policy says which of its resources an update may touch.
    pub has_policy: bool,
    /// The template, as it was given.
    pub template: String,
    /// The template as macros left it, which is what counts; the same where there are none.
    pub deployed: String,
    /// What it made.
    pub resources: Vec<CloudResource>,
}

/// A resource of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudResource {
    /// Its name in the template.
    pub logical: String,
    /// Its type, such as `AWS::EC2::VPC`.
    pub of: String,
    /// What CloudFormation calls its object; each type has its own way.
    pub physical: String,
    /// Such as `CREATE_COMPLETE`.
    pub status: String,
}

/// Reads a stack by its name.
///
/// # Errors
/// If there is none, or it cannot be read.
pub async fn read(aws: &Clients, name: &str) -> Result<CloudStack> {
    let found = describe(aws, name).await?.ok_or_else(|| absent(name))?;
    let template = template(aws, name, TemplateStage::Original).await?;
    let deployed = self::template(aws, name, TemplateStage::Processed).await?;
    let policy = aws.cloudformation.get_stack_policy().stack_name(name).send().await;
    let policy = policy.map_err(fault("cloudformation:GetStackPolicy"))?;
    let listed = aws.cloudformation.list_stack_resources().stack_name(name).into_paginator();
    let listed = pages("cloudformation:ListStackResources", listed.items().send()).await?;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Ok(CloudStack {
        name: text(found.stack_name()),
        id: text(found.stack_id()),
        status: status(&found),
        protected: found.enable_termination_protection().unwrap_or_default(),
        parent: found.parent_id().map(str::to_owned),
        capabilities: found.capabilities().iter().map(Capability::to_string).collect(),
        parameters: found.parameters().iter().map(|p| text(p.parameter_key())).collect(),
        exports: found
            .outputs()
            .iter()
            .filter_map(|o| o.export_name().map(str::to_owned))
            .collect(),
        has_policy: policy.stack_policy_body().is_some_and(|body| !body.is_empty()),
        template,
        deployed,
        resources: listed.iter().filter(|one| is_there(one)).map(resource).collect(),
    })
}

async fn template(aws: &Clients, name: &str, stage: TemplateStage) -> Result<String> {
    let call = aws.cloudformation.get_template().stack_name(name).template_stage(stage);
    let answer = call.send().await.map_err(fault("cloudformation:GetTemplate"))?;
    Ok(answer.template_body.unwrap_or_default())
}

/// A stack that was deleted does not count.
pub(super) async fn describe(aws: &Clients, name: &str) -> Result<Option<Stack>> {
    let call = aws.cloudformation.describe_stacks().stack_name(name).send().await;
    match call.map_err(fault("cloudformation:DescribeStacks")) {
        Ok(answer) => {
            let there = answer.stacks.unwrap_or_default().into_iter().next();
            Ok(there.filter(|stack| status(stack) != "DELETE_COMPLETE"))
        }
        // The one error that this call has for whatever is wrong with the name.
        Err(fault) if fault.is("ValidationError") => Ok(None),
        Err(fault) => Err(fault),
    }
}

pub(super) fn status(stack: &Stack) -> String {
    stack.stack_status().map(ToString::to_string).unwrap_or_default()
}

fn absent(name: &str) -> Fault {
    Fault::new(Class::Invalid, format!("there is no stack `{name}` in CloudFormation"))
        .hint("`aws cloudformation list-stacks` lists them, in the region of this run; another is named with --region")
}

fn is_there(one: &StackResourceSummary) -> bool {
    let gone = ["DELETE_COMPLETE", "DELETE_SKIPPED"];
    !one.resource_status().is_some_and(|status| gone.contains(&status.as_str()))
}

fn resource(one: &StackResourceSummary) -> CloudResource {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    CloudResource {
        logical: text(one.logical_resource_id()),
        of: text(one.resource_type()),
        physical: text(one.physical_resource_id()),
        status: one.resource_status().map(ToString::to_string).unwrap_or_default(),
    }
}
