//! Parameters of databases: what they are in, when they take effect, and versions that go with them.

use super::{
    fault,
    rds::{DB, find, light},
};
use crate::harness::Wire;
use aws_sdk_rds::types::{ApplyMethod, Parameter};
use groundplan::aws::rds::{ApplyTime, Engine, Instance, ParameterGroup};
use groundplan::{Stack, Val};

/// A `PostgreSQL` database in the group of its version.
async fn postgres(
    wire: &Wire,
    version: &str,
    change: impl FnOnce(&mut ParameterGroup, &mut Instance),
) -> Stack {
    let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
    let mut group = ParameterGroup::new(scope, Engine::Postgres, version);
    let name = format!("postgres{version}");
    let named = Val::output(&format!("rds.parameter_group/{name}").parse().unwrap(), "name");
    let mut stack = light(wire, |db| {
        db.engine = Engine::Postgres;
        version.clone_into(&mut db.engine_version);
        db.master_username = "keeper".into();
        db.log_exports = ["postgresql".to_owned()].into();
        db.parameter_group = Some(named);
        change(&mut group, db);
    })
    .await;
    stack.add(&name, group);
    stack
}

/// What a plan notes of the database.
async fn notes(wire: &Wire, stack: Stack) -> Vec<String> {
    let plan = wire.try_plan(stack).await;
    let own = plan.changes.into_iter().find(|change| change.address.to_string() == DB);
    own.map(|change| change.notes).unwrap_or_default()
}

#[tokio::test]
async fn a_postgres_database_says_how_to_reach_it() {
    let wire = Wire::new("pg-outputs");
    let up = || postgres(&wire, "17", |_, _| {});
    wire.apply(up().await).await;
    assert_eq!(wire.plan(up().await).await, [""; 0]);
    assert_eq!(wire.outputs(DB).await["port"], 5432);
    let moved = || postgres(&wire, "17", |_, db| db.port = Some(5433));
    let line = ["update rds.instance/db port: null → 5433"];
    assert_eq!(wire.plan(moved().await).await, line);
    wire.apply(moved().await).await;
    assert_eq!(wire.outputs(DB).await["port"], 5433);
    wire.destroy().await;
}

#[tokio::test]
async fn a_major_version_goes_up_together_with_the_group_of_its_family() {
    let wire = Wire::new("pg-major");
    wire.apply(postgres(&wire, "16", |_, _| {}).await).await;
    let next = || postgres(&wire, "17", |_, _| {});
    let calls = wire.apply(next().await).await;
    assert_eq!(calls, ["CreateDBParameterGroup", "DeleteDBParameterGroup", "ModifyDBInstance"]);
    let db = find(&wire).await;
    assert!(db.engine_version().unwrap().starts_with("17."));
    let group = db.db_parameter_groups()[0].db_parameter_group_name().unwrap();
    assert_eq!(group, "pg-major-postgres17");
    assert_eq!(wire.plan(next().await).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_static_parameter_waits_for_a_reboot_that_the_program_decides_on() {
    let wire = Wire::new("pg-reboot");
    wire.apply(postgres(&wire, "17", |_, _| {}).await).await;
    let logical = |group: &mut ParameterGroup| {
        group.parameters.insert("rds.logical_replication".into(), "1".into());
        group.parameters.insert("log_statement".into(), "ddl".into());
    };
    let up = || postgres(&wire, "17", |group, _| logical(group));
    assert_eq!(wire.apply(up().await).await, ["ModifyDBParameterGroup"]);
    assert_eq!(wire.plan(up().await).await, [""; 0]);
    assert!(notes(&wire, up().await).await.is_empty(), "what does not change is not shown");
    let reboots = || {
        postgres(&wire, "17", |group, db| {
            logical(group);
            db.reboot = true;
        })
    };
    assert_eq!(wire.plan(reboots().await).await, ["update rds.instance/db reboot: null → true"]);
    assert_eq!(wire.apply(reboots().await).await, ["RebootDBInstance"]);
    assert_eq!(
        find(&wire).await.db_parameter_groups()[0].parameter_apply_status(),
        Some("in-sync")
    );
    assert_eq!(wire.plan(reboots().await).await, [""; 0]);
    // The next static parameter is followed by a reboot in the next run.
    let more = || {
        postgres(&wire, "17", |group, db| {
            logical(group);
            group.parameters.insert("max_connections".into(), "400".into());
            db.reboot = true;
        })
    };
    wire.apply(more().await).await;
    let line = ["update rds.instance/db reboot_pending: true → null (drift)"];
    assert_eq!(wire.plan(more().await).await, line);
    assert_eq!(wire.apply(more().await).await, ["RebootDBInstance"]);
    wire.destroy().await;
}

#[tokio::test]
async fn what_the_engine_has_anyway_is_no_difference_and_what_it_has_not_is_told() {
    let wire = Wire::new("pg-parameters");
    let with = |name: &'static str, value: &'static str| {
        postgres(&wire, "17", move |group, _| {
            group.parameters.insert("work_mem".into(), "4096".into());
            group.parameters.insert(name.into(), value.into());
        })
    };
    wire.apply(with("rds.force_ssl", "1").await).await;
    assert_eq!(wire.plan(with("rds.force_ssl", "1").await).await, [""; 0]);
    let (report, calls) = wire.try_apply(with("pg_hint_plan.enable_hint", "1").await).await;
    assert_eq!(calls, [""; 0]);
    let refused = fault(&report);
    assert_eq!(refused.what, "postgres17 has no parameter `pg_hint_plan.enable_hint`");
    assert!(refused.hint.as_deref().unwrap().ends_with("--db-parameter-group-family postgres17"));
    wire.apply(with("rds.force_ssl", "1").await).await;
    // Somebody else sets one more.
    let aws = wire.clients().await;
    let parameter = Parameter::builder()
        .parameter_name("log_statement")
        .parameter_value("all")
        .apply_method(ApplyMethod::Immediate);
    let call = aws.rds.modify_db_parameter_group().parameters(parameter.build());
    call.db_parameter_group_name("pg-parameters-postgres17").send().await.unwrap();
    let line =
        r#"update rds.parameter_group/postgres17 parameters.log_statement: "all" → null (drift)"#;
    assert_eq!(wire.plan(with("rds.force_ssl", "1").await).await, [line]);
    let calls = wire.apply(with("rds.force_ssl", "1").await).await;
    assert_eq!(calls, ["ResetDBParameterGroup"]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_program_may_leave_an_interruption_to_the_maintenance_window() {
    use ApplyTime::{Immediately, MaintenanceWindow};

    let wire = Wire::new("db-window");
    let up = |class: &'static str, apply: ApplyTime| {
        light(&wire, move |db| {
            db.class = class.into();
            db.apply = apply;
        })
    };
    wire.apply(up("db.m7g.large", MaintenanceWindow).await).await;
    wire.apply(up("db.m7g.xlarge", MaintenanceWindow).await).await;
    let db = find(&wire).await;
    assert_eq!(db.db_instance_class(), Some("db.m7g.large"));
    let waits = db.pending_modified_values().and_then(|waits| waits.db_instance_class());
    assert_eq!(waits, Some("db.m7g.xlarge"));
    assert_eq!(wire.plan(up("db.m7g.xlarge", MaintenanceWindow).await).await, [""; 0]);
    // Another change at once takes what waits along, as RDS does.
    wire.apply(up("db.m7g.2xlarge", Immediately).await).await;
    assert_eq!(find(&wire).await.db_instance_class(), Some("db.m7g.2xlarge"));
    wire.destroy().await;
}
