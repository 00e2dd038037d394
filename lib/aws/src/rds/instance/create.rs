//! Makes databases: empty ones, and from what was kept of others.

use super::{
    Instance, InstanceOutputs,
    change::gib,
    check::moment,
    model::{Insights, Restore},
    observe::{describe, outputs},
    state,
};
use crate::{
    Clients, CxAws,
    fault::{fault, incomplete},
    rds::{pairs, tag_list},
    tags,
};
use aws_sdk_rds::types::{DatabaseInsightsMode, DbInstance};
use groundplan_core::{Class, Fault, Patience, Result, StepCx, Val};

/// Without this, an engine of a version past its standard support would be billed for extended support.
const NO_EXTENDED_SUPPORT: &str = "open-source-rds-extended-support-disabled";

/// What all three calls that make a database take. Their builders share no trait.
macro_rules! common {
    ($call:expr, $db:expr, $cx:expr) => {
        $call
            .db_instance_class(&$db.class)
            .auto_minor_version_upgrade($db.patches())
            .engine_lifecycle_support(NO_EXTENDED_SUPPORT)
            .allocated_storage(gib($db.storage_gib))
            .storage_type(&$db.storage_type)
            .set_iops($db.speed().0)
            .set_storage_throughput($db.speed().1)
            .db_subnet_group_name($db.subnet_group.get())
            .set_vpc_security_group_ids(Some($db.security_group_ids()))
            .publicly_accessible(false)
            .set_port($db.port.map(i32::from))
            .set_db_parameter_group_name($db.parameter_group.as_ref().map(|g| g.get().clone()))
            .multi_az($db.multi_az)
            .backup_retention_period(gib($db.backup_days))
            .set_preferred_backup_window($db.backup_window.clone())
            .enable_iam_database_authentication($db.iam_auth)
            .set_ca_certificate_identifier($db.ca_certificate.clone())
            .copy_tags_to_snapshot(true)
            .set_enable_cloudwatch_logs_exports($db.logs())
            .deletion_protection($db.deletion_protection)
            .set_tags(Some(tag_list($cx.tags(&$db.tags))))
    };
}

pub(super) async fn create(db: &Instance, cx: &StepCx) -> Result<InstanceOutputs> {
    let aws = cx.aws(db.scope.get()).await?;
    let send = || async {
        match &db.restore {
            None => empty(db, cx, &aws).await,
            Some(Restore::Snapshot(snapshot)) => restored(db, cx, &aws, snapshot.get()).await,
            Some(Restore::PointInTime { source, time }) => {
                as_it_was(db, cx, &aws, source.get(), time.as_deref()).await
            }
        }
    };
    match cx.retry(Patience::SECONDS, propagates, send).await {
        Ok(made) => Ok(outputs(&made)),
        Err(fault) if fault.class == Class::Exists => ours(&aws, cx, fault).await,
        Err(fault) => Err(fault),
    }
}

async fn empty(db: &Instance, cx: &StepCx, aws: &Clients) -> Result<DbInstance> {
    let action = "rds:CreateDBInstance";
    let call = common!(aws.rds.create_db_instance(), db, cx)
        .db_instance_identifier(cx.name())
        .engine(db.engine.as_str())
        .engine_version(&db.engine_version)
        .set_max_allocated_storage(db.max_storage_gib.map(gib))
        .storage_encrypted(true)
        .set_kms_key_id(db.key())
        .master_username(&db.master_username)
        .manage_master_user_password(true)
        .set_master_user_secret_kms_key_id(db.key())
        .set_db_name(db.database.clone())
        .set_preferred_maintenance_window(db.maintenance_window.clone())
        .set_monitoring_interval(db.monitoring.as_ref().map(|m| gib(m.seconds)))
        .set_monitoring_role_arn(db.monitoring.as_ref().map(|m| m.role.get().to_string()))
        .enable_performance_insights(db.insights.is_some())
        .set_performance_insights_retention_period(db.insights.map(Insights::days))
        .set_performance_insights_kms_key_id(db.insights.and_then(|_| db.key()))
        .set_database_insights_mode(db.insights.map(mode));
    let made = call.send().await.map_err(fault(action))?;
    made.db_instance.ok_or_else(|| incomplete(action, "DBInstance"))
}

async fn restored(db: &Instance, cx: &StepCx, aws: &Clients, from: &str) -> Result<DbInstance> {
    let action = "rds:RestoreDBInstanceFromDBSnapshot";
    let call = common!(aws.rds.restore_db_instance_from_db_snapshot(), db, cx)
        .db_instance_identifier(cx.name())
        .engine(db.engine.as_str())
        .db_snapshot_identifier(from);
    let made = call.send().await.map_err(fault(action)).map_err(|fault| match fault.class {
        Class::NotFound => {
            fault.hint("see which there are: aws rds describe-db-snapshots --include-shared")
        }
        _ => fault,
    })?;
    made.db_instance.ok_or_else(|| incomplete(action, "DBInstance"))
}

async fn as_it_was(
    db: &Instance,
    cx: &StepCx,
    aws: &Clients,
    source: &str,
    time: Option<&str>,
) -> Result<DbInstance> {
    let action = "rds:RestoreDBInstanceToPointInTime";
    let call = common!(aws.rds.restore_db_instance_to_point_in_time(), db, cx)
        .target_db_instance_identifier(cx.name())
        .source_db_instance_identifier(source)
        .engine(db.engine.as_str())
        .set_max_allocated_storage(db.max_storage_gib.map(gib))
        .set_restore_time(time.and_then(moment))
        .set_use_latest_restorable_time(time.is_none().then_some(true));
    let made = call.send().await.map_err(fault(action)).map_err(|fault| {
        let window = "aws rds describe-db-instance-automated-backups --db-instance-identifier";
        fault.hint(format!("see which times there are: {window} {source}"))
    })?;
    made.db_instance.ok_or_else(|| incomplete(action, "DBInstance"))
}

/// Whether it is a role that was just made: the service's own, which the first database of an account makes, or
/// the one that watches the operating system.
pub(super) fn propagates(fault: &Fault) -> bool {
    const UNSEEN: [&str; 3] = [
        "service linked role",
        "service-linked role",
        "required permissions for: ENHANCED_MONITORING",
    ];
    let why = fault.why.as_deref().unwrap_or_default();
    UNSEEN.iter().any(|text| why.contains(text))
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

pub(super) fn mode(insights: Insights) -> DatabaseInsightsMode {
    match insights {
        Insights::Standard => DatabaseInsightsMode::Standard,
        Insights::Advanced => DatabaseInsightsMode::Advanced,
    }
}

impl Instance {
    pub(super) fn security_group_ids(&self) -> Vec<String> {
        self.security_groups.iter().map(|group| group.get().to_string()).collect()
    }

    /// The parameter group, by name; the engine's default one if the program names none.
    pub(super) fn parameters(&self) -> String {
        let default = || format!("default.{}", self.engine.family(&self.engine_version));
        self.parameter_group.as_ref().map(Val::get).cloned().unwrap_or_else(default)
    }

    pub(super) fn key(&self) -> Option<String> {
        self.kms_key.as_ref().map(|key| key.get().to_string())
    }

    fn logs(&self) -> Option<Vec<String>> {
        Some(self.log_exports.iter().cloned().collect()).filter(|logs: &Vec<_>| !logs.is_empty())
    }
}
