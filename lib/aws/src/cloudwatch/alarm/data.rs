//! An alarm in the form of the API, and back.

use super::{Alarm, AlarmSource, Metric, MetricQuery};
use crate::Clients;
use aws_sdk_cloudwatch::{
    operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder,
    types::{self, Dimension, MetricAlarm, MetricDataQuery, MetricStat},
};
use groundplan_core::{Json, Val, json, to_json};

/// What CloudWatch is asked for.
pub(super) fn request(alarm: &Alarm, aws: &Clients, name: &str) -> PutMetricAlarmFluentBuilder {
    let arns = |all: &[Val<crate::Arn>]| {
        (!all.is_empty()).then(|| all.iter().map(|arn| arn.get().to_string()).collect())
    };
    let text = |value: Json| value.as_str().unwrap_or_default().to_owned();
    let call = aws
        .cloudwatch
        .put_metric_alarm()
        .alarm_name(name)
        .alarm_description(&alarm.description)
        .actions_enabled(alarm.actions_enabled)
        .set_alarm_actions(arns(&alarm.alarm_actions))
        .set_ok_actions(arns(&alarm.ok_actions))
        .set_insufficient_data_actions(arns(&alarm.insufficient_data_actions))
        .comparison_operator(text(to_json(&alarm.comparison)).as_str().into())
        .set_threshold(alarm.threshold)
        .set_threshold_metric_id(alarm.threshold_query.clone())
        .evaluation_periods(count(alarm.evaluation_periods))
        .set_datapoints_to_alarm(alarm.datapoints_to_alarm.map(count))
        .treat_missing_data(text(to_json(&alarm.missing_data)));
    let percentile = match &alarm.source {
        AlarmSource::Metric(metric) if !is_plain(&metric.statistic) => Some(metric),
        _ => None,
    };
    let few = percentile.map(|_| if alarm.ignore_few_samples { "ignore" } else { "evaluate" });
    let call = call.set_evaluate_low_sample_count_percentile(few.map(str::to_owned));
    match &alarm.source {
        AlarmSource::Metric(metric) => {
            let plain = is_plain(&metric.statistic);
            let call = call
                .namespace(&metric.namespace)
                .metric_name(&metric.name)
                .set_dimensions(Some(dimensions(metric)))
                .period(count(metric.period_seconds))
                .set_unit(metric.unit.as_deref().map(Into::into));
            if plain {
                call.statistic(metric.statistic.as_str().into())
            } else {
                call.extended_statistic(&metric.statistic)
            }
        }
        AlarmSource::Queries(queries) => {
            call.set_metrics(Some(queries.iter().map(query).collect()))
        }
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Whether a statistic is none of the extended ones, such as `p99`.
fn is_plain(statistic: &str) -> bool {
    ["Average", "Sum", "Minimum", "Maximum", "SampleCount"].contains(&statistic)
}

fn dimensions(metric: &Metric) -> Vec<Dimension> {
    let dimension = |(name, value): (&String, &Val<String>)| {
        Dimension::builder().name(name).value(value.get()).build()
    };
    metric.dimensions.iter().map(dimension).collect()
}

fn query(query: &MetricQuery) -> MetricDataQuery {
    let stat = query.metric.as_ref().map(|metric| {
        let of = types::Metric::builder()
            .namespace(&metric.namespace)
            .metric_name(&metric.name)
            .set_dimensions(Some(dimensions(metric)))
            .build();
        MetricStat::builder()
            .metric(of)
            .stat(&metric.statistic)
            .period(count(metric.period_seconds))
            .set_unit(metric.unit.as_deref().map(Into::into))
            .build()
    });
    MetricDataQuery::builder()
        .id(&query.id)
        .set_metric_stat(stat)
        .set_expression(query.expression.clone())
        .set_period(query.period_seconds.map(count))
        .set_label(query.label.clone())
        .return_data(query.returns)
        .build()
}

/// What an alarm says, in the form of the inputs.
pub(super) fn fields(alarm: &MetricAlarm) -> Json {
    json!({
        "description": alarm.alarm_description().unwrap_or_default(),
        "actions_enabled": alarm.actions_enabled().unwrap_or(true),
        "alarm_actions": alarm.alarm_actions(),
        "ok_actions": alarm.ok_actions(),
        "insufficient_data_actions": alarm.insufficient_data_actions(),
        "source": source(alarm),
        "comparison": alarm.comparison_operator().map(aws_sdk_cloudwatch::types::ComparisonOperator::as_str),
        "threshold": alarm.threshold().filter(|_| alarm.threshold_metric_id().is_none()),
        "threshold_query": alarm.threshold_metric_id(),
        "evaluation_periods": alarm.evaluation_periods(),
        "datapoints_to_alarm": alarm.datapoints_to_alarm(),
        "missing_data": alarm.treat_missing_data().unwrap_or("missing"),
        "ignore_few_samples": alarm.evaluate_low_sample_count_percentile() == Some("ignore"),
    })
}

fn source(alarm: &MetricAlarm) -> Json {
    if !alarm.metrics().is_empty() {
        return json!({ "queries": alarm.metrics().iter().map(live_query).collect::<Vec<_>>() });
    }
    let statistic = alarm
        .statistic()
        .map(aws_sdk_cloudwatch::types::Statistic::as_str)
        .or(alarm.extended_statistic());
    let mut metric = json!({
        "namespace": alarm.namespace(),
        "name": alarm.metric_name(),
        "statistic": statistic,
        "period_seconds": alarm.period(),
    });
    more(&mut metric, alarm.dimensions(), alarm.unit());
    json!({ "metric": metric })
}

/// What is left out of the inputs where there is none.
fn more(metric: &mut Json, all: &[Dimension], unit: Option<&types::StandardUnit>) {
    let all = all.iter().filter_map(|one| Some((one.name()?.to_owned(), one.value()?.into())));
    let all: serde_json::Map<String, Json> = all.collect();
    if !all.is_empty() {
        metric["dimensions"] = Json::Object(all);
    }
    if let Some(unit) = unit {
        metric["unit"] = unit.as_str().into();
    }
}

fn live_query(query: &MetricDataQuery) -> Json {
    let mut json = json!({ "id": query.id(), "returns": query.return_data().unwrap_or(true) });
    if let Some(stat) = query.metric_stat() {
        let of = stat.metric();
        let mut metric = json!({
            "namespace": of.and_then(|of| of.namespace()),
            "name": of.and_then(|of| of.metric_name()),
            "statistic": stat.stat(),
            "period_seconds": stat.period(),
        });
        more(
            &mut metric,
            of.map(aws_sdk_cloudwatch::types::Metric::dimensions).unwrap_or_default(),
            stat.unit(),
        );
        json["metric"] = metric;
    }
    let given = [
        ("expression", query.expression().map(Json::from)),
        ("period_seconds", query.period().map(Json::from)),
        ("label", query.label().map(Json::from)),
    ];
    for (field, value) in given.into_iter().filter_map(|(field, value)| Some((field, value?))) {
        json[field] = value;
    }
    json
}
