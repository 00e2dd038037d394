//! What is read of a database, and what of it counts.

use super::*;
use crate::rds::Engine;
use aws_sdk_rds::types::{PendingCloudwatchLogsExports, PendingModifiedValues};
use groundplan_core::Val;

fn instance() -> Instance {
    let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
    Instance::new(scope, Engine::MySql, "8.4", "db.m7g.large", 100, "stores".into(), Vec::new())
}

fn there() -> aws_sdk_rds::types::builders::DbInstanceBuilder {
    DbInstance::builder()
        .engine_version("8.4.6")
        .db_instance_class("db.m7g.large")
        .allocated_storage(100)
        .enabled_cloudwatch_logs_exports("error")
}

#[test]
fn a_version_is_compared_as_precisely_as_it_is_given() {
    let mut it = instance();
    assert_eq!(actual(&there().build(), Some(&it))["engine_version"], "8.4");
    it.engine_version = "8.4.6".into();
    assert_eq!(actual(&there().build(), Some(&it))["engine_version"], "8.4.6");
    it.engine_version = "8.4.5".into();
    assert_eq!(actual(&there().build(), Some(&it))["engine_version"], "8.4.6");
    // `8.4` is no prefix of `8.40`.
    let it = instance();
    let db = there().engine_version("8.40.1").build();
    assert_eq!(actual(&db, Some(&it))["engine_version"], "8.40.1");
}

#[test]
fn a_value_that_waits_for_its_window_is_pending_and_no_drift() {
    let logs = PendingCloudwatchLogsExports::builder().log_types_to_enable("slowquery").build();
    let waits = PendingModifiedValues::builder()
        .db_instance_class("db.m7g.xlarge")
        .pending_cloudwatch_logs_exports(logs)
        .build();
    let db = there().pending_modified_values(waits).build();
    let seen = live(&db, Some(&instance()));
    assert_eq!(seen.fields["class"], "db.m7g.xlarge");
    assert_eq!(seen.fields["log_exports"], json!(["error", "slowquery"]));
    let pending = json!({ "class": "db.m7g.xlarge", "log_exports": ["error", "slowquery"] });
    assert_eq!(seen.pending, pending);
}

#[test]
fn parameters_that_wait_for_a_reboot_are_noted() {
    let group = |status: &str| {
        DbParameterGroupStatus::builder()
            .db_parameter_group_name("own")
            .parameter_apply_status(status)
            .build()
    };
    let seen =
        live(&there().db_parameter_groups(group("pending-reboot")).build(), Some(&instance()));
    assert_eq!(seen.pending, json!({ "parameter_group": "own" }));
    let seen = live(&there().db_parameter_groups(group("in-sync")).build(), Some(&instance()));
    assert_eq!(seen.pending, json!({}));
}

#[test]
fn storage_that_rds_grew_by_itself_is_no_drift() {
    let mut it = instance();
    let db = there().allocated_storage(140).max_allocated_storage(200).build();
    assert_eq!(actual(&db, Some(&it))["storage_gib"], 140);
    it.max_storage_gib = Some(200);
    assert_eq!(actual(&db, Some(&it))["storage_gib"], 100);
}

#[test]
fn what_aws_fills_in_is_not_compared() {
    let group =
        DbParameterGroupStatus::builder().db_parameter_group_name("default.mysql8.4").build();
    let db = there().kms_key_id("arn:aws:kms:x:1:key/1").db_parameter_groups(group);
    let fields = actual(&db.max_allocated_storage(100).build(), Some(&instance()));
    assert!(!fields.contains_key("kms_key") && !fields.contains_key("parameter_group"));
    assert!(fields["max_storage_gib"].is_null());
}

#[test]
fn a_database_that_somebody_made_public_shows() {
    assert!(
        !actual(&there().publicly_accessible(false).build(), Some(&instance()))
            .contains_key("publicly_accessible")
    );
    assert_eq!(
        actual(&there().publicly_accessible(true).build(), Some(&instance()))["publicly_accessible"],
        true
    );
}

#[test]
fn a_reboot_that_the_program_wants_shows_as_what_is_to_go() {
    let group = DbParameterGroupStatus::builder()
        .db_parameter_group_name("own")
        .parameter_apply_status("pending-reboot")
        .build();
    let mut it = instance();
    it.reboot = true;
    let seen = live(&there().db_parameter_groups(group).build(), Some(&it));
    assert_eq!((&seen.fields["reboot_pending"], &seen.pending), (&json!(true), &json!({})));
}

#[test]
fn what_is_left_to_aws_shows_only_where_somebody_changed_it() {
    let usual = there()
        .storage_type("gp3")
        .iops(3000)
        .storage_throughput(125)
        .endpoint(Endpoint::builder().port(3306).build())
        .preferred_backup_window("02:00-02:30")
        .iam_database_authentication_enabled(false);
    let fields = actual(&usual.build(), Some(&instance()));
    for field in ["iops", "throughput", "port", "backup_window", "iam_auth", "copy_tags"] {
        assert!(!fields.contains_key(field), "{field}");
    }
    let changed = there()
        .storage_type("gp3")
        .iops(12_000)
        .endpoint(Endpoint::builder().port(3307).build())
        .iam_database_authentication_enabled(true)
        .copy_tags_to_snapshot(false);
    let fields = actual(&changed.build(), Some(&instance()));
    assert_eq!((&fields["iops"], &fields["port"]), (&json!(12_000), &json!(3307)));
    assert_eq!((&fields["iam_auth"], &fields["copy_tags"]), (&json!(true), &json!(false)));
}

#[test]
fn what_a_restored_database_took_over_is_not_compared() {
    let mut it = instance();
    it.restore = Some(crate::rds::Restore::Snapshot("s".into()));
    it.kms_key = Some(crate::Arn::from("key").into());
    let db = there().master_username("other").db_name("other").kms_key_id("other").build();
    let fields = actual(&db, Some(&it));
    for field in ["master_username", "database", "kms_key"] {
        assert!(!fields.contains_key(field), "{field}");
    }
}

#[test]
fn storage_that_grew_to_its_most_and_is_faster_there_is_no_drift() {
    let mut it = instance();
    (it.storage_gib, it.max_storage_gib) = (300, Some(420));
    let grown = there().storage_type("gp3").allocated_storage(420).iops(12_000);
    for db in [grown.clone(), grown.max_allocated_storage(420)] {
        let fields = actual(&db.build(), Some(&it));
        assert_eq!(fields["max_storage_gib"], 420);
        assert!(!fields.contains_key("iops"), "{fields:?}");
    }
}

#[test]
fn who_raises_the_patch_level_is_part_of_the_version() {
    let mut it = instance();
    let raised = there().auto_minor_version_upgrade(true).engine("mysql");
    assert!(!actual(&raised.clone().build(), Some(&it)).contains_key("auto_patches"));
    it.engine_version = "8.4.6".into();
    assert_eq!(actual(&raised.clone().build(), Some(&it))["auto_patches"], true);
    // Where no program says a version, it is said as AWS keeps it.
    it.engine_version = String::new();
    assert_eq!(actual(&raised.clone().build(), Some(&it))["engine_version"], "8.4");
    let pinned = raised.auto_minor_version_upgrade(false).build();
    assert_eq!(actual(&pinned, Some(&it))["engine_version"], "8.4.6");
}

#[test]
fn a_most_that_is_lowered_to_what_there_is_shows_until_it_is_so() {
    let mut it = instance();
    it.max_storage_gib = Some(420);
    let db = there().allocated_storage(420).max_allocated_storage(600).build();
    assert_eq!(actual(&db, Some(&it))["max_storage_gib"], 600);
}

#[test]
fn the_speed_of_small_storage_is_no_drift_where_it_grew_to_be_faster() {
    let mut it = instance();
    (it.max_storage_gib, it.iops) = (Some(500), Some(3000));
    let db = there().storage_type("gp3").allocated_storage(420);
    assert_eq!(actual(&db.clone().iops(12_000).build(), Some(&it))["iops"], 3000);
    assert_eq!(actual(&db.iops(20_000).build(), Some(&it))["iops"], 20_000);
}
