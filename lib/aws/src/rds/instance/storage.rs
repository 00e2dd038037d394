//! How much storage there is and how fast it is, which RDS takes only together.
//!
//! From 400 GiB on `gp3` is striped over several volumes and has other figures; below, a call that names any is
//! refused, even those that it has. `io1`, `io2` and striped `gp3` take size, operations and throughput in one call:
//! `ModifyDBInstance`, `AllocatedStorage` and `Iops`.

use super::{Instance, change::gib};
use aws_sdk_rds::{
    operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Call,
    types::DbInstance,
};
use std::collections::BTreeSet;

/// From this size on `gp3` takes other figures than it has anyway.
pub(super) const STRIPED_GIB: u32 = 400;

/// The fields that go together.
pub(super) const TOGETHER: [&str; 4] = ["storage_gib", "storage_type", "iops", "throughput"];

/// What `gp3` of a size has of operations and MiB a second if nothing is said; other storage has none of its own.
pub(super) fn base(storage_type: &str, gib: u32) -> Option<(u32, u32)> {
    let base = if gib < STRIPED_GIB { (3000, 125) } else { (12_000, 500) };
    (storage_type == "gp3").then_some(base)
}

/// The size that a database has, or is to have at least.
pub(super) fn size(db: &Instance, there: &DbInstance) -> u32 {
    present(there).max(db.storage_gib)
}

/// The size that a database has.
pub(super) fn present(there: &DbInstance) -> u32 {
    there.allocated_storage().and_then(|gib| u32::try_from(gib).ok()).unwrap_or_default()
}

/// Whether storage of a type and size is told how fast it is.
fn is_told(storage_type: &str, gib: u32) -> bool {
    matches!(storage_type, "io1" | "io2") || storage_type == "gp3" && gib >= STRIPED_GIB
}

impl Instance {
    /// Operations and throughput of a new database, where its storage takes any.
    pub(super) fn speed(&self) -> (Option<i32>, Option<i32>) {
        let told = is_told(&self.storage_type, self.storage_gib);
        let figure = |figure: Option<u32>| figure.filter(|_| told).map(gib);
        (figure(self.iops), figure(self.throughput))
    }
}

/// Adds what is asked of storage to a call, and what goes with it.
pub(super) fn store(
    db: &Instance,
    there: &DbInstance,
    asked: &BTreeSet<&'static str>,
    mut call: Call,
) -> Call {
    if !TOGETHER.iter().any(|field| asked.contains(field)) {
        return call;
    }
    let asks = |field| asked.contains(field);
    let wanted = if asks("storage_gib") { db.storage_gib } else { 0 };
    let size = present(there).max(wanted);
    let kind =
        if asks("storage_type") { Some(db.storage_type.as_str()) } else { there.storage_type() };
    let kind = kind.unwrap_or("gp3");
    if asks("storage_type") {
        call = call.storage_type(&db.storage_type);
    }
    let told = is_told(kind, size);
    if asks("storage_gib") || told {
        call = call.allocated_storage(gib(size));
    }
    if !told {
        return call;
    }
    let base = base(kind, size);
    // What is not asked stays, but for what the size has anyway.
    let figure = |asks: bool, wanted: Option<u32>, there: Option<i32>, base: Option<u32>| {
        let there = there.and_then(|there| u32::try_from(there).ok()).max(base);
        (if asks { wanted.max(base) } else { there }).map(gib)
    };
    let asks_iops = asks("iops") || asks("storage_type");
    let iops = figure(asks_iops, db.iops, there.iops(), base.map(|base| base.0));
    call = call.set_iops(iops);
    if kind != "gp3" {
        return call;
    }
    let asks_more = asks("throughput") || asks("storage_type");
    let mib = figure(asks_more, db.throughput, there.storage_throughput(), base.map(|base| base.1));
    call.set_storage_throughput(mib)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::Engine;
    use groundplan_core::Val;

    fn instance(gib: u32) -> Instance {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let group = "stores".into();
        Instance::new(scope, Engine::MySql, "8.4", "db.m7g.large", gib, group, Vec::new())
    }

    fn there(kind: &str, gib: i32, iops: i32, mib: i32) -> DbInstance {
        let there = DbInstance::builder().storage_type(kind).allocated_storage(gib);
        there.iops(iops).storage_throughput(mib).build()
    }

    /// What a call says of size, operations and throughput.
    fn sent(db: &Instance, there: &DbInstance, asked: &[&'static str]) -> [Option<i32>; 3] {
        let client = aws_sdk_rds::Client::from_conf(
            aws_sdk_rds::Config::builder().behavior_version_latest().build(),
        );
        let asked = asked.iter().copied().collect();
        let call = store(db, there, &asked, client.modify_db_instance());
        [*call.get_allocated_storage(), *call.get_iops(), *call.get_storage_throughput()]
    }

    #[test]
    fn small_gp3_is_told_no_speed() {
        let mut db = instance(200);
        let before = there("gp3", 100, 3000, 125);
        assert_eq!(sent(&db, &before, &["storage_gib"]), [Some(200), None, None]);
        (db.iops, db.throughput) = (Some(3000), Some(125));
        assert_eq!(db.speed(), (None, None));
        assert_eq!(sent(&db, &before, &["class"]), [None; 3]);
    }

    #[test]
    fn striped_gp3_is_told_all_three_together() {
        let db = instance(600);
        let before = there("gp3", 500, 12_000, 500);
        let all = [Some(600), Some(12_000), Some(500)];
        assert_eq!(sent(&db, &before, &["storage_gib"]), all);
        let fast = Instance { iops: Some(16_000), ..instance(500) };
        assert_eq!(sent(&fast, &before, &["iops"]), [Some(500), Some(16_000), Some(500)]);
        assert_eq!(fast.speed(), (Some(16_000), None));
        // Over the line it has what its size has.
        let small = there("gp3", 100, 3000, 125);
        assert_eq!(
            sent(&instance(400), &small, &["storage_gib"]),
            [Some(400), Some(12_000), Some(500)]
        );
        // What somebody raised goes back with the figure that the size has.
        let raised = there("gp3", 500, 20_000, 900);
        let asked = ["iops", "throughput"];
        assert_eq!(sent(&instance(500), &raised, &asked), [Some(500), Some(12_000), Some(500)]);
    }

    #[test]
    fn provisioned_storage_keeps_its_operations_when_it_grows() {
        let db = Instance { storage_type: "io2".into(), iops: Some(3000), ..instance(200) };
        let before = there("io2", 100, 3000, 0);
        assert_eq!(sent(&db, &before, &["storage_gib"]), [Some(200), Some(3000), None]);
        let to = Instance { storage_type: "gp3".into(), ..instance(100) };
        assert_eq!(sent(&to, &before, &["storage_type"]), [None; 3], "small gp3 is told nothing");
    }
}
