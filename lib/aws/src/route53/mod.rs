//! Route 53: zones of names, and the records in them.

mod record;
mod record_form;
mod rules;
mod zone;
mod zone_find;
mod zone_rights;

pub use record::{Alias, Failover, Record, RecordHandle, RecordOutputs, RecordType};
pub use zone::{Zone, ZoneHandle, ZoneOutputs, ZoneVpc};

pub(crate) use rules::rules;

use crate::scope::REACH_ANYWHERE as REACH;
use crate::{Clients, fault::fault};
use aws_sdk_route53::types::ChangeStatus;
use groundplan_core::{Patience, Probe, Problems, Registry, Result, StepCx};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Record>().with::<Zone>()
}

/// Waits until every name server answers with a change.
async fn in_sync(cx: &StepCx, aws: &Clients, change: &str) -> Result<()> {
    let what = "every name server to answer with the change";
    cx.wait(Patience::MINUTES, what, || async {
        let call = aws.route53.get_change().id(change).send().await;
        let found = call.map_err(fault("route53:GetChange"))?;
        Ok(match found.change_info.map(|info| info.status) {
            Some(ChangeStatus::Insync) => Probe::Ready(()),
            Some(other) => Probe::not_yet(other.as_str()),
            None => Probe::not_yet("in no state yet"),
        })
    })
    .await
}

/// A name as it compares: names have no case, a dot at the end says nothing, and Route 53 writes `*` as a
/// number.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_lowercase()
}

/// Notes what is no name of a zone or record.
fn check_name(problems: &mut Problems, path: &str, name: &str) {
    let name = plain(name);
    let part = |(number, part): (usize, &str)| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        (number == 0 && part == "*") || ((1..=63).contains(&part.len()) && part.chars().all(fits))
    };
    problems.require(
        name.len() <= 253 && name.split('.').enumerate().all(part),
        path,
        format!("`{name}` is no name such as `data.example.com`: parts of 1 to 63 letters, digits, `-` and `_`"),
    );
}
