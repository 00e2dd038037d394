//! Deletes of what something may still use: repeated for a bounded time, and saying what uses it.

use super::read::filter;
use crate::{Clients, fault::absent};
use aws_sdk_ec2::types::NetworkInterface;
use groundplan_core::{Class, Fault, Patience, Result, StepCx};

/// How long something that was deleted elsewhere may keep its hold: the network interfaces of load
/// balancers, functions and clusters go minutes after their owners.
const LET_GO: Patience = Patience::new(500, 10, 600);

/// Deletes. While something still uses the object, says what, and tries again for a bounded time.
/// Absence is success.
pub(super) async fn delete_once_free<T, D, H>(
    cx: &StepCx,
    mut delete: impl FnMut() -> D + Send,
    mut holders: impl FnMut() -> H + Send,
) -> Result<()>
where
    D: Future<Output = Result<T>> + Send,
    H: Future<Output = Vec<String>> + Send,
    T: Send,
{
    let attempt = || {
        // SDK calls are large futures, and rarely is more than one polled.
        let (delete, holders) = (Box::pin(delete()), Box::pin(holders()));
        async move {
            match absent(delete.await) {
                Ok(_) => Ok(()),
                Err(fault) if fault.class == Class::InUse => Err(held_by(fault, holders.await)),
                Err(fault) => Err(fault),
            }
        }
    };
    cx.retry(LET_GO, |fault| fault.class == Class::InUse, attempt).await
}

fn held_by(fault: Fault, holders: Vec<String>) -> Fault {
    if holders.is_empty() {
        return fault;
    }
    fault.hint(format!("still held by {}; delete what made it, then run again", holders.join(", ")))
}

/// The network interfaces that a filter finds, with what they are for. What cannot be read names
/// nothing: the fault that asks for holders matters more.
pub(super) async fn interfaces(
    aws: &Clients,
    filter_name: &str,
    id: &str,
    holds: fn(&NetworkInterface) -> bool,
) -> Vec<String> {
    let call =
        aws.ec2.describe_network_interfaces().filters(filter(filter_name, [id])).send().await;
    let found = call.ok().and_then(|found| found.network_interfaces).unwrap_or_default();
    let name = |eni: &NetworkInterface| {
        let id = eni.network_interface_id().unwrap_or("?");
        match eni.description() {
            None | Some("") => id.to_owned(),
            Some(description) => format!("{id} ({description})"),
        }
    };
    found.iter().filter(|eni| holds(eni)).map(name).collect()
}

/// The security groups that a filter finds, by id and name, but not the VPC's own default group,
/// which goes with it.
pub(super) async fn groups(aws: &Clients, filter_name: &str, id: &str) -> Vec<String> {
    let call = aws.ec2.describe_security_groups().filters(filter(filter_name, [id])).send().await;
    let found = call.ok().and_then(|found| found.security_groups).unwrap_or_default();
    let others = found.iter().filter(|g| g.group_name() != Some("default"));
    others
        .filter(|g| g.group_id() != Some(id))
        .map(|g| format!("{} ({})", g.group_id().unwrap_or("?"), g.group_name().unwrap_or("?")))
        .collect()
}
