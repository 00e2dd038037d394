//! Makes and changes databases.

use super::{
    Instance, InstanceOutputs,
    model::a_tenth_more,
    observe::{actual, describe, outputs, pending},
    state::{self, State, state},
};
use crate::{
    Clients, CxAws,
    fault::{fault, incomplete},
    rds::{pairs, sync_tags, tag_list},
    tags,
};
use aws_sdk_rds::{
    operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder,
    types::{CloudwatchLogsExportConfiguration, DbInstance},
};
use groundplan_core::{Class, Fault, Fields, Json, Patience, Probe, Result, StepCx, Val, to_json};
use serde_json::Map;
use std::collections::BTreeSet;

/// Without this, MySQL of a version past its standard support would be billed for extended support.
const NO_EXTENDED_SUPPORT: &str = "open-source-rds-extended-support-disabled";

/// What `ModifyDBInstance` can change of this kind. `publicly_accessible` is no input, see `observe`.
pub(super) const CHANGEABLE: [&str; 12] = [
    "engine_version",
    "class",
    "storage_gib",
    "max_storage_gib",
    "storage_type",
    "security_groups",
    "parameter_group",
    "multi_az",
    "backup_days",
    "log_exports",
    "deletion_protection",
    "publicly_accessible",
];

pub(super) async fn create(db: &Instance, cx: &StepCx) -> Result<InstanceOutputs> {
    let action = "rds:CreateDBInstance";
    let aws = cx.aws(db.scope.get()).await?;
    let key = db.kms_key.as_ref().map(|key| key.get().to_string());
    let create = || async {
        let call = aws
            .rds
            .create_db_instance()
            .db_instance_identifier(cx.name())
            .engine(db.engine.as_str())
            .engine_version(&db.engine_version)
            .auto_minor_version_upgrade(db.patches())
            .engine_lifecycle_support(NO_EXTENDED_SUPPORT)
            .db_instance_class(&db.class)
            .allocated_storage(gib(db.storage_gib))
            .set_max_allocated_storage(db.max_storage_gib.map(gib))
            .storage_type(&db.storage_type)
            .storage_encrypted(true)
            .set_kms_key_id(key.clone())
            .master_username(&db.master_username)
            .manage_master_user_password(true)
            .set_master_user_secret_kms_key_id(key.clone())
            .set_db_name(db.database.clone())
            .db_subnet_group_name(db.subnet_group.get())
            .set_vpc_security_group_ids(Some(db.security_group_ids()))
            .publicly_accessible(false)
            .set_db_parameter_group_name(db.parameter_group.as_ref().map(|g| g.get().clone()))
            .multi_az(db.multi_az)
            .backup_retention_period(gib(db.backup_days))
            .copy_tags_to_snapshot(true)
            .set_enable_cloudwatch_logs_exports(some(db.log_exports.iter().cloned().collect()))
            .deletion_protection(db.deletion_protection)
            .set_tags(Some(tag_list(cx.tags(&db.tags))));
        call.send().await.map_err(fault(action))
    };
    // The first database of an account makes the service's role, which takes a moment to be seen.
    let made = cx.retry(Patience::SECONDS, names_the_service_role, create).await;
    match made {
        Ok(made) => {
            Ok(outputs(made.db_instance().ok_or_else(|| incomplete(action, "DBInstance"))?))
        }
        Err(fault) if fault.class == Class::Exists => ours(&aws, cx, fault).await,
        Err(fault) => Err(fault),
    }
}

fn names_the_service_role(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default();
    why.contains("service linked role") || why.contains("service-linked role")
}

/// The database that has our name already, if it is ours: an earlier create's answer was lost.
async fn ours(aws: &Clients, cx: &StepCx, exists: Fault) -> Result<InstanceOutputs> {
    let Some(db) = describe(aws, cx.name()).await? else { return Err(exists) };
    let tags = pairs(db.tag_list());
    if !tags::owned(cx.owner(), tags.iter().copied()) {
        let what = format!("the existing database `{}`", cx.name());
        return Err(tags::not_ours(&what, tags).hint("give the resource another `name`"));
    }
    if db.db_instance_status() == Some(state::DELETING) {
        let what = format!("the database `{}` from before is still being deleted", cx.name());
        return Err(
            Fault::new(Class::InUse, what).hint("run the same command again when it is gone")
        );
    }
    Ok(outputs(&db))
}

pub(super) async fn converge(
    db: &Instance,
    cx: &StepCx,
    live: InstanceOutputs,
    approved: &Fields,
) -> Result<InstanceOutputs> {
    // What becomes of the data later is on record only.
    if !approved.has("tags") && !CHANGEABLE.iter().any(|field| approved.has(field)) {
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
    if !asked.is_empty() {
        let send = || async {
            let call = modify(db, &there, &asked, aws.rds.modify_db_instance());
            let call = call.db_instance_identifier(&live.id).apply_immediately(true);
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
                Probe::Ready(there) => settled(db, there, &asked, approved),
                busy @ Probe::NotYet(_) => busy,
            })
        })
        .await?;
    Ok(outputs(&there))
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

/// RDS may say `available` before it begins a change, so the values themselves tell.
fn settled(
    db: &Instance,
    there: DbInstance,
    asked: &BTreeSet<&'static str>,
    approved: &Fields,
) -> Probe<DbInstance> {
    let mut waits = pending(&there, Some(db));
    waits.retain(|field, _| approved.has(field));
    if !waits.is_empty() {
        return Probe::NotYet(format!("pending: {}", Json::Object(waits)));
    }
    let not_yet: Vec<_> =
        differences(db, &actual(&there, Some(db))).filter(|field| asked.contains(field)).collect();
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

/// The first two numbers: a MySQL series, whose change RDS wants to be asked for expressly.
fn series(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// The call that changes what is asked, and nothing else.
fn modify(
    db: &Instance,
    there: &DbInstance,
    asked: &BTreeSet<&'static str>,
    mut call: ModifyDBInstanceFluentBuilder,
) -> ModifyDBInstanceFluentBuilder {
    for field in asked {
        call = match *field {
            "engine_version" => {
                let other = series(&db.engine_version)
                    != series(there.engine_version().unwrap_or_default());
                let call = call.engine_version(&db.engine_version);
                let call = call.auto_minor_version_upgrade(db.patches());
                if other { call.allow_major_version_upgrade(true) } else { call }
            }
            "class" => call.db_instance_class(&db.class),
            "storage_gib" => call.allocated_storage(gib(db.storage_gib)),
            // The present size as the most is how growth is switched off.
            "max_storage_gib" => {
                let off = there.allocated_storage().unwrap_or_else(|| gib(db.storage_gib));
                call.max_allocated_storage(db.max_storage_gib.map_or(off, gib))
            }
            "storage_type" => call.storage_type(&db.storage_type),
            "security_groups" => call.set_vpc_security_group_ids(Some(db.security_group_ids())),
            "parameter_group" => call.db_parameter_group_name(db.parameters()),
            "multi_az" => call.multi_az(db.multi_az),
            "backup_days" => call.backup_retention_period(gib(db.backup_days)),
            "log_exports" => call.cloudwatch_logs_export_configuration(logs(db, there)),
            "deletion_protection" => call.deletion_protection(db.deletion_protection),
            "publicly_accessible" => call.publicly_accessible(false),
            _ => unreachable!("BUG: `{field}` cannot be changed"),
        };
    }
    call
}

fn logs(db: &Instance, there: &DbInstance) -> CloudwatchLogsExportConfiguration {
    let on: BTreeSet<_> = there.enabled_cloudwatch_logs_exports().iter().cloned().collect();
    CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types(some(db.log_exports.difference(&on).cloned().collect()))
        .set_disable_log_types(some(on.difference(&db.log_exports).cloned().collect()))
        .build()
}

impl Instance {
    fn security_group_ids(&self) -> Vec<String> {
        self.security_groups.iter().map(|group| group.get().to_string()).collect()
    }

    /// The parameter group, by name; the engine's default one if the program names none.
    fn parameters(&self) -> String {
        let default =
            || format!("default.{}{}", self.engine.as_str(), series(&self.engine_version));
        self.parameter_group.as_ref().map(Val::get).cloned().unwrap_or_else(default)
    }
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    Some(list).filter(|list| !list.is_empty())
}

/// A size or count as the SDK wants it; `validate` has bounded it.
fn gib(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
