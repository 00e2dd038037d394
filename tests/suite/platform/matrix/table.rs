//! What came of it, as a table.

use super::{cell::Cell, count::Difference};
use std::fmt;

/// One kill and what came after.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) leg: &'static str,
    pub(super) cell: Cell,
    /// Whether the run was killed; else the operation was not asked for this time.
    pub(super) killed: bool,
    /// How the plain run after it ended.
    pub(super) next: i32,
    /// How the plan after that ended; nothing is planned when all is gone.
    pub(super) plan: Option<i32>,
    pub(super) difference: Difference,
    /// Runs and commands beyond the plain one that it took.
    pub(super) manual: usize,
}

impl Row {
    /// Whether it went as promised.
    pub(super) fn is_good(&self) -> bool {
        let ended = self.next == 0 && self.plan.unwrap_or_default() == 0 && self.manual == 0;
        ended && self.difference.is_none()
    }
}

const HEAD: [&str; 9] =
    ["leg", "operation", "moment", "killed", "next", "plan", "orphans", "twice", "manual"];

/// The head of the table.
pub(super) fn head() -> String {
    let [leg, operation, moment, killed, next, plan, orphans, twice, manual] = HEAD;
    format!(
        "{leg:<8} {operation:<45} {moment:<7} {killed:<6} {next:>4} {plan:>4} {orphans:>7} {twice:>5} {manual:>6}"
    )
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let killed = if self.killed { "yes" } else { "no" };
        let plan = self.plan.map_or_else(|| "-".to_owned(), |code| code.to_string());
        let Difference { orphans, duplicates, missing } = &self.difference;
        let (cell, moment) = (&self.cell, self.cell.moment);
        write!(
            f,
            "{:<8} {cell:<45} {moment:<7} {killed:<6} {:>4} {plan:>4} {:>7} {:>5} {:>6}",
            self.leg,
            self.next,
            orphans.len(),
            duplicates.len(),
            self.manual
        )?;
        for (what, all) in [("orphan", orphans), ("twice", duplicates), ("missing", missing)] {
            for one in all {
                write!(f, "\n    {what} {one}")?;
            }
        }
        Ok(())
    }
}

/// The sums of all rows.
pub(super) fn totals(rows: &[Row]) -> String {
    let killed = rows.iter().filter(|row| row.killed).count();
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    format!(
        "{} kills of {} tried; next run failed {}, plan not empty {}, orphans {}, duplicates {}, missing {}, manual steps {}",
        killed,
        rows.len(),
        sum(|row| usize::from(row.next != 0)),
        sum(|row| usize::from(row.plan.unwrap_or_default() != 0)),
        sum(|row| row.difference.orphans.len()),
        sum(|row| row.difference.duplicates.len()),
        sum(|row| row.difference.missing.len()),
        sum(|row| row.manual),
    )
}
