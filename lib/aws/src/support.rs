//! When versions leave the standard support of AWS. The one place to look after.

use groundplan_core::{Date, View};

/// A version and the last day of its standard support.
type End = (&'static str, Date);

/// Kubernetes on EKS: <https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html>,
/// as of November 2026.
pub(crate) const EKS: &[End] = &[
    ("1.29", Date::constant(2025, 3, 23)),
    ("1.30", Date::constant(2025, 7, 23)),
    ("1.31", Date::constant(2025, 11, 26)),
    ("1.32", Date::constant(2026, 3, 23)),
    ("1.33", Date::constant(2026, 7, 29)),
    ("1.34", Date::constant(2026, 12, 2)),
    ("1.35", Date::constant(2027, 3, 27)),
];

/// MySQL on RDS: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-versions.html>,
/// as of November 2026. Versions without an announced end are left out.
pub(crate) const RDS_MYSQL: &[End] =
    &[("5.7", Date::constant(2024, 2, 29)), ("8.0", Date::constant(2026, 7, 31))];

/// `PostgreSQL` on RDS, from the same page.
pub(crate) const RDS_POSTGRES: &[End] = &[
    ("11", Date::constant(2024, 2, 29)),
    ("12", Date::constant(2025, 2, 28)),
    ("13", Date::constant(2026, 2, 28)),
    ("14", Date::constant(2027, 2, 28)),
];

/// How long before its end a version is spoken of.
const AHEAD_DAYS: i64 = 60;

/// What is to be said of a version today: that its standard support is over, or is soon.
pub(crate) fn ends(table: &[End], what: &str, version: &str, view: &View<'_>) -> Option<String> {
    let same = |known: &str| {
        version.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let (known, end) = table.iter().find(|(known, _)| same(known))?;
    let left = view.today().duration_until(*end).as_hours() / 24;
    if left < 0 {
        return Some(format!("{what} {known} left standard support on {end}"));
    }
    (left <= AHEAD_DAYS).then(|| format!("{what} {known} leaves standard support on {end}"))
}
