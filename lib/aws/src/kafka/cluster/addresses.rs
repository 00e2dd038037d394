//! Where clients of a Kafka cluster begin.

use super::ClusterOutputs;
use crate::{
    Clients,
    fault::{absent, fault},
};
use aws_sdk_kafka::{
    operation::get_bootstrap_brokers::GetBootstrapBrokersOutput as Answer,
    types::{Cluster as There, ClusterState, Provisioned},
};
use groundplan_core::Result;
use std::collections::BTreeSet;

/// A cluster with the addresses of brokers, which are there only when the brokers are. Of many brokers MSK names
/// three, others each time: those on record stay as long as they are such as it names.
pub(super) async fn outputs(
    aws: &Clients,
    there: &There,
    recorded: Option<&ClusterOutputs>,
) -> Result<ClusterOutputs> {
    let arn = there.cluster_arn().unwrap_or_default();
    let ready = !matches!(
        there.state(),
        Some(ClusterState::Creating | ClusterState::Deleting | ClusterState::Failed)
    );
    let found = if ready {
        let call = aws.kafka.get_bootstrap_brokers().cluster_arn(arn).send().await;
        absent(call.map_err(fault("kafka:GetBootstrapBrokers")))?
    } else {
        None
    };
    let count =
        there.provisioned().and_then(Provisioned::number_of_broker_nodes).unwrap_or_default();
    let of = |address: fn(&Answer) -> Option<&str>,
              known: fn(&ClusterOutputs) -> Option<&String>| {
        let named = found.as_ref().and_then(address).filter(|text| !text.is_empty())?;
        let known = recorded.and_then(known).filter(|known| still_leads(known, named, count));
        Some(known.cloned().unwrap_or_else(|| in_order(named)))
    };
    Ok(ClusterOutputs {
        arn: arn.into(),
        name: there.cluster_name().unwrap_or_default().to_owned(),
        bootstrap_tls: of(Answer::bootstrap_broker_string_tls, |o| o.bootstrap_tls.as_ref()),
        bootstrap_scram: of(Answer::bootstrap_broker_string_sasl_scram, |o| {
            o.bootstrap_scram.as_ref()
        }),
        bootstrap_iam: of(Answer::bootstrap_broker_string_sasl_iam, |o| o.bootstrap_iam.as_ref()),
        bootstrap_plain_text: of(Answer::bootstrap_broker_string, |o| {
            o.bootstrap_plain_text.as_ref()
        }),
    })
}

/// MSK answers in any order.
fn in_order(named: &str) -> String {
    named.split(',').collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(",")
}

/// Whether what is on record are so many brokers of the same cluster and port as `named`, of the `count` that
/// there are.
fn still_leads(known: &str, named: &str, count: i32) -> bool {
    let places: Option<BTreeSet<_>> = named.split(',').map(|one| Some(broker(one)?.1)).collect();
    let Some(places) = places else { return false };
    let is_one = |one| broker(one).is_some_and(|(n, place)| n <= count && places.contains(place));
    known.split(',').count() == named.split(',').count() && known.split(',').all(is_one)
}

/// The number of a broker, and the rest of its address: `b-2.data.abc.c2.kafka.eu-west-1.amazonaws.com:9098`.
fn broker(address: &str) -> Option<(i32, &str)> {
    let rest = address.strip_prefix("b-")?;
    let (number, place) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
    Some((number.parse().ok()?, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brokers(numbers: [u8; 3], port: u16) -> String {
        numbers.map(|n| format!("b-{n}.data.abc.c2.kafka.eu-west-1.amazonaws.com:{port}")).join(",")
    }

    #[test]
    fn others_of_the_same_brokers_are_no_change() {
        let known = brokers([1, 2, 3], 9098);
        assert!(still_leads(&known, &brokers([6, 2, 4], 9098), 6));
        assert!(still_leads(&known, &known, 3));
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_a_change() {
        let known = brokers([1, 2, 6], 9098);
        assert!(!still_leads(&known, &brokers([1, 2, 3], 9098), 3), "a broker that is gone");
        assert!(!still_leads(&known, &brokers([1, 2, 6], 9096), 6), "another port");
        let other = brokers([1, 2, 6], 9098).replace("abc", "xyz");
        assert!(!still_leads(&known, &other, 6), "another cluster");
        assert!(!still_leads("b-1.data.abc.c2:9098", &known, 6), "fewer than there could be");
        assert!(!still_leads("boot-abc.c2:9098", "boot-abc.c2:9098", 3), "not known as brokers");
        assert_eq!(in_order("b-3:1,b-1:1,b-2:1"), "b-1:1,b-2:1,b-3:1");
    }
}
