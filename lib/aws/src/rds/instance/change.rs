//! Changes databases.

use super::{
    Instance, InstanceOutputs,
    check::a_tenth_more,
    modify::modify,
    observe::{actual, after_reboot, describe, outputs, pending},
    state::{self, State, state},
};
use crate::{Clients, CxAws, fault::fault, rds::sync_tags};
use aws_sdk_rds::types::DbInstance;
use groundplan_core::{Class, Fault, Fields, Json, Patience, Probe, Result, StepCx, to_json};
use serde_json::Map;
use std::collections::BTreeSet;

/// What `ModifyDBInstance` can change of this kind. The last two are no inputs, see `observe`.
pub(super) const CHANGEABLE: [&str; 22] = [
    "engine_version",
    "class",
    "storage_gib",
    "max_storage_gib",
    "storage_type",
    "iops",
    "throughput",
    "port",
    "security_groups",
    "parameter_group",
    "multi_az",
    "backup_days",
    "backup_window",
    "maintenance_window",
    "iam_auth",
    "monitoring",
    "insights",
    "ca_certificate",
    "log_exports",
    "deletion_protection",
    "publicly_accessible",
    "copy_tags",
];

/// What a reboot may be for; `reboot_pending` is no input, see `observe`.
pub(super) const REBOOTS: [&str; 3] = ["parameter_group", "reboot", "reboot_pending"];

pub(super) async fn converge(
    db: &Instance,
    cx: &StepCx,
    live: InstanceOutputs,
    approved: &Fields,
) -> Result<InstanceOutputs> {
    // What becomes of the data later, and when changes are applied, is on record only.
    let mut fields = CHANGEABLE.iter().chain(&REBOOTS).chain(&["tags"]);
    if !fields.any(|field| approved.has(field)) {
        return Ok(live);
    }
    let aws = cx.aws(db.scope.get()).await?;
    let there = cx
        .wait(Patience::HOUR, "the database to be available", || async {
            let grows = |there: &DbInstance| differing(db, there, approved).contains("storage_gib");
            Ok(match usable(&aws, &live.id, grows).await? {
                Probe::Ready(there) if *approved == Fields::All => complete(there),
                found => found,
            })
        })
        .await?;
    let asked = differing(db, &there, approved);
    refuse(db, &there, &asked)?;
    // What is new has nobody who would be interrupted.
    let at_once = *approved == Fields::All || !db.defers();
    if !asked.is_empty() {
        let send = || async {
            let call = modify(db, &there, &asked, aws.rds.modify_db_instance());
            let call = call.db_instance_identifier(&live.id).apply_immediately(at_once);
            call.send().await.map_err(fault("rds:ModifyDBInstance"))
        };
        cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, send).await?;
    }
    if approved.has("tags") {
        sync_tags(cx, &aws.rds, live.arn.as_str(), there.tag_list(), &db.tags).await?;
    }
    let there = cx
        .wait(Patience::HOUR, "the database to have the changes", || async {
            let still_full = |_: &DbInstance| asked.contains("storage_gib");
            Ok(match usable(&aws, &live.id, still_full).await? {
                Probe::Ready(there) => settled(db, there, &asked, approved, at_once),
                busy @ Probe::NotYet(_) => busy,
            })
        })
        .await?;
    let reboots = db.reboot && REBOOTS.iter().any(|field| approved.has(field));
    if reboots && after_reboot(&there).is_some() {
        reboot(cx, &aws, &live.id).await?;
    }
    Ok(outputs(&there))
}

/// Restarts the engine, so that parameters take effect that wait for that.
async fn reboot(cx: &StepCx, aws: &Clients, id: &str) -> Result<()> {
    let send = || async {
        let call = aws.rds.reboot_db_instance().db_instance_identifier(id).send().await;
        call.map_err(fault("rds:RebootDBInstance"))
    };
    cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, send).await?;
    cx.wait(Patience::MINUTES, "the database to be rebooted", || async {
        Ok(match usable(aws, id, |_| false).await? {
            Probe::Ready(there) if after_reboot(&there).is_some() => {
                Probe::not_yet("parameters still wait")
            }
            Probe::Ready(_) => Probe::Ready(()),
            Probe::NotYet(says) => Probe::NotYet(says),
        })
    })
    .await
}

/// The database if it works. A full one counts if `grows`, as growing is what it needs.
async fn usable(
    aws: &Clients,
    id: &str,
    grows: impl Fn(&DbInstance) -> bool,
) -> Result<Probe<DbInstance>> {
    let Some(there) = describe(aws, id).await? else {
        return Ok(Probe::not_yet("not visible yet"));
    };
    let status = there.db_instance_status().unwrap_or("unknown").to_owned();
    match state(&status) {
        State::Usable => Ok(Probe::Ready(there)),
        State::Busy => Ok(Probe::NotYet(status)),
        State::Stuck(_) if state::wants_storage(&status) && grows(&there) => {
            Ok(Probe::Ready(there))
        }
        State::Stuck(hint) => Err(state::stuck(id, &status, hint)),
    }
}

/// A new database is there once it can be used: with an address, and the secret to sign in with.
fn complete(there: DbInstance) -> Probe<DbInstance> {
    let outputs = outputs(&there);
    match (outputs.host, outputs.master_secret) {
        (None, _) => Probe::not_yet("available, without an address yet"),
        (_, None) => Probe::not_yet("available, without its master secret yet"),
        _ => Probe::Ready(there),
    }
}

/// RDS may say `available` before it begins a change, so the values themselves tell. What waits for its
/// window is done with, unless it was to be applied at once.
fn settled(
    db: &Instance,
    there: DbInstance,
    asked: &BTreeSet<&'static str>,
    approved: &Fields,
    at_once: bool,
) -> Probe<DbInstance> {
    let mut values = actual(&there, Some(db));
    let mut waits = pending(&there, Some(db));
    waits.retain(|field, _| approved.has(field));
    if at_once && !waits.is_empty() {
        return Probe::NotYet(format!("pending: {}", Json::Object(waits)));
    }
    values.extend(waits);
    let not_yet: Vec<_> = differences(db, &values).filter(|field| asked.contains(field)).collect();
    if !not_yet.is_empty() {
        return Probe::NotYet(format!("not changed yet: {}", not_yet.join(", ")));
    }
    let moving = |status: Option<&str>| matches!(status, Some("adding" | "removing" | "applying"));
    let groups = there.vpc_security_groups().iter().any(|group| moving(group.status()));
    let parameters = there.db_parameter_groups().iter();
    if groups || parameters.into_iter().any(|group| moving(group.parameter_apply_status())) {
        return Probe::not_yet("its groups are being applied");
    }
    Probe::Ready(there)
}

/// The approved fields that are neither as desired nor about to be.
fn differing(db: &Instance, there: &DbInstance, approved: &Fields) -> BTreeSet<&'static str> {
    let mut values = actual(there, Some(db));
    values.extend(pending(there, Some(db)));
    differences(db, &values).filter(|field| approved.has(field)).collect()
}

fn differences(
    db: &Instance,
    there: &Map<String, Json>,
) -> impl Iterator<Item = &'static str> + use<> {
    let desired = to_json(db);
    let value = |of: Option<&Json>| match of {
        Some(Json::Array(items)) => {
            let mut items: Vec<_> = items.iter().map(Json::to_string).collect();
            items.sort();
            items.dedup();
            if items.is_empty() { Json::Null } else { Json::from(items) }
        }
        other => other.cloned().unwrap_or_default(),
    };
    let differs = |field: &&'static str| value(desired.get(*field)) != value(there.get(*field));
    CHANGEABLE.into_iter().filter(differs).collect::<Vec<_>>().into_iter()
}

/// Says what RDS would refuse, or worse, would do in another way than asked.
fn refuse(db: &Instance, there: &DbInstance, asked: &BTreeSet<&'static str>) -> Result<()> {
    let invalid = |what: String| Err(Fault::new(Class::Invalid, what));
    let size =
        there.allocated_storage().and_then(|gib| u32::try_from(gib).ok()).unwrap_or_default();
    if asked.contains("storage_gib") && db.storage_gib < size {
        return invalid(format!(
            "the database has {size} GiB, and storage never shrinks to {}",
            db.storage_gib
        ))
        .map_err(|f| {
            f.hint(format!(
                "set `storage_gib` to {size}; for less, restore a dump into a new database"
            ))
        });
    }
    // RDS would round up to a tenth by itself, and the next plan would find a difference for ever.
    if asked.contains("storage_gib") && db.storage_gib < a_tenth_more(size) {
        let least = a_tenth_more(size);
        return invalid(format!("storage grows from {size} GiB by a tenth at least"))
            .map_err(|f| f.hint(format!("set `storage_gib` to {least} or more")));
    }
    let version = there.engine_version().unwrap_or_default();
    if asked.contains("engine_version") && older(&db.engine_version, version) {
        return invalid(format!(
            "the database runs {version}, and RDS does not go back to {}",
            db.engine_version
        ))
        .map_err(|f| f.hint(format!("set `engine_version` to {version}")));
    }
    Ok(())
}

/// Whether `wanted` is a version before `there`, as far as `wanted` says.
fn older(wanted: &str, there: &str) -> bool {
    let parts = |text: &str| text.split('.').map(|p| p.parse().unwrap_or(0)).collect::<Vec<u32>>();
    let (wanted, mut there) = (parts(wanted), parts(there));
    there.truncate(wanted.len());
    wanted < there
}

/// A size or count as the SDK wants it; `validate` has bounded it.
pub(super) fn gib(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
