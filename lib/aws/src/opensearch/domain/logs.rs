//! Where a domain's logs go.

use crate::Arn;
use aws_sdk_opensearch::types::{DomainStatus, LogPublishingOption, LogType};
use groundplan_core::{Json, Problems, Val, json};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The log groups that a domain's logs go to, none for those that are not kept. The service writes there by
/// itself: a [`logs::ResourcePolicy`](crate::logs::ResourcePolicy) has to let `es.amazonaws.com` do
/// `logs:CreateLogStream`, `logs:PutLogEvents` and `logs:PutLogEventsBatch`, and has to be there first, by the
/// option `after` of the domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainLogs {
    /// Errors and warnings of the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Val<Arn>>,
    /// Searches that took longer than the thresholds of their index, which are settings of the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_slow: Option<Val<Arn>>,
    /// Writes that took longer than the thresholds of their index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_slow: Option<Val<Arn>>,
}

/// The fields, with what the service calls them.
const TYPES: [(&str, LogType); 3] = [
    ("application", LogType::EsApplicationLogs),
    ("search_slow", LogType::SearchSlowLogs),
    ("index_slow", LogType::IndexSlowLogs),
];

impl DomainLogs {
    pub(super) fn is_empty(&self) -> bool {
        self.groups().iter().all(Option::is_none)
    }

    /// In the order of [`TYPES`].
    fn groups(&self) -> [Option<&Val<Arn>>; 3] {
        [self.application.as_ref(), self.search_slow.as_ref(), self.index_slow.as_ref()]
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for ((field, _), group) in TYPES.iter().zip(self.groups()) {
            let is_one = |arn: &str| arn.contains(":log-group:") && !arn.ends_with(":*");
            let other = group.and_then(Val::known).filter(|arn| !is_one(arn.as_str()));
            if let Some(other) = other {
                let what =
                    format!("`{other}` is the ARN of no log group; it has no `:*` at its end");
                problems.add(format!("logs.{field}"), what);
            }
        }
    }

    /// What is sent: those that are wanted, and off for those that are there and not wanted.
    pub(super) fn options(
        &self,
        there: Option<&DomainStatus>,
    ) -> HashMap<LogType, LogPublishingOption> {
        let mut options: HashMap<_, _> = there
            .into_iter()
            .flat_map(on)
            .map(|(of, group)| (of.clone(), option(group, false)))
            .collect();
        for ((_, of), group) in TYPES.into_iter().zip(self.groups()) {
            if let Some(group) = group {
                options.insert(of, option(group.get().as_str(), true));
            }
        }
        options
    }
}

fn option(group: &str, enabled: bool) -> LogPublishingOption {
    LogPublishingOption::builder().cloud_watch_logs_log_group_arn(group).enabled(enabled).build()
}

/// The logs that are kept, with their groups.
fn on(domain: &DomainStatus) -> impl Iterator<Item = (&LogType, &str)> {
    let all = domain.log_publishing_options().into_iter().flatten();
    all.filter(|(_, option)| option.enabled() == Some(true))
        .filter_map(|(of, option)| Some((of, option.cloud_watch_logs_log_group_arn()?)))
}

/// What is there, in the form of the input. Audit logs, which this kind of domain has none of, do not count.
pub(super) fn live(domain: &DomainStatus) -> Option<Json> {
    let mut logs = serde_json::Map::new();
    for (of, group) in on(domain) {
        if let Some((field, _)) = TYPES.iter().find(|(_, known)| known == of) {
            // Some answers stand for the streams of the group.
            let group = group.strip_suffix(":*").unwrap_or(group);
            logs.insert((*field).to_owned(), json!(group));
        }
    }
    (!logs.is_empty()).then_some(Json::Object(logs))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "arn:aws:logs:eu-west-1:1:log-group:search";

    fn domain() -> DomainStatus {
        let there = DomainStatus::builder().domain_id("1/x").domain_name("x").arn("arn");
        let there = there.log_publishing_options(LogType::IndexSlowLogs, option(GROUP, true));
        let there = there.log_publishing_options(LogType::SearchSlowLogs, option(GROUP, false));
        there.log_publishing_options(LogType::AuditLogs, option(GROUP, true)).build().unwrap()
    }

    #[test]
    fn what_is_not_wanted_any_more_is_turned_off() {
        let logs =
            DomainLogs { application: Some(Arn::from(GROUP).into()), ..DomainLogs::default() };
        assert_eq!(logs.options(None), [(LogType::EsApplicationLogs, option(GROUP, true))].into());
        let sent = logs.options(Some(&domain()));
        assert_eq!(sent[&LogType::IndexSlowLogs], option(GROUP, false));
        assert_eq!(sent[&LogType::EsApplicationLogs], option(GROUP, true));
        assert!(!sent.contains_key(&LogType::SearchSlowLogs), "it is off already");
    }

    #[test]
    fn what_is_kept_is_shown() {
        assert_eq!(live(&domain()), Some(json!({ "index_slow": GROUP })));
        let none = DomainStatus::builder().domain_id("1/x").domain_name("x").arn("arn");
        assert_eq!(live(&none.build().unwrap()), None);
    }

    #[test]
    fn a_group_is_known_by_its_arn() {
        let mut problems = Problems::default();
        let name = Some(Arn::from("search").into());
        let streams = Some(Arn::from(format!("{GROUP}:*")).into());
        let logs = DomainLogs { search_slow: name, index_slow: streams, ..DomainLogs::default() };
        logs.check(&mut problems);
        let paths: Vec<_> = problems.into_vec().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["logs.search_slow", "logs.index_slow"]);
    }
}
