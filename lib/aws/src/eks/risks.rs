//! What a reviewer must not miss of changes to clusters, nodes and who is let in.

use crate::{Cidr, shown::text};
use groundplan_core::{DangerKind, Json, Risk, Transition, is_known};

/// Of a cluster: what goes with it, and who can reach it.
pub(super) fn cluster(change: Transition<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    if change.goes().is_some() {
        let what = "all that runs in it stops, and what is kept only in it goes with it";
        risks.push(Risk::new(DangerKind::DataLoss, what));
    }
    let after = change.after.map_or_else(Vec::new, |after| reached_from(&after["endpoint"]));
    let before = change.before.map_or_else(Vec::new, |before| reached_from(&before["endpoint"]));
    let more: Vec<_> =
        after.into_iter().filter(|one| !before.iter().any(|had| is_within(one, had))).collect();
    if !more.is_empty() {
        let what = format!("its API server can newly be reached from {}", more.join(", "));
        risks.push(Risk::new(DangerKind::Exposure, what));
    }
    risks
}

/// The blocks from which a public endpoint is reached; EKS takes every address if none is named.
fn reached_from(endpoint: &Json) -> Vec<String> {
    if endpoint["public"] != true {
        return Vec::new();
    }
    let cidrs: Vec<_> =
        endpoint["public_cidrs"].as_array().into_iter().flatten().map(text).collect();
    if cidrs.is_empty() { vec!["0.0.0.0/0".to_owned()] } else { cidrs }
}

/// Whether a block lies within another.
fn is_within(one: &str, other: &str) -> bool {
    match (one.parse::<Cidr>(), other.parse::<Cidr>()) {
        (Ok(one), Ok(other)) => other.contains(&one),
        _ => one == other,
    }
}

/// Of nodes: what happens to the pods on them.
pub(super) fn node_group(change: Transition<'_>) -> Vec<Risk> {
    let what = if change.goes().is_some() && change.replaced {
        "its pods move to new nodes: what has one replica is down meanwhile".to_owned()
    } else if change.goes().is_some() {
        "the pods on its nodes stop; they start elsewhere only where there is room".to_owned()
    } else if let Some((before, after)) = change.changes("scaling")
        && after["desired"].as_u64() < before["desired"].as_u64()
    {
        let count = |of: &Json| of["desired"].as_u64().unwrap_or_default();
        format!("goes from {} nodes to {}, and pods move", count(before), count(after))
    } else if change.changes("launch_template").is_some() {
        "its machines are replaced one by one, and pods move".to_owned()
    } else {
        return Vec::new();
    };
    vec![Risk::new(DangerKind::Downtime, what)]
}

/// Of an add-on: what the cluster is without.
pub(super) fn addon(change: Transition<'_>) -> Vec<Risk> {
    let gone =
        change.goes().map(|addon| format!("the cluster is without {}", text(&addon["name"])));
    gone.into_iter().map(|what| Risk::new(DangerKind::Downtime, what)).collect()
}

/// What is to be, but for a cluster that is made in the same run: nobody could do anything there before.
fn in_force(change: Transition<'_>) -> Option<&Json> {
    change.after.filter(|after| change.before.is_some() || is_known(&after["cluster"]))
}

/// Of an access entry: who is let in to a cluster that is there.
pub(super) fn access_entry(change: Transition<'_>) -> Vec<Risk> {
    let Some(after) = in_force(change) else { return Vec::new() };
    let who = text(&after["principal"]);
    let mut risks = Vec::new();
    if change.before.is_none_or(|before| before["principal"] != after["principal"]) {
        risks.push(Risk::new(DangerKind::Widening, format!("`{who}` is let in to the cluster")));
    }
    let groups = |of: &Json| of["groups"].as_array().cloned().unwrap_or_default();
    let before = change.before.map(groups).unwrap_or_default();
    let more: Vec<_> =
        groups(after).iter().filter(|group| !before.contains(group)).map(text).collect();
    if !more.is_empty() {
        let what = format!("`{who}` has newly the rights of the group `{}`", more.join("`, `"));
        risks.push(Risk::new(DangerKind::Widening, what));
    }
    risks
}

/// Of an access policy: who may do more in a cluster that is there.
pub(super) fn access_policy(change: Transition<'_>) -> Vec<Risk> {
    let Some(after) = in_force(change) else { return Vec::new() };
    let narrower = change.before.is_some_and(|before| {
        let same = before["principal"] == after["principal"];
        let namespaces = |of: &Json| of["access"]["namespaces"].as_array().cloned();
        let within = match (namespaces(before), namespaces(after)) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(before), Some(after)) => after.iter().all(|one| before.contains(one)),
        };
        same && within && weight(&after["policy"]) <= weight(&before["policy"])
    });
    if narrower {
        return Vec::new();
    }
    let (who, what) = (text(&after["principal"]), text(&after["policy"]));
    let place = match after["access"]["namespaces"].as_array() {
        None => "in the whole cluster".to_owned(),
        Some(all) => format!("in {}", all.iter().map(text).collect::<Vec<_>>().join(", ")),
    };
    vec![Risk::new(DangerKind::Widening, format!("`{who}` gets `{what}` {place}"))]
}

/// Of a role for pods: who takes it newly in a cluster that is there.
pub(super) fn pod_identity_association(change: Transition<'_>) -> Vec<Risk> {
    let Some(after) = in_force(change) else { return Vec::new() };
    if change.before.is_some_and(|before| before["role"] == after["role"]) {
        return Vec::new();
    }
    let pods = format!("{}/{}", text(&after["namespace"]), text(&after["service_account"]));
    let what =
        format!("the pods of `{pods}` may newly do what the role `{}` may", text(&after["role"]));
    vec![Risk::new(DangerKind::Widening, what)]
}

/// How much the policies allow.
fn weight(policy: &Json) -> u8 {
    match policy.as_str() {
        Some("view") => 0,
        Some("edit") => 1,
        Some("admin_view") => 2,
        Some("admin") => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Address, Val, json, testing::risks as said, to_json};

    #[test]
    fn an_endpoint_that_opens_says_to_whom() {
        let private = json!({ "endpoint": { "private": true, "public": false } });
        let open = json!({ "endpoint": { "private": true, "public": true } });
        let some = json!({ "endpoint": { "public": true, "public_cidrs": ["203.0.113.0/24"] } });
        let from = |cidr: &str| format!("its API server can newly be reached from {cidr}");
        assert_eq!(said(cluster, None, Some(&private)), []);
        assert_eq!(
            said(cluster, Some(&private), Some(&open)),
            [(DangerKind::Exposure, from("0.0.0.0/0"))]
        );
        assert_eq!(
            said(cluster, None, Some(&some)),
            [(DangerKind::Exposure, from("203.0.113.0/24"))]
        );
        assert_eq!(said(cluster, Some(&some), Some(&private)), []);
        assert_eq!(said(cluster, Some(&open), Some(&some)), [], "fewer can reach it");
        assert_eq!(said(cluster, Some(&some), Some(&open))[0].1, from("0.0.0.0/0"));
        let part = json!({ "endpoint": { "public": true, "public_cidrs": ["203.0.113.0/25", "198.51.100.0/24"] } });
        assert_eq!(said(cluster, Some(&some), Some(&part))[0].1, from("198.51.100.0/24"));
        assert_eq!(said(cluster, Some(&private), None)[0].0, DangerKind::DataLoss);
    }

    #[test]
    fn nodes_that_go_take_their_pods() {
        let of = |desired: u32| json!({ "scaling": { "desired": desired } });
        assert_eq!(said(node_group, Some(&of(2)), Some(&of(4))), []);
        assert_eq!(
            said(node_group, Some(&of(4)), Some(&of(2)))[0].1,
            "goes from 4 nodes to 2, and pods move"
        );
        let replaced = Transition { before: Some(&of(2)), after: Some(&of(2)), replaced: true };
        assert!(node_group(replaced)[0].what.starts_with("its pods move to new nodes"));
    }

    #[test]
    fn more_rights_in_a_cluster_that_is_there_are_a_widening() {
        let address: Address = "eks.cluster/main".parse().unwrap();
        let made_now = to_json(&Val::<String>::output(&address, "name"));
        let with = |cluster: &Json, policy: &str, namespaces: Option<&[&str]>| {
            let access =
                namespaces.map_or_else(|| json!("cluster"), |n| json!({ "namespaces": n }));
            json!({ "cluster": cluster, "principal": "arn:a", "policy": policy, "access": access })
        };
        let (there, one) = (json!("main"), ["dev"]);
        let view = with(&there, "view", Some(&one));
        assert_eq!(said(access_policy, None, Some(&with(&made_now, "cluster_admin", None))), []);
        assert_eq!(said(access_policy, None, Some(&view))[0].1, "`arn:a` gets `view` in dev");
        let replaced = with(&made_now, "edit", Some(&one));
        assert_eq!(said(access_policy, Some(&view), Some(&replaced)).len(), 1, "{replaced}");
        for wider in [with(&there, "view", None), with(&there, "edit", Some(&one))] {
            assert_eq!(said(access_policy, Some(&view), Some(&wider)).len(), 1, "{wider}");
            assert_eq!(said(access_policy, Some(&wider), Some(&view)), [], "{wider}");
        }
        let entry = json!({ "cluster": "main", "principal": "arn:a", "groups": ["ops"] });
        assert_eq!(said(access_entry, None, Some(&entry)).len(), 2);
        assert_eq!(said(access_entry, Some(&entry), Some(&entry)), []);
    }
}
