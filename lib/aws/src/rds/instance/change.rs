//! Changes databases.

use super::{
    Instance, InstanceOutputs,
    check::a_tenth_more,
    create::propagates,
    deferral::Deferral,
    modify::modify,
    observe::{actual, after_reboot, describe, outputs, pending},
    state::{self, State, state},
    storage::present,
};
use crate::{Clients, CxAws, fault::fault, rds::sync_tags};
use aws_sdk_rds::{
    operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder,
    types::{DbInstance, DbParameterGroupStatus},
};
use groundplan_core::{Class, Fault, Fields, Json, Patience, Probe, Result, StepCx, to_json};
use serde_json::Map;
use std::collections::BTreeSet;

/// What `ModifyDBInstance` can change of this kind. The last four are no inputs, see `observe`.
pub(super) const CHANGEABLE: [&str; 24] = [
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
    "auto_patches",
    MASTER,
];

/// That AWS makes and keeps the master password. No restore can ask for it, and somebody may have ended it.
pub(super) const MASTER: &str = "master_password_managed";

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
    // What is new has nobody who would be interrupted.
    let is_new = *approved == Fields::All;
    let there = cx
        .wait(Patience::HOUR, "the database to be available", || async {
            let grows = |there: &DbInstance| differing(db, there, approved).contains("storage_gib");
            Ok(match usable(&aws, &live.id, grows).await? {
                Probe::Ready(there) if is_new => complete(db, there),
                found => found,
            })
        })
        .await?;
    let asked = differing(db, &there, approved);
    refuse(db, &there, &asked)?;
    let managed = there.master_user_secret().is_some();
    let takes_over = !managed && (is_new && db.restore.is_some() || approved.has(MASTER));
    let deferral = Deferral::of(db, &there, is_new);
    let (later, now): (BTreeSet<_>, BTreeSet<_>) =
        asked.iter().copied().partition(|field| deferral.defers(field));
    if !now.is_empty() || takes_over {
        let call = modify(db, &there, &now, aws.rds.modify_db_instance());
        let call = call
            .set_manage_master_user_password(takes_over.then_some(true))
            .set_master_user_secret_kms_key_id(db.key().filter(|_| takes_over));
        send(cx, call.db_instance_identifier(&live.id).apply_immediately(deferral.at_once()))
            .await?;
    }
    if !later.is_empty() {
        // One change at a time, and one of storage may take long.
        cx.wait(Patience::HOUR, "the database to take the rest", || {
            usable(&aws, &live.id, |_| asked.contains("storage_gib"))
        })
        .await?;
        let call = modify(db, &there, &later, aws.rds.modify_db_instance());
        send(cx, call.db_instance_identifier(&live.id).apply_immediately(false)).await?;
    }
    if approved.has("tags") {
        sync_tags(cx, &aws.rds, live.arn.as_str(), there.tag_list(), &db.tags).await?;
    }
    let there = cx
        .wait(Patience::HOUR, "the database to have the changes", || async {
            let still_full = |_: &DbInstance| asked.contains("storage_gib");
            Ok(match usable(&aws, &live.id, still_full).await? {
                Probe::Ready(there) if takes_over && there.master_user_secret().is_none() => {
                    Probe::not_yet("without its master secret yet")
                }
                Probe::Ready(there) => settled(db, there, &asked, approved, &deferral)?,
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

async fn send(cx: &StepCx, call: ModifyDBInstanceFluentBuilder) -> Result<()> {
    let send = || async {
        let sent = call.clone().send().await;
        sent.map_err(fault("rds:ModifyDBInstance")).map(drop)
    };
    let patiently = || cx.retry(Patience::SECONDS, propagates, &send);
    cx.retry(Patience::MINUTES, |f| f.class == Class::InUse, patiently).await
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

/// A new database is there once it can be used: with an address, and the secret to sign in with, which one that
/// was restored is told to have afterwards.
fn complete(db: &Instance, there: DbInstance) -> Probe<DbInstance> {
    let outputs = outputs(&there);
    match (outputs.host, outputs.master_secret) {
        (None, _) => Probe::not_yet("available, without an address yet"),
        (_, None) if db.restore.is_none() => {
            Probe::not_yet("available, without its master secret yet")
        }
        _ => Probe::Ready(there),
    }
}

/// RDS may say `available` before it begins a change, so the values themselves tell. What waits for its
/// window is done with.
fn settled(
    db: &Instance,
    there: DbInstance,
    asked: &BTreeSet<&'static str>,
    approved: &Fields,
    deferral: &Deferral,
) -> Result<Probe<DbInstance>> {
    let mut values = actual(&there, Some(db));
    let (waits, hurries): (Map<_, _>, Map<_, _>) = pending(&there, Some(db))
        .into_iter()
        .filter(|(field, _)| approved.has(field))
        .partition(|(field, _)| deferral.may_hold(field));
    if !hurries.is_empty() {
        return Ok(Probe::NotYet(format!("pending: {}", Json::Object(hurries))));
    }
    values.extend(waits);
    let not_yet: Vec<_> = differences(db, &values).filter(|field| asked.contains(field)).collect();
    if !not_yet.is_empty() {
        return Ok(Probe::NotYet(format!("not changed yet: {}", not_yet.join(", "))));
    }
    let applies = ["parameter_group", "engine_version"].iter().any(|field| approved.has(field));
    if let Some(group) = failed(&there).filter(|_| applies) {
        let what = format!("the parameter group `{group}` could not be applied to the database");
        return Err(Fault::new(Class::Other, what).hint(
            "see why with aws rds describe-events; mend the group, then run the same command again",
        ));
    }
    let moving = |status: Option<&str>| matches!(status, Some("adding" | "removing" | "applying"));
    let groups = there.vpc_security_groups().iter().any(|group| moving(group.status()));
    let parameters = there.db_parameter_groups().iter();
    if groups || parameters.into_iter().any(|group| moving(group.parameter_apply_status())) {
        return Ok(Probe::not_yet("its groups are being applied"));
    }
    Ok(Probe::Ready(there))
}

fn failed(there: &DbInstance) -> Option<&str> {
    let failed =
        |group: &&DbParameterGroupStatus| group.parameter_apply_status() == Some("failed-to-apply");
    there.db_parameter_groups().iter().find(failed)?.db_parameter_group_name()
}

/// The approved fields that are neither as desired nor about to be.
fn differing(db: &Instance, there: &DbInstance, approved: &Fields) -> BTreeSet<&'static str> {
    let mut values = actual(there, Some(db));
    values.extend(pending(there, Some(db)));
    // Whether AWS raises the patch level is part of what the version says.
    let has = |field: &&str| {
        approved.has(field) || *field == "auto_patches" && approved.has("engine_version")
    };
    differences(db, &values).filter(has).collect()
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
    let size = present(there);
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
