//! The windows of a database: when it is backed up, when it may be maintained. In minutes of the week.

use super::Instance;
use crate::time_of_day::time_of_day;
use groundplan_core::Problems;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
/// The least and the most minutes of a window.
const LONG: std::ops::RangeInclusive<u32> = 30..=DAY;

pub(super) fn check(problems: &mut Problems, db: &Instance) {
    problems.require(db.backup_days <= 35, "backup_days", "is 35 at most");
    let backup = db.backup_window.as_deref().map(daily);
    let maintenance = db.maintenance_window.as_deref().map(weekly);
    if matches!(backup, Some(None)) {
        let what =
            "is no window such as `02:00-02:30`: hours and minutes in UTC, 30 minutes at least";
        problems.add("backup_window", what);
    }
    if matches!(maintenance, Some(None)) {
        let what = "is no window such as `sun:03:00-sun:04:00`: days and times in UTC, 30 minutes to a day";
        problems.add("maintenance_window", what);
    }
    if let (Some(Some(backup)), Some(Some(maintenance))) = (backup, maintenance) {
        let apart = (0..7).all(|day| !overlap((backup.0 + day * DAY, backup.1), maintenance));
        let what = "overlaps the `backup_window`, which is every day; RDS takes them only apart";
        problems.require(apart, "maintenance_window", what);
    }
}

/// Begin and length.
type Window = (u32, u32);

fn daily(text: &str) -> Option<Window> {
    let (begin, end) = text.split_once('-')?;
    window(time(begin)?, time(end)?, DAY)
}

fn weekly(text: &str) -> Option<Window> {
    let moment = |text: &str| {
        let (name, at) = text.split_once(':')?;
        let day = DAYS.iter().position(|day| *day == name)?;
        Some(u32::try_from(day).ok()? * DAY + time(at)?)
    };
    let (begin, end) = text.split_once('-')?;
    window(moment(begin)?, moment(end)?, WEEK)
}

/// A window may go on into the next day or week.
fn window(begin: u32, end: u32, whole: u32) -> Option<Window> {
    let length = (end + whole - begin) % whole;
    LONG.contains(&length).then_some((begin, length))
}

fn time(text: &str) -> Option<u32> {
    let (hours, minutes) = time_of_day(text)?;
    Some(hours * 60 + minutes)
}

fn overlap(one: Window, other: Window) -> bool {
    let begins_in = |a: Window, b: Window| (a.0 + WEEK - b.0) % WEEK < b.1;
    begins_in(one, other) || begins_in(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_half_an_hour_to_a_day_and_may_pass_midnight() {
        for (text, sound) in [
            ("02:00-02:30", true),
            ("23:45-00:15", true),
            ("02:00-02:29", false),
            ("2:00-3:00", false),
            ("24:00-01:00", false),
            ("02:00", false),
        ] {
            assert_eq!(daily(text).is_some(), sound, "{text}");
        }
        for (text, sound) in [
            ("sun:03:00-sun:04:00", true),
            ("sun:23:45-mon:00:15", true),
            ("mon:00:00-tue:00:00", true),
            ("mon:00:00-tue:00:01", false),
            ("Sun:03:00-Sun:04:00", false),
            ("sun:03:00-sun:03:10", false),
        ] {
            assert_eq!(weekly(text).is_some(), sound, "{text}");
        }
    }

    #[test]
    fn windows_overlap_also_over_the_end_of_the_week() {
        let (night, sunday) = (weekly("sun:23:30-mon:00:30"), weekly("sun:03:00-sun:04:00"));
        assert!(overlap((0, 30), night.unwrap()), "the week begins with monday");
        assert!(!overlap((0, 30), sunday.unwrap()));
        assert!(overlap((6 * DAY + 180, 30), sunday.unwrap()));
        assert!(!overlap((6 * DAY + 240, 30), sunday.unwrap()));
    }
}
