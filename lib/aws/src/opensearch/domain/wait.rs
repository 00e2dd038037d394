//! Waiting for a search domain: until it takes changes, and until a change is really through.

use super::observe::{describe, leaving, outputs};
use crate::{
    Clients,
    fault::{absent, fault},
};
use aws_sdk_opensearch::types::{
    ChangeProgressStatusDetails as Progress, DomainProcessingStatusType as Processing,
    DomainStatus, OverallChangeStatus as Overall,
};
use groundplan_core::{Class, Fault, Patience, Probe, Result, StepCx};

/// Changes that move all data to new nodes take hours on large domains.
pub(super) const HOURS: Patience = Patience::new(1000, 30, 6 * 3600);

/// The domain once it is made, at rest and has its endpoint.
pub(in crate::opensearch) async fn settled(
    cx: &StepCx,
    aws: &Clients,
    name: &str,
) -> Result<DomainStatus> {
    cx.wait(HOURS, "the domain to be active", || async {
        match describe(aws, name).await? {
            Some(domain) => at_rest(domain),
            None => Ok(Probe::not_yet("not visible yet")),
        }
    })
    .await
}

fn at_rest(domain: DomainStatus) -> Result<Probe<DomainStatus>> {
    let name = domain.domain_name();
    if leaving(&domain) {
        return Err(Fault::new(Class::InUse, format!("the domain `{name}` is being deleted"))
            .hint("wait until it is gone, then plan again"));
    }
    let status = domain.domain_processing_status();
    if status == Some(&Processing::Isolated) {
        return Err(Fault::new(Class::Other, format!("the domain `{name}` is isolated"))
            .why("AWS suspended it, and it does not leave this state by itself")
            .hint("see the notifications of the domain in the console, or ask AWS support"));
    }
    let busy = domain.processing() == Some(true) || domain.upgrade_processing() == Some(true);
    if domain.created() != Some(true) || busy || status.is_some_and(|s| *s != Processing::Active) {
        return Ok(Probe::not_yet(status.map_or("processing", Processing::as_str)));
    }
    if outputs(&domain).endpoint.is_none() {
        return Ok(Probe::not_yet("active, without its endpoint yet"));
    }
    Ok(Probe::Ready(domain))
}

/// Waits until a change that was asked for is through. The domain may say that it is at rest before
/// the change begins, so the change itself is asked.
pub(in crate::opensearch) async fn through(
    cx: &StepCx,
    aws: &Clients,
    name: &str,
    change: &str,
) -> Result<()> {
    cx.wait(HOURS, "the domain to be changed", || async {
        let call = aws.opensearch.describe_domain_change_progress();
        let call = call.domain_name(name).change_id(change).send().await;
        let found = absent(call.map_err(fault("es:DescribeDomainChangeProgress")))?;
        progress(name, found.as_ref().and_then(|found| found.change_progress_status()))
    })
    .await
}

fn progress(name: &str, progress: Option<&Progress>) -> Result<Probe<()>> {
    let Some(progress) = progress else { return Ok(Probe::not_yet("not begun yet")) };
    match progress.status() {
        Some(Overall::Completed) => Ok(Probe::Ready(())),
        Some(Overall::Failed) => {
            let failures = progress.validation_failures().iter();
            let why: Vec<_> = failures.filter_map(|failure| failure.message()).collect();
            let fault = Fault::new(Class::Other, format!("the change of `{name}` failed"));
            let fault = if why.is_empty() { fault } else { fault.why(why.join("; ")) };
            let look = "aws opensearch describe-domain-change-progress --domain-name";
            Err(fault.hint(format!("see its stages: {look} {name}")))
        }
        _ => {
            let stages = progress.change_progress_stages().iter();
            let now = stages.rev().find_map(|stage| stage.name()).unwrap_or("pending");
            Ok(Probe::not_yet(now))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_opensearch::types::ValidationFailure;

    fn domain() -> aws_sdk_opensearch::types::builders::DomainStatusBuilder {
        DomainStatus::builder()
            .domain_id("1/x")
            .domain_name("x")
            .arn("arn")
            .created(true)
            .processing(false)
            .domain_processing_status(Processing::Active)
            .endpoints("vpc", "x.es.amazonaws.com")
    }

    fn ready(domain: aws_sdk_opensearch::types::builders::DomainStatusBuilder) -> bool {
        matches!(at_rest(domain.build().unwrap()), Ok(Probe::Ready(_)))
    }

    #[test]
    fn a_domain_is_at_rest_only_with_its_endpoint_and_nothing_under_way() {
        assert!(ready(domain()));
        assert!(!ready(domain().processing(true)));
        assert!(!ready(domain().upgrade_processing(true)));
        assert!(!ready(domain().domain_processing_status(Processing::Modifying)));
        assert!(!ready(domain().set_endpoints(None)));
        assert!(!ready(domain().created(false)));
        assert!(at_rest(domain().deleted(true).build().unwrap()).is_err());
        let isolated = domain().domain_processing_status(Processing::Isolated);
        assert!(at_rest(isolated.build().unwrap()).is_err());
    }

    #[test]
    fn a_change_that_failed_says_why() {
        let failure = ValidationFailure::builder().message("no free addresses").build();
        let failed = Progress::builder().status(Overall::Failed).validation_failures(failure);
        let fault = progress("x", Some(&failed.build())).unwrap_err();
        assert_eq!(fault.why.as_deref(), Some("no free addresses"));
        let pending = Progress::builder().status(Overall::Pending).build();
        assert!(matches!(progress("x", Some(&pending)), Ok(Probe::NotYet(_))));
        assert!(matches!(progress("x", None), Ok(Probe::NotYet(_))));
    }
}
