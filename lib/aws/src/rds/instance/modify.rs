//! The call that changes a database.

use super::{
    Instance,
    change::gib,
    create::mode,
    model::Insights,
    storage::{TOGETHER, size, store},
};
use aws_sdk_rds::{
    operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder,
    types::{CloudwatchLogsExportConfiguration, DatabaseInsightsMode, DbInstance},
};
use std::collections::BTreeSet;

/// The call that changes what is asked, and nothing else.
pub(super) fn modify(
    db: &Instance,
    there: &DbInstance,
    asked: &BTreeSet<&'static str>,
    mut call: ModifyDBInstanceFluentBuilder,
) -> ModifyDBInstanceFluentBuilder {
    call = store(db, there, asked, call);
    for field in asked.iter().filter(|field| !TOGETHER.contains(field)) {
        call = match *field {
            "engine_version" => upgrade(db, there, call),
            "class" => call.db_instance_class(&db.class),
            // The size itself as the most is how growth is switched off.
            "max_storage_gib" => {
                call.max_allocated_storage(gib(db.max_storage_gib.unwrap_or(size(db, there))))
            }
            "port" => call.db_port_number(db.port.unwrap_or(db.engine.port()).into()),
            "security_groups" => call.set_vpc_security_group_ids(Some(db.security_group_ids())),
            "parameter_group" => call.db_parameter_group_name(db.parameters()),
            "multi_az" => call.multi_az(db.multi_az),
            "backup_days" => call.backup_retention_period(gib(db.backup_days)),
            "backup_window" => call.set_preferred_backup_window(db.backup_window.clone()),
            "maintenance_window" => {
                call.set_preferred_maintenance_window(db.maintenance_window.clone())
            }
            "iam_auth" => call.enable_iam_database_authentication(db.iam_auth),
            "monitoring" => monitor(db, call),
            "insights" => insight(db, call),
            "ca_certificate" => call.set_ca_certificate_identifier(db.ca_certificate.clone()),
            "log_exports" => call.cloudwatch_logs_export_configuration(logs(db, there)),
            "deletion_protection" => call.deletion_protection(db.deletion_protection),
            "publicly_accessible" => call.publicly_accessible(false),
            "auto_patches" => call.auto_minor_version_upgrade(db.patches()),
            "copy_tags" => call.copy_tags_to_snapshot(true),
            _ => unreachable!("BUG: `{field}` cannot be changed"),
        };
    }
    call
}

/// Another major version has to be asked for expressly, and comes with a parameter group of its family.
fn upgrade(
    db: &Instance,
    there: &DbInstance,
    call: ModifyDBInstanceFluentBuilder,
) -> ModifyDBInstanceFluentBuilder {
    let series = |version: &str| db.engine.series(version);
    let other = series(&db.engine_version) != series(there.engine_version().unwrap_or_default());
    let call = call.engine_version(&db.engine_version);
    if !other {
        return call;
    }
    call.allow_major_version_upgrade(true).db_parameter_group_name(db.parameters())
}

fn monitor(db: &Instance, call: ModifyDBInstanceFluentBuilder) -> ModifyDBInstanceFluentBuilder {
    match &db.monitoring {
        None => call.monitoring_interval(0),
        Some(monitoring) => call
            .monitoring_interval(gib(monitoring.seconds))
            .monitoring_role_arn(monitoring.role.get().to_string()),
    }
}

fn insight(db: &Instance, call: ModifyDBInstanceFluentBuilder) -> ModifyDBInstanceFluentBuilder {
    match db.insights {
        // The standard mode is what a database without insights is in.
        None => call
            .enable_performance_insights(false)
            .database_insights_mode(DatabaseInsightsMode::Standard),
        Some(insights) => call
            .enable_performance_insights(true)
            .performance_insights_retention_period(Insights::days(insights))
            .set_performance_insights_kms_key_id(db.key())
            .database_insights_mode(mode(insights)),
    }
}

fn logs(db: &Instance, there: &DbInstance) -> CloudwatchLogsExportConfiguration {
    let on: BTreeSet<_> = there.enabled_cloudwatch_logs_exports().iter().cloned().collect();
    CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types(some(db.log_exports.difference(&on).cloned().collect()))
        .set_disable_log_types(some(on.difference(&db.log_exports).cloned().collect()))
        .build()
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    Some(list).filter(|list| !list.is_empty())
}
