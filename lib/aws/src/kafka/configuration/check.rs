//! What MSK would refuse in broker properties.

use groundplan_core::Problems;
use std::collections::BTreeMap;

/// What MSK sets itself and takes from nobody:
/// <https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html>
const OWN: [&str; 6] = [
    "advertised.listeners",
    "broker.id",
    "listeners",
    "log.dirs",
    "security.inter.broker.protocol",
    "zookeeper.connect",
];
const SWITCHES: [&str; 5] = [
    "allow.everyone.if.no.acl.found",
    "auto.create.topics.enable",
    "auto.leader.rebalance.enable",
    "delete.topic.enable",
    "unclean.leader.election.enable",
];
const COUNTS: [&str; 8] = [
    "default.replication.factor",
    "message.max.bytes",
    "min.insync.replicas",
    "num.io.threads",
    "num.network.threads",
    "num.partitions",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
];

/// Notes properties that MSK does not take, and replicas that cannot be written.
pub(super) fn properties(problems: &mut Problems, properties: &BTreeMap<String, String>) {
    for (name, value) in properties {
        if let Some(why) = misfit(name, value) {
            problems.add(format!("properties.{name}"), why);
        }
    }
    let count = |name: &str| properties.get(name)?.parse::<u32>().ok();
    if let (Some(least), Some(all)) =
        (count("min.insync.replicas"), count("default.replication.factor"))
    {
        let what = format!("is {least}, and there are {all} replicas: nothing could be written");
        problems.require(least <= all, "properties.min.insync.replicas", what);
    }
}

fn misfit(name: &str, value: &str) -> Option<String> {
    if OWN.contains(&name) {
        return Some("is set by MSK itself; leave it out".to_owned());
    }
    if SWITCHES.contains(&name) && !matches!(value, "true" | "false") {
        return Some(format!("is true or false, not `{value}`"));
    }
    let counts = value.parse::<u32>().is_ok_and(|number| number > 0);
    if COUNTS.contains(&name) && !counts {
        return Some(format!("is a number of 1 or more, not `{value}`"));
    }
    let line = value.contains('\n') || name.contains(['\n', '=', ' ']);
    line.then(|| "is one line, with a name without spaces and `=`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(all: &[(&str, &str)]) -> Vec<String> {
        let mut problems = Problems::default();
        let all = all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        properties(&mut problems, &all.collect());
        problems.into_vec().into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn what_msk_would_refuse_is_noted() {
        let all = [
            ("auto.create.topics.enable", "yes"),
            ("broker.id", "1"),
            ("num.partitions", "0"),
            ("default.replication.factor", "2"),
            ("min.insync.replicas", "3"),
        ];
        assert_eq!(
            noted(&all),
            [
                "properties.auto.create.topics.enable",
                "properties.broker.id",
                "properties.num.partitions",
                "properties.min.insync.replicas",
            ]
        );
        assert_eq!(noted(&[("log.retention.hours", "-1")]), [""; 0]);
    }
}
