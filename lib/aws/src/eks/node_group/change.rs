//! Changes a node group in place, and waits until its machines have joined.

use super::{
    NodeGroup, NodeGroupOutputs, Taint, TaintEffect,
    observe::{describe, issues},
};
use crate::{
    Clients,
    eks::{
        failed, says, sync_tags,
        update::{self, Target},
    },
    fault::fault,
};
use aws_sdk_eks::types::{
    self, NodegroupScalingConfig, NodegroupStatus, UpdateLabelsPayload, UpdateTaintsPayload,
};
use groundplan_core::{Class, Fault, Fields, Patience, Probe, Result, StepCx};
use std::collections::BTreeMap;

/// What one update sends: only what is approved and differs.
#[derive(Clone, Debug, Default, PartialEq)]
struct Payload {
    scaling: Option<NodegroupScalingConfig>,
    labels: Option<UpdateLabelsPayload>,
    taints: Option<UpdateTaintsPayload>,
}

impl NodeGroup {
    pub(super) async fn change(
        &self,
        cx: &StepCx,
        aws: &Clients,
        live: &NodeGroupOutputs,
        approved: &Fields,
    ) -> Result<()> {
        let cluster = self.cluster.get();
        cx.wait(Patience::SECONDS, "the node group to be visible", || async {
            let found = describe(aws, cluster, &live.name).await?;
            Ok(found.map_or_else(|| Probe::not_yet("not visible yet"), |_| Probe::Ready(())))
        })
        .await?;
        // A group whose machines are ill can be changed, perhaps for that very reason.
        let found = self.at_rest(cx, aws, &live.name, true).await?;
        let payload = self.payload(&found, approved);
        if payload != Payload::default() {
            let target = Target { node_group: Some(&live.name), ..Target::cluster(cluster) };
            let start = || async {
                let call = aws
                    .eks
                    .update_nodegroup_config()
                    .cluster_name(cluster)
                    .nodegroup_name(&live.name)
                    .set_scaling_config(payload.scaling.clone())
                    .set_labels(payload.labels.clone())
                    .set_taints(payload.taints.clone());
                Ok(call.send().await.map_err(fault("eks:UpdateNodegroupConfig"))?.update)
            };
            update::run(cx, &aws.eks, target, "the node group to change", start).await?;
        }
        self.roll_over(cx, aws, live, &found, approved).await?;
        if approved.has("tags") {
            sync_tags(cx, &aws.eks, live.arn.as_str(), found.tags(), &self.tags).await?;
        }
        self.at_rest(cx, aws, &live.name, false).await.map(drop)
    }

    /// Waits until nothing is under way and the machines are well, or `ill` is good enough.
    async fn at_rest(
        &self,
        cx: &StepCx,
        aws: &Clients,
        name: &str,
        ill: bool,
    ) -> Result<types::Nodegroup> {
        cx.wait(Patience::MINUTES, "the node group to be active", || async {
            let what = format!("the node group `{name}`");
            let Some(found) = describe(aws, self.cluster.get(), name).await? else {
                return Err(Fault::new(Class::NotFound, format!("{what} is gone"))
                    .hint("run again to make it anew"));
            };
            match found.status() {
                Some(NodegroupStatus::Active) => Ok(Probe::Ready(found)),
                Some(NodegroupStatus::Degraded) if ill => Ok(Probe::Ready(found)),
                Some(
                    status @ (NodegroupStatus::CreateFailed
                    | NodegroupStatus::DeleteFailed
                    | NodegroupStatus::Deleting),
                ) => Err(failed(cx, &what, status.as_str(), &issues(&found))),
                status => {
                    let status = status.map_or("?", NodegroupStatus::as_str);
                    Ok(Probe::NotYet(says(status, &issues(&found))))
                }
            }
        })
        .await
    }

    fn payload(&self, found: &types::Nodegroup, approved: &Fields) -> Payload {
        Payload {
            scaling: self.scaling_payload(found, approved),
            labels: approved.has("labels").then(|| self.labels_payload(found)).flatten(),
            taints: approved.has("taints").then(|| self.taints_payload(found)).flatten(),
        }
    }

    /// A number that nobody approved is not sent: an autoscaler may have set it since. Only where
    /// the new bounds leave it outside, it goes to the nearer bound, as EKS would refuse otherwise.
    fn scaling_payload(
        &self,
        found: &types::Nodegroup,
        approved: &Fields,
    ) -> Option<NodegroupScalingConfig> {
        let live = found.scaling_config().cloned();
        let live = live.unwrap_or_else(|| NodegroupScalingConfig::builder().build());
        let change = |path: &str, live: Option<i32>, wish: u32| {
            (approved.has(path) && live != Some(count(wish))).then(|| count(wish))
        };
        let min = change("scaling.min", live.min_size(), self.scaling.min);
        let max = change("scaling.max", live.max_size(), self.scaling.max);
        let mut desired = change("scaling.desired", live.desired_size(), self.scaling.desired);
        if let (None, Some(now)) = (desired, live.desired_size()) {
            let low = min.or(live.min_size()).unwrap_or(now);
            let high = max.or(live.max_size()).unwrap_or(now);
            let inside = now.max(low).min(high);
            desired = (inside != now).then_some(inside);
        }
        if (min, desired, max) == (None, None, None) {
            return None;
        }
        let config = NodegroupScalingConfig::builder()
            .set_min_size(min)
            .set_desired_size(desired)
            .set_max_size(max);
        Some(config.build())
    }

    fn labels_payload(&self, found: &types::Nodegroup) -> Option<UpdateLabelsPayload> {
        let live: BTreeMap<_, _> = found.labels().into_iter().flatten().collect();
        let set: Vec<_> = self.labels.iter().filter(|(k, v)| live.get(k) != Some(v)).collect();
        let remove: Vec<_> = live.keys().filter(|k| !self.labels.contains_key(**k)).collect();
        if set.is_empty() && remove.is_empty() {
            return None;
        }
        let mut labels = UpdateLabelsPayload::builder();
        for (key, value) in set {
            labels = labels.add_or_update_labels(key, value);
        }
        for key in remove {
            labels = labels.remove_labels(*key);
        }
        Some(labels.build())
    }

    /// A taint is known by key and effect; its value can change.
    fn taints_payload(&self, found: &types::Nodegroup) -> Option<UpdateTaintsPayload> {
        let plain = |taint: &types::Taint| {
            let value = taint.value().filter(|value| !value.is_empty());
            (taint.key().map(str::to_owned), taint.effect().cloned(), value.map(str::to_owned))
        };
        let wish: Vec<_> = self.taints.iter().map(to_taint).collect();
        let live: Vec<_> = found.taints().iter().map(plain).collect();
        let set: Vec<_> = wish.iter().filter(|taint| !live.contains(&plain(taint))).collect();
        let same = |one: &types::Taint, other: &types::Taint| {
            one.key() == other.key() && one.effect() == other.effect()
        };
        let gone = |live: &&types::Taint| !wish.iter().any(|wish| same(live, wish));
        let remove: Vec<_> = found.taints().iter().filter(gone).collect();
        if set.is_empty() && remove.is_empty() {
            return None;
        }
        let mut taints = UpdateTaintsPayload::builder();
        for taint in set {
            taints = taints.add_or_update_taints(taint.clone());
        }
        for taint in remove {
            taints = taints.remove_taints(taint.clone());
        }
        Some(taints.build())
    }
}

/// The API counts with signed numbers.
pub(super) fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn to_taint(taint: &Taint) -> types::Taint {
    let effect = match taint.effect {
        TaintEffect::NoSchedule => types::TaintEffect::NoSchedule,
        TaintEffect::PreferNoSchedule => types::TaintEffect::PreferNoSchedule,
        TaintEffect::NoExecute => types::TaintEffect::NoExecute,
    };
    types::Taint::builder().key(&taint.key).set_value(taint.value.clone()).effect(effect).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arn, Scope, SubnetId, eks::Scaling};

    fn group() -> NodeGroup {
        let scope = Scope::own();
        let subnet = SubnetId::from("subnet-1").into();
        NodeGroup::new(scope.into(), "c".into(), Arn::from("arn:role").into(), [subnet])
    }

    fn scaled(min: i32, desired: i32, max: i32) -> types::builders::NodegroupBuilder {
        let scaling = NodegroupScalingConfig::builder();
        let scaling = scaling.min_size(min).desired_size(desired).max_size(max).build();
        types::Nodegroup::builder().scaling_config(scaling)
    }

    fn only(paths: &[&str]) -> Fields {
        Fields::Only(paths.iter().map(|&path| path.to_owned()).collect())
    }

    #[test]
    fn a_desired_size_that_nobody_approved_is_never_sent() {
        let group = NodeGroup { scaling: Scaling { min: 2, desired: 2, max: 8 }, ..group() };
        // An autoscaler went to 5 in the meantime.
        let found = scaled(2, 5, 6).build();
        let sent = group.payload(&found, &only(&["scaling.max"])).scaling.unwrap();
        assert_eq!(sent, NodegroupScalingConfig::builder().max_size(8).build());
        let sent = group.payload(&found, &Fields::All).scaling.unwrap();
        assert_eq!(sent, NodegroupScalingConfig::builder().desired_size(2).max_size(8).build());
        assert_eq!(group.payload(&found, &only(&["tags.a"])), Payload::default());
    }

    #[test]
    fn a_desired_size_outside_of_new_bounds_goes_to_the_nearer_one() {
        let group = NodeGroup { scaling: Scaling { min: 1, desired: 2, max: 3 }, ..group() };
        let found = scaled(1, 5, 6).build();
        let sent = group.payload(&found, &only(&["scaling.max"])).scaling.unwrap();
        assert_eq!(sent, NodegroupScalingConfig::builder().desired_size(3).max_size(3).build());
    }

    #[test]
    fn labels_and_taints_send_their_difference() {
        let taint = |key: &str, value: Option<&str>, effect| Taint {
            key: key.into(),
            value: value.map(str::to_owned),
            effect,
        };
        let group = NodeGroup {
            labels: [("keep", "1"), ("set", "2")].map(|(k, v)| (k.into(), v.into())).into(),
            taints: vec![
                taint("keep", None, TaintEffect::NoSchedule),
                taint("value", Some("new"), TaintEffect::NoSchedule),
                taint("effect", None, TaintEffect::NoExecute),
            ],
            ..group()
        };
        let live = |key: &str, value: &str| {
            let taint = types::Taint::builder().key(key).value(value);
            taint.effect(types::TaintEffect::NoSchedule).build()
        };
        let found = scaled(2, 2, 4)
            .labels("keep", "1")
            .labels("gone", "1")
            .taints(live("keep", ""))
            .taints(live("value", "old"))
            .taints(live("effect", ""))
            .build();
        let sent = group.payload(&found, &Fields::All);
        let labels = UpdateLabelsPayload::builder();
        let labels = labels.add_or_update_labels("set", "2").remove_labels("gone").build();
        assert_eq!(sent.labels, Some(labels));
        let sent = sent.taints.unwrap();
        let keys = |taints: &[types::Taint]| {
            taints.iter().filter_map(|t| t.key().map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(keys(sent.add_or_update_taints()), ["value", "effect"]);
        assert_eq!(sent.remove_taints(), [live("effect", "")]);
    }
}
