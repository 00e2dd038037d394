//! What a reviewer must not miss of a database's change.

use crate::rds::Engine;
use groundplan_core::{Class, DangerKind, Fault, Json, Risk, Transition};

pub(super) fn risks(change: Transition<'_>) -> Vec<Risk> {
    if let Some(gone) = change.goes() {
        let what = if gone["on_delete"] == "final_snapshot" {
            "its automated backups go with it; its data stays in a final snapshot alone"
        } else {
            "all its data and its automated backups go with it, and no snapshot is taken"
        };
        return vec![Risk::new(DangerKind::DataLoss, what)];
    }
    let mut risks = Vec::new();
    if let Some((before, after)) = change.changes("backup_days") {
        risks.extend(backups(before.as_u64().unwrap_or(0), after.as_u64().unwrap_or(0)));
    }
    let standby = change.after.is_some_and(|after| after["multi_az"] == true);
    let when = change.after.is_some_and(|after| after["apply"] == "maintenance_window");
    let when = if when { ", in its maintenance window" } else { "" };
    if let Some((before, after)) = change.changes("class") {
        let how = if standby {
            "fails over to it: about a minute without connections"
        } else {
            "is down for some minutes while its machine is changed"
        };
        let what = format!("goes from {} to {} and {how}{when}", text(before), text(after));
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if let Some((before, after)) = change.changes("engine_version") {
        let what = format!(
            "goes from {} to {} and is down meanwhile, with a standby or without{when}",
            text(before),
            text(after)
        );
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if change.changes("port").is_some() {
        // RDS does not wait for any window with this.
        let what = "restarts at once to listen at another port; clients have to follow";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    if reboots(&change) {
        let what = "is rebooted for its parameters: about a minute without connections";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    risks
}

/// A group of the next major version goes with that version alone, and RDS keeps no group for the window.
pub(super) fn impossible(change: Transition<'_>) -> Option<Fault> {
    let after = change.after.filter(|after| after["apply"] == "maintenance_window")?;
    let (was, is) = change.changes("engine_version")?;
    change.changes("parameter_group")?;
    let engine = Engine::ALL.into_iter().find(|engine| after["engine"] == engine.as_str())?;
    let series = |version: &Json| version.as_str().map(|version| engine.series(version));
    if series(was) == series(is) {
        return None;
    }
    let what = "another major version with a parameter group of its own cannot wait for the maintenance window";
    Some(Fault::new(Class::Invalid, what).hint(
        "`apply` set to `immediately` for this change, at a time that suits; or leave `parameter_group` out meanwhile",
    ))
}

/// Whether parameters take effect that wait for a reboot.
fn reboots(change: &Transition<'_>) -> bool {
    let wanted = change.after.is_some_and(|after| after["reboot"] == true);
    wanted && ["parameter_group", "reboot_pending"].iter().any(|f| change.changes(f).is_some())
}

fn backups(before: u64, after: u64) -> Vec<Risk> {
    let mut risks = Vec::new();
    if after == 0 {
        risks.push(Risk::new(DangerKind::DataLoss, "its automated backups are removed"));
    } else if after < before {
        let what = format!("its automated backups older than {after} days are removed");
        risks.push(Risk::new(DangerKind::DataLoss, what));
    }
    if (before == 0) != (after == 0) {
        let what = "is down for seconds to minutes while its backups are turned on or off";
        risks.push(Risk::new(DangerKind::Downtime, what));
    }
    risks
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or("another")
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{json, testing};

    fn said(before: Option<&Json>, after: Option<&Json>) -> Vec<(DangerKind, String)> {
        testing::risks(risks, before, after)
    }

    fn database() -> Json {
        json!({ "class": "db.m7g.large", "engine_version": "8.4", "multi_az": true, "backup_days": 7, "on_delete": "discard" })
    }

    #[test]
    fn a_database_that_goes_says_what_stays() {
        let kept = json!({ "on_delete": "final_snapshot" });
        assert!(said(Some(&kept), None)[0].1.contains("its data stays in a final snapshot"));
        assert!(said(Some(&database()), None)[0].1.contains("no snapshot is taken"));
        let replaced = Transition { before: Some(&kept), after: Some(&kept), replaced: true };
        assert_eq!(risks(replaced)[0].kind, DangerKind::DataLoss);
        assert_eq!(said(None, Some(&kept)), [], "nothing is lost by a new one");
    }

    #[test]
    fn a_change_that_restarts_it_says_for_how_long() {
        let mut after = database();
        assert_eq!(said(Some(&database()), Some(&after)), []);
        after["class"] = "db.m7g.xlarge".into();
        let what = "goes from db.m7g.large to db.m7g.xlarge and fails over to it: about a minute without connections";
        assert_eq!(
            said(Some(&database()), Some(&after)),
            [(DangerKind::Downtime, what.to_owned())]
        );
        after["multi_az"] = false.into();
        assert!(said(Some(&database()), Some(&after))[0].1.contains("some minutes"));
    }

    #[test]
    fn a_reboot_is_told_where_the_program_wants_one() {
        let mut before = database();
        before["reboot_pending"] = true.into();
        let mut after = database();
        assert_eq!(said(Some(&before), Some(&after)), []);
        after["reboot"] = true.into();
        before["reboot"] = true.into();
        assert!(said(Some(&before), Some(&after))[0].1.starts_with("is rebooted"));
        after["class"] = "db.m7g.xlarge".into();
        after["apply"] = "maintenance_window".into();
        assert!(said(Some(&before), Some(&after))[0].1.ends_with("in its maintenance window"));
    }

    #[test]
    fn a_major_version_with_its_group_does_not_wait_for_a_window() {
        let mut before = database();
        before["engine"] = "mysql".into();
        before["apply"] = "maintenance_window".into();
        before["parameter_group"] = "own-8-0".into();
        before["engine_version"] = "8.0".into();
        let mut after = before.clone();
        after["parameter_group"] = "own-8-4".into();
        let refused = |after: &Json| {
            impossible(Transition { before: Some(&before), after: Some(after), replaced: false })
        };
        assert!(refused(&after).is_none(), "another group of the same version");
        after["engine_version"] = "8.4".into();
        assert!(refused(&after).unwrap().hint.as_deref().unwrap().contains("immediately"));
        after["apply"] = "immediately".into();
        assert!(refused(&after).is_none());
    }

    #[test]
    fn fewer_backups_are_lost_backups() {
        let with = |days: u32| {
            let mut after = database();
            after["backup_days"] = days.into();
            said(Some(&database()), Some(&after)).into_iter().map(|(k, _)| k).collect::<Vec<_>>()
        };
        assert_eq!(with(3), [DangerKind::DataLoss]);
        assert_eq!(with(0), [DangerKind::DataLoss, DangerKind::Downtime]);
        assert_eq!(with(14), []);
    }
}
