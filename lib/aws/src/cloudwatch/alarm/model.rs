//! What an alarm says, and what CloudWatch would refuse of it.

use crate::{Arn, Scope, Tags};
use groundplan_core::{Problems, Val};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Says when a number is not as it should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alarm {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The name, unique in the account and region; made from stack, resource name and generation if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What somebody who is woken by it has to know; up to 1024 characters.
    #[serde(default)]
    pub description: String,
    /// Whether anybody is told.
    pub actions_enabled: bool,
    /// Who is told when it begins: topics, scaling policies and others; up to five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarm_actions: Vec<Val<Arn>>,
    /// Who is told when it is over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ok_actions: Vec<Val<Arn>>,
    /// Who is told when nothing is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insufficient_data_actions: Vec<Val<Arn>>,
    /// The number.
    pub source: AlarmSource,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; none where a query gives the bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The id of the query that gives the bounds: an `ANOMALY_DETECTION_BAND`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_query: Option<String>,
    /// How many of the latest periods are looked at.
    pub evaluation_periods: u32,
    /// In how many of them the number has to be wrong; in all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// What a period without data counts for.
    pub missing_data: MissingData,
    /// Whether a percentile of too few samples changes nothing; for percentiles only.
    #[serde(default)]
    pub ignore_few_samples: bool,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// Where the number comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmSource {
    /// One metric.
    Metric(Metric),
    /// Several, put together by an expression. One of them returns the number.
    Queries(Vec<MetricQuery>),
}

/// A metric over time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Metric {
    /// Such as `AWS/RDS`.
    pub namespace: String,
    /// Such as `FreeStorageSpace`.
    pub name: String,
    /// Of what: such as the name of a database by `DBInstanceIdentifier`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, Val<String>>,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile or the like such as `p99`.
    pub statistic: String,
    /// Over how many seconds: 10, 20, 30 or a multiple of 60.
    pub period_seconds: u32,
    /// Only what was reported in this unit; in any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A metric or an expression, under a name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MetricQuery {
    /// The name in expressions: a small letter, then letters, digits and `_`.
    pub id: String,
    /// The metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// The expression, such as `errors / requests`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// The period of an expression that is a query itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_seconds: Option<u32>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether this is the number, or the bounds of it.
    pub returns: bool,
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `>=`
    GreaterThanOrEqualToThreshold,
    /// `>`
    GreaterThanThreshold,
    /// `<`
    LessThanThreshold,
    /// `<=`
    LessThanOrEqualToThreshold,
    /// Outside of a band.
    LessThanLowerOrGreaterThanUpperThreshold,
    /// Below a band.
    LessThanLowerThreshold,
    /// Above a band.
    GreaterThanUpperThreshold,
}

impl Comparison {
    /// Whether it is with a band, and not with one number.
    fn is_band(self) -> bool {
        matches!(
            self,
            Self::LessThanLowerOrGreaterThanUpperThreshold
                | Self::LessThanLowerThreshold
                | Self::GreaterThanUpperThreshold
        )
    }
}

/// What a period without data counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// Nothing: without any the alarm knows nothing.
    Missing,
    /// The alarm stays as it is.
    Ignore,
    /// As wrong.
    Breaching,
    /// As right.
    NotBreaching,
}

impl Alarm {
    /// An alarm that begins when the number is wrong in each of so many periods.
    pub fn new(
        scope: Val<Scope>,
        metric: Metric,
        comparison: Comparison,
        threshold: f64,
        evaluation_periods: u32,
    ) -> Self {
        Self {
            scope,
            name: None,
            description: String::new(),
            actions_enabled: true,
            alarm_actions: Vec::new(),
            ok_actions: Vec::new(),
            insufficient_data_actions: Vec::new(),
            source: AlarmSource::Metric(metric),
            comparison,
            threshold: Some(threshold),
            threshold_query: None,
            evaluation_periods,
            datapoints_to_alarm: None,
            missing_data: MissingData::Missing,
            ignore_few_samples: false,
            tags: Tags::new(),
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let fits = (1..=255).contains(&name.chars().count()) && name.is_ascii();
            problems.require(fits, "name", format!("`{name}` is not 1 to 255 ASCII characters"));
        }
        let short = self.description.chars().count() <= 1024;
        problems.require(short, "description", "is longer than 1024 characters");
        let actions = [
            ("alarm_actions", &self.alarm_actions),
            ("ok_actions", &self.ok_actions),
            ("insufficient_data_actions", &self.insufficient_data_actions),
        ];
        for (path, actions) in actions {
            problems.require(actions.len() <= 5, path, "name up to five");
        }
        problems.require(self.evaluation_periods >= 1, "evaluation_periods", "is 1 or more");
        if let Some(points) = self.datapoints_to_alarm {
            let what = format!("{points} is not between 1 and `evaluation_periods`");
            let fits = (1..=self.evaluation_periods).contains(&points);
            problems.require(fits, "datapoints_to_alarm", what);
        }
        match (self.comparison.is_band(), self.threshold, &self.threshold_query) {
            (false, Some(_), None) | (true, None, Some(_)) => {}
            (false, ..) => problems.add(
                "threshold",
                "is compared with one number: give `threshold`, and no `threshold_query`",
            ),
            (true, ..) => problems.add(
                "threshold_query",
                "is compared with a band: give the id of its query, and no `threshold`",
            ),
        }
        match &self.source {
            AlarmSource::Metric(metric) => {
                metric.check("source.metric", problems);
                let window = u64::from(metric.period_seconds) * u64::from(self.evaluation_periods);
                let (most, said) = if metric.period_seconds < 3600 {
                    (86_400, "looks back over more than a day, with periods of less than an hour")
                } else {
                    (604_800, "looks back over more than seven days")
                };
                problems.require(window <= most, "evaluation_periods", said);
            }
            AlarmSource::Queries(queries) => self.check_queries(queries, problems),
        }
    }

    fn check_queries(&self, queries: &[MetricQuery], problems: &mut Problems) {
        let mut ids = BTreeSet::new();
        for (number, query) in queries.iter().enumerate() {
            let at = format!("source.queries[{number}]");
            query.check(&at, problems);
            problems.require(ids.insert(&query.id), &format!("{at}.id"), "is there twice");
        }
        let returns = queries.iter().filter(|query| query.returns).count();
        let wanted = 1 + usize::from(self.comparison.is_band());
        problems.require(
            returns == wanted,
            "source.queries",
            format!("{returns} of them return something, {wanted} must"),
        );
        if let Some(id) = &self.threshold_query {
            problems.require(
                ids.contains(id),
                "threshold_query",
                format!("no query is called `{id}`"),
            );
        }
    }
}

impl Metric {
    fn check(&self, at: &str, problems: &mut Problems) {
        let path = |field: &str| format!("{at}.{field}");
        problems.require(!self.namespace.is_empty(), &path("namespace"), "name it, e.g. `AWS/RDS`");
        problems.require(!self.name.is_empty(), &path("name"), "name the metric");
        let many = self.dimensions.len();
        problems.require(many <= 30, &path("dimensions"), format!("{many} are more than 30"));
        let period = self.period_seconds;
        problems.require(
            [10, 20, 30].contains(&period) || (period >= 60 && period.is_multiple_of(60)),
            &path("period_seconds"),
            format!("{period} is neither 10, 20, 30 nor a multiple of 60"),
        );
        let plain = ["Average", "Sum", "Minimum", "Maximum", "SampleCount"];
        let shape = ["p", "tm", "tc", "ts", "wm", "PR", "TM", "TC", "TS", "WM", "IQM"];
        problems.require(
            plain.contains(&self.statistic.as_str())
                || shape.iter().any(|head| self.statistic.starts_with(head)),
            &path("statistic"),
            format!(
                "`{}` is neither one of {} nor such as `p99`",
                self.statistic,
                plain.join(", ")
            ),
        );
    }
}

impl MetricQuery {
    fn check(&self, at: &str, problems: &mut Problems) {
        let starts = self.id.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = self.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        problems.require(
            starts && fits,
            &format!("{at}.id"),
            format!("`{}` is not a small letter, then letters, digits and _", self.id),
        );
        problems.require(
            self.metric.is_some() != self.expression.is_some(),
            at,
            "give a metric or an expression, and not both",
        );
        if let Some(metric) = &self.metric {
            metric.check(&format!("{at}.metric"), problems);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudwatch_would_refuse_is_said_at_plan() {
        let metric = |statistic: &str, period_seconds| Metric {
            namespace: "AWS/RDS".into(),
            name: "CPUUtilization".into(),
            dimensions: BTreeMap::new(),
            statistic: statistic.into(),
            period_seconds,
            unit: None,
        };
        let scope: Val<Scope> = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let alarm =
            |metric| Alarm::new(scope.clone(), metric, Comparison::GreaterThanThreshold, 80.0, 3);
        let mistakes = |alarm: &Alarm| {
            let mut problems = Problems::default();
            alarm.check(&mut problems);
            problems.into_vec().into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        assert_eq!(mistakes(&alarm(metric("p99.9", 60))), [""; 0]);
        assert_eq!(
            mistakes(&alarm(metric("Mean", 45))),
            ["source.metric.period_seconds", "source.metric.statistic"]
        );
        let mut band = alarm(metric("Average", 60));
        band.comparison = Comparison::GreaterThanUpperThreshold;
        assert_eq!(mistakes(&band), ["threshold_query"]);
        band.threshold = None;
        band.threshold_query = Some("band".into());
        let query = |id: &str, expression: Option<&str>| MetricQuery {
            id: id.into(),
            metric: expression.is_none().then(|| metric("Average", 60)),
            expression: expression.map(str::to_owned),
            period_seconds: None,
            label: None,
            returns: true,
        };
        let band_of = "ANOMALY_DETECTION_BAND(cpu)";
        band.source = AlarmSource::Queries(vec![query("cpu", None), query("band", Some(band_of))]);
        assert_eq!(mistakes(&band), [""; 0]);
        band.source = AlarmSource::Queries(vec![query("Cpu", None)]);
        assert_eq!(mistakes(&band), ["source.queries[0].id", "source.queries", "threshold_query"]);
    }
}
