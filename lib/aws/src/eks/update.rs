//! Updates that EKS carries out in the background: starts one, waits for it, says why it failed.

use super::issue;
use crate::fault::{fault, incomplete};
use aws_sdk_eks::{
    Client,
    types::{Update, UpdateStatus},
};
use groundplan_core::{Class, Fault, Patience, Probe, Result, StepCx};

/// What is updated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) cluster: &'a str,
    pub(super) node_group: Option<&'a str>,
    pub(super) addon: Option<&'a str>,
}

impl<'a> Target<'a> {
    pub(super) fn cluster(cluster: &'a str) -> Self {
        Self { cluster, node_group: None, addon: None }
    }
}

/// Starts an update and waits until it succeeded. `what` completes "waiting for …".
///
/// One update runs at a time: a call that meets another one is repeated until that has ended.
pub(super) async fn run<F>(
    cx: &StepCx,
    eks: &Client,
    target: Target<'_>,
    what: &str,
    start: impl FnMut() -> F + Send,
) -> Result<()>
where
    F: Future<Output = Result<Option<Update>>> + Send,
{
    let update = cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, start).await?;
    let id = update.and_then(|update| update.id).ok_or_else(|| incomplete(what, "update.id"))?;
    cx.wait(Patience::HOUR, what, || async {
        let call = eks
            .describe_update()
            .name(target.cluster)
            .set_nodegroup_name(target.node_group.map(str::to_owned))
            .set_addon_name(target.addon.map(str::to_owned))
            .update_id(&id);
        let found = call.send().await.map_err(fault("eks:DescribeUpdate"))?;
        found.update.as_ref().map_or_else(|| Ok(Probe::not_yet("not visible yet")), judge)
    })
    .await
}

fn judge(update: &Update) -> Result<Probe<()>> {
    let errors = update.errors().iter().map(|error| {
        let code = error.error_code().map(aws_sdk_eks::types::ErrorCode::as_str);
        issue(code, error.error_message(), error.resource_ids())
    });
    let errors: Vec<_> = errors.collect();
    match update.status() {
        Some(UpdateStatus::Successful) => Ok(Probe::Ready(())),
        Some(ended @ (UpdateStatus::Failed | UpdateStatus::Cancelled)) => {
            let kind = update.r#type().map_or("update", |kind| kind.as_str());
            let what = format!("the {kind} of EKS ended as {}", ended.as_str());
            let why =
                if errors.is_empty() { "EKS gives no reason".into() } else { errors.join("; ") };
            Err(Fault::new(Class::Other, what)
                .why(why)
                .hint("mend what it names, then run the same command again"))
        }
        other => Ok(Probe::not_yet(super::says(other.map_or("?", UpdateStatus::as_str), &errors))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_eks::types::{ErrorCode, ErrorDetail, UpdateType};

    #[test]
    fn a_failed_update_says_why() {
        let error = ErrorDetail::builder()
            .error_code(ErrorCode::IpNotAvailable)
            .error_message("not enough addresses")
            .resource_ids("subnet-1")
            .build();
        let update = Update::builder().r#type(UpdateType::VersionUpdate);
        let failed = update.clone().status(UpdateStatus::Failed).errors(error).build();
        let fault = judge(&failed).unwrap_err();
        assert_eq!(fault.what, "the VersionUpdate of EKS ended as Failed");
        assert_eq!(fault.why.as_deref(), Some("IpNotAvailable: not enough addresses (subnet-1)"));

        let running = update.clone().status(UpdateStatus::InProgress).build();
        assert_eq!(judge(&running), Ok(Probe::not_yet("InProgress")));
        let done = update.status(UpdateStatus::Successful).build();
        assert_eq!(judge(&done), Ok(Probe::Ready(())));
    }
}
