//! Raises a search domain's engine: to a version that the service can raise it to, after its own check of
//! the domain, which changes nothing.

use super::{
    Domain,
    request::patiently,
    wait::{HOURS, settled, through},
};
use crate::{Clients, fault::fault};
use aws_sdk_opensearch::types::{
    CompatibleVersionsMap, DomainStatus, UpgradeStatus, UpgradeStep, UpgradeStepItem,
};
use groundplan_core::{Class, Fault, Probe, Result, StepCx};

/// Raises the engine to the desired version.
pub(super) async fn upgrade(
    domain: &Domain,
    cx: &StepCx,
    aws: &Clients,
    there: &DomainStatus,
) -> Result<()> {
    let (name, wanted) = (there.domain_name(), domain.engine_version.as_str());
    reachable(aws, name, there.engine_version().unwrap_or_default(), wanted).await?;
    // A change of the configuration is over by now, and an upgrade refuses to run beside one.
    settled(cx, aws, name).await?;
    check(cx, aws, name, wanted).await?;
    let begun = patiently(cx, || begin(aws, name, wanted, false)).await?;
    if let Some(change) = begun {
        through(cx, aws, name, &change).await?;
    }
    let after = settled(cx, aws, name).await?;
    if after.engine_version() == Some(wanted) {
        return Ok(());
    }
    let is = after.engine_version().unwrap_or("unknown");
    let what = format!("the domain still runs {is} after the upgrade to {wanted}");
    Err(explained(aws, name, Fault::new(Class::Other, what)).await)
}

/// Refuses a version that the domain cannot be raised to, and says which it can.
async fn reachable(aws: &Clients, name: &str, is: &str, wanted: &str) -> Result<()> {
    let call = aws.opensearch.get_compatible_versions().domain_name(name).send().await;
    let found = call.map_err(fault("es:GetCompatibleVersions"))?;
    let targets: Vec<_> = found
        .compatible_versions()
        .iter()
        .flat_map(CompatibleVersionsMap::target_versions)
        .map(String::as_str)
        .collect();
    if targets.contains(&wanted) {
        return Ok(());
    }
    let what = format!("a domain that runs {is} cannot be raised to {wanted}");
    let hint = match targets[..] {
        [] => "nothing newer is to be had from there".to_owned(),
        _ => format!("set `engine_version` to one of {}", targets.join(", ")),
    };
    Err(Fault::new(Class::Invalid, what).hint(hint))
}

/// Lets the service check the domain, and waits for what it finds. Nothing is changed by that.
async fn check(cx: &StepCx, aws: &Clients, name: &str, wanted: &str) -> Result<()> {
    patiently(cx, || begin(aws, name, wanted, true)).await?;
    let passed =
        cx.wait(HOURS, "the service to check whether the domain can be upgraded", || async {
            let call = aws.opensearch.get_upgrade_status().domain_name(name).send().await;
            let found = call.map_err(fault("es:GetUpgradeStatus"))?;
            if found.upgrade_step() != Some(&UpgradeStep::PreUpgradeCheck) {
                return Ok(Probe::not_yet("not begun"));
            }
            Ok(match found.step_status() {
                Some(UpgradeStatus::Succeeded | UpgradeStatus::SucceededWithIssues) => {
                    Probe::Ready(true)
                }
                Some(UpgradeStatus::Failed) => Probe::Ready(false),
                Some(status) => Probe::not_yet(status.as_str()),
                None => Probe::not_yet("not begun"),
            })
        });
    if passed.await? {
        // The check counts as a change as long as it lasts.
        return settled(cx, aws, name).await.map(drop);
    }
    let what = format!("the domain `{name}` is not fit for the upgrade to {wanted}");
    Err(explained(aws, name, Fault::new(Class::Refused, what)).await)
}

/// Begins an upgrade, or only the check before one; the id of the change, if it is one.
async fn begin(aws: &Clients, name: &str, wanted: &str, check: bool) -> Result<Option<String>> {
    let call = aws.opensearch.upgrade_domain().domain_name(name).target_version(wanted);
    let call = call.perform_check_only(check).send().await;
    let begun = call.map_err(fault("es:UpgradeDomain"))?;
    let change = begun.change_progress_details().and_then(|change| change.change_id());
    Ok(change.map(str::to_owned))
}

/// With what the service says is wrong.
async fn explained(aws: &Clients, name: &str, why: Fault) -> Fault {
    let hint = format!(
        "mend that and run again; all of it: `aws opensearch get-upgrade-history --domain-name {name}`"
    );
    let call = aws.opensearch.get_upgrade_history().domain_name(name).send().await;
    let Ok(found) = call else { return why.hint(hint) };
    let newest = found.upgrade_histories().first();
    let issues: Vec<_> = newest
        .iter()
        .flat_map(|history| history.steps_list())
        .flat_map(UpgradeStepItem::issues)
        .map(String::as_str)
        .collect();
    match issues[..] {
        [] => why.hint(hint),
        _ => why.why(issues.join("; ")).hint(hint),
    }
}
