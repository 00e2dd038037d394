//! Alarms and dashboards.

use super::{specimen::Specimen, specimens};
use groundplan::aws::{
    Arn,
    cloudwatch::{Alarm, AlarmSource, Comparison, Dashboard, Metric, MetricQuery, MissingData},
};
use groundplan::{Val, json_text};

specimens![alarm, alarm_on_queries, dashboard];

fn alarm() -> Specimen<Alarm> {
    Specimen::new("alarm", |ground| {
        let busy = metric("CPUUtilization", "Average");
        Alarm::new(ground.scope(), busy, Comparison::GreaterThanThreshold, 80.0, 3)
    })
    .tags(|alarm| &mut alarm.tags)
    .update("description", |alarm, _| alarm.description = "see the runbook".into())
    .update("actions_enabled", |alarm, _| alarm.actions_enabled = false)
    .update("alarm_actions", |alarm, _| alarm.alarm_actions = vec![topic("one"), topic("two")])
    .update("ok_actions", |alarm, _| alarm.ok_actions = vec![topic("one")])
    .update("insufficient_data_actions", |alarm, _| {
        alarm.insufficient_data_actions = vec![topic("one")];
    })
    .update("source", |alarm, _| {
        let mut slow = metric("ReadLatency", "p99");
        slow.dimensions.insert("DBInstanceIdentifier".into(), "main".into());
        slow.unit = Some("Seconds".into());
        (alarm.source, alarm.comparison) = (AlarmSource::Metric(slow), alarm.comparison);
    })
    .update("comparison", |alarm, _| alarm.comparison = Comparison::LessThanThreshold)
    .update("threshold", |alarm, _| alarm.threshold = Some(0.5))
    .update("evaluation_periods", |alarm, _| alarm.evaluation_periods = 5)
    .update("datapoints_to_alarm", |alarm, _| alarm.datapoints_to_alarm = Some(2))
    .update("missing_data", |alarm, _| alarm.missing_data = MissingData::NotBreaching)
    .replace("name", |alarm, _| alarm.name = Some("alarm-of-another-name".into()))
    .copies(|_, _, _| {})
    .fixed("threshold_query", "with a band; the next specimen has one")
    .fixed("ignore_few_samples", "of percentiles alone; the form of the API is tested with alarms")
}

fn alarm_on_queries() -> Specimen<Alarm> {
    const AS_BEFORE: &str = "covered by the specimen before";
    Specimen::new("alarm-queries", |ground| {
        let busy = metric("CPUUtilization", "Average");
        let comparison = Comparison::GreaterThanUpperThreshold;
        Alarm {
            source: AlarmSource::Queries(band(busy, 2)),
            threshold: None,
            threshold_query: Some("band".into()),
            ..Alarm::new(ground.scope(), metric("x", "Sum"), comparison, 0.0, 3)
        }
    })
    .update("source", |alarm, _| {
        alarm.source = AlarmSource::Queries(band(metric("ReadIOPS", "Sum"), 3));
    })
    .fixed("threshold_query", "goes with the queries")
    .fixed("name", AS_BEFORE)
    .fixed("description", AS_BEFORE)
    .fixed("actions_enabled", AS_BEFORE)
    .fixed("alarm_actions", AS_BEFORE)
    .fixed("ok_actions", AS_BEFORE)
    .fixed("insufficient_data_actions", AS_BEFORE)
    .fixed("comparison", AS_BEFORE)
    .fixed("threshold", AS_BEFORE)
    .fixed("evaluation_periods", AS_BEFORE)
    .fixed("datapoints_to_alarm", AS_BEFORE)
    .fixed("missing_data", AS_BEFORE)
    .fixed("ignore_few_samples", AS_BEFORE)
    .fixed("tags", AS_BEFORE)
}

fn dashboard() -> Specimen<Dashboard> {
    Specimen::new("dashboard", |ground| {
        Dashboard::new(ground.scope(), ground.name().to_owned(), page("platform"))
    })
    .update("body", |dashboard, _| dashboard.body = page("data"))
    .replace("name", |dashboard, _| dashboard.name = format!("{}-other", dashboard.name))
    .copies(|dashboard, _, number| dashboard.name = format!("{}-{number}", dashboard.name))
}

fn metric(name: &str, statistic: &str) -> Metric {
    Metric {
        namespace: "AWS/RDS".into(),
        name: name.into(),
        dimensions: [].into(),
        statistic: statistic.into(),
        period_seconds: 60,
        unit: None,
    }
}

/// A metric, and the band that it is expected in.
fn band(metric: Metric, deviations: u32) -> Vec<MetricQuery> {
    let query = |id: &str, metric, expression| MetricQuery {
        id: id.into(),
        metric,
        expression,
        period_seconds: None,
        label: Some(id.to_uppercase()),
        returns: true,
    };
    let expected = format!("ANOMALY_DETECTION_BAND(it, {deviations})");
    vec![query("it", Some(metric), None), query("band", None, Some(expected))]
}

fn topic(name: &str) -> Val<Arn> {
    Arn::from(format!("arn:aws:sns:eu-west-1:123456789012:{name}")).into()
}

fn page(title: &str) -> Val<String> {
    json_text!({ "widgets": [{
        "type": "text", "x": 0, "y": 0, "width": 6, "height": 3,
        "properties": { "markdown": format!("# {title}") },
    }] })
}
