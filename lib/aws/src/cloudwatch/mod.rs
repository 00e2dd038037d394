//! CloudWatch: alarms and dashboards.

mod alarm;
mod dashboard;
mod rules;

pub use alarm::{
    Alarm, AlarmHandle, AlarmOutputs, AlarmSource, Comparison, Metric, MetricQuery, MissingData,
};
pub use dashboard::{Dashboard, DashboardHandle, DashboardOutputs};

pub(crate) use rules::rules;

use aws_sdk_cloudwatch::types::Tag;
use groundplan_core::Registry;

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Alarm>().with::<Dashboard>()
}

/// The names and values of an alarm's tags.
fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect()
}

/// Tags in the form of the API.
fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
