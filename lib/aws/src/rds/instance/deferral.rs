//! What waits for the maintenance window. RDS defers a whole call or none of it, so what interrupts goes in a call
//! of its own.

use super::{Instance, model::ApplyTime, observe::pending, state};
use aws_sdk_rds::types::DbInstance;

/// How changes of a database are spread over now and its window.
pub(super) struct Deferral {
    /// Whether what interrupts waits for the window.
    waits: bool,
    /// Whether all else is applied at once. RDS would apply what waits already as well, so it waits with that,
    /// unless nothing can be written any more.
    at_once: bool,
    /// Whether backups are turned on or off, which interrupts.
    turns_backups: bool,
}

impl Deferral {
    /// Of a change. What is new has nobody who would be interrupted.
    pub(super) fn of(db: &Instance, there: &DbInstance, is_new: bool) -> Self {
        let backups = there.backup_retention_period().unwrap_or_default() > 0;
        let waits = !is_new && db.apply == ApplyTime::MaintenanceWindow;
        let turns_backups = backups != (db.backup_days > 0);
        let mut it = Self { waits, at_once: true, turns_backups };
        let queued = pending(there, Some(db)).keys().any(|field| it.interrupts(field));
        let is_full = there.db_instance_status().is_some_and(state::wants_storage);
        it.at_once = !waits || !queued || is_full;
        it
    }

    fn interrupts(&self, field: &str) -> bool {
        match field {
            "class" | "engine_version" | "ca_certificate" => true,
            "backup_days" => self.turns_backups,
            _ => false,
        }
    }

    /// Whether a field is sent for the window.
    pub(super) fn defers(&self, field: &str) -> bool {
        self.waits && self.interrupts(field)
    }

    pub(super) fn at_once(&self) -> bool {
        self.at_once
    }

    /// Whether a field that waits is done with.
    pub(super) fn may_hold(&self, field: &str) -> bool {
        self.waits && (self.interrupts(field) || !self.at_once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::Engine;
    use aws_sdk_rds::types::PendingModifiedValues;
    use groundplan_core::Val;

    fn instance(apply: ApplyTime) -> Instance {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let group = "stores".into();
        let it = Instance::new(scope, Engine::MySql, "8.4", "db.m7g.large", 100, group, Vec::new());
        Instance { apply, ..it }
    }

    fn there(status: &str, waits: Option<PendingModifiedValues>) -> DbInstance {
        let there = DbInstance::builder().db_instance_status(status).backup_retention_period(7);
        there.set_pending_modified_values(waits).build()
    }

    #[test]
    fn only_what_interrupts_waits() {
        let it = instance(ApplyTime::MaintenanceWindow);
        let plan = Deferral::of(&it, &there("available", None), false);
        assert!(plan.defers("class") && !plan.defers("storage_gib") && !plan.defers("backup_days"));
        assert!(plan.at_once() && plan.may_hold("class") && !plan.may_hold("storage_gib"));
        let none = Instance { backup_days: 0, ..it.clone() };
        assert!(Deferral::of(&none, &there("available", None), false).defers("backup_days"));
        for now in [
            Deferral::of(&it, &there("available", None), true),
            Deferral::of(&instance(ApplyTime::Immediately), &there("available", None), false),
        ] {
            assert!(now.at_once() && !now.defers("class") && !now.may_hold("class"));
        }
    }

    #[test]
    fn what_waits_already_is_not_hurried_by_something_else() {
        let it = instance(ApplyTime::MaintenanceWindow);
        let waits = || Some(PendingModifiedValues::builder().db_instance_class("db.x").build());
        let plan = Deferral::of(&it, &there("available", waits()), false);
        assert!(!plan.at_once() && plan.may_hold("storage_gib"));
        // A full database is of no use until it has grown.
        let plan = Deferral::of(&it, &there("storage-full", waits()), false);
        assert!(plan.at_once() && !plan.may_hold("storage_gib"));
    }
}
