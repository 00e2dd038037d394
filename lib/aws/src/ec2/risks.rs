//! What a reviewer must not miss of a network's change: what opens to the internet, and what loses it.

use super::{
    SecurityGroupRule,
    rules::{is_open, ports},
};
use groundplan_core::{DangerKind, Json, Risk, Transition, is_known};
use serde::Deserialize;

/// Of a rule that lets the whole internet in where it did not before.
pub(super) fn security_group_rule(change: Transition<'_>) -> Vec<Risk> {
    let read =
        |json: Option<&Json>| json.and_then(|json| SecurityGroupRule::deserialize(json).ok());
    let Some(after) = read(change.after).filter(is_open) else { return Vec::new() };
    let covered = read(change.before).filter(is_open).is_some_and(|before| {
        let holds = match (before.ports, after.ports) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(before), Some(after)) => before.from <= after.from && after.to <= before.to,
        };
        holds && before.protocol == after.protocol
    });
    if covered {
        return Vec::new();
    }
    vec![Risk::new(DangerKind::Exposure, format!("lets every address in on {}", ports(&after)))]
}

/// Of a subnet in which instances get public addresses.
pub(super) fn subnet(change: Transition<'_>) -> Vec<Risk> {
    let public = |json: Option<&Json>| json.is_some_and(|json| json["public_ip"] == true);
    if public(change.before) || !public(change.after) {
        return Vec::new();
    }
    let what = "what is started in it gets a public address";
    vec![Risk::new(DangerKind::Exposure, what)]
}

/// Of a NAT gateway that goes.
pub(super) fn nat_gateway(change: Transition<'_>) -> Vec<Risk> {
    let what = match (change.goes(), change.replaced) {
        (None, _) => return Vec::new(),
        (_, true) => "open connections break, and calls come from another address",
        (_, false) => "the private subnets behind it cannot call the internet any more",
    };
    vec![Risk::new(DangerKind::Downtime, what)]
}

/// Of a connection that goes.
pub(super) fn peering(change: Transition<'_>) -> Vec<Risk> {
    let what = "the two networks cannot reach each other any more";
    change.goes().map(|_| Risk::new(DangerKind::Downtime, what)).into_iter().collect()
}

/// Of a route for all addresses.
pub(super) fn route(change: Transition<'_>) -> Vec<Risk> {
    let default = |json: &Json| json["destination"] == "0.0.0.0/0";
    if change.goes().is_some_and(default) {
        let what = "the subnets of its table have no way to the internet without it";
        return vec![Risk::new(DangerKind::Downtime, what)];
    }
    let public = |json: &Json| json["target"].get("gateway").is_some();
    // A table that is made in the same run has nothing behind it yet.
    let opens = change.after.is_some_and(|after| {
        default(after)
            && public(after)
            && is_known(&after["table"])
            && !change.before.is_some_and(public)
    });
    let what = "the subnets of its table are on the internet";
    opens.then(|| Risk::new(DangerKind::Exposure, what)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{json, testing::risks as said};

    fn rule(cidr: &str, ports: Option<(u16, u16)>) -> Json {
        let scope = json!({ "account": "1", "region": "eu-west-1", "partition": "aws" });
        let ports = ports.map(|(from, to)| json!({ "from": from, "to": to }));
        json!({
            "scope": scope, "group": { "$gp": { "ref": "ec2.security_group/a#id" } },
            "direction": "ingress", "protocol": "tcp", "ports": ports, "peer": { "cidr": cidr },
        })
    }

    #[test]
    fn what_the_internet_reaches_newly_is_said() {
        let (closed, open) =
            (rule("10.0.0.0/8", Some((443, 443))), rule("0.0.0.0/0", Some((443, 443))));
        let of = security_group_rule;
        assert_eq!(said(of, None, Some(&closed)), []);
        let what = (DangerKind::Exposure, "lets every address in on port 443".to_owned());
        assert_eq!(said(of, Some(&closed), Some(&open)), std::slice::from_ref(&what));
        assert_eq!(said(of, None, Some(&open)), [what]);
        assert_eq!(said(of, Some(&open), Some(&open)), [], "it was open before");
        let wider = rule("0.0.0.0/0", Some((400, 500)));
        assert_eq!(
            said(of, Some(&open), Some(&wider))[0].1,
            "lets every address in on ports 400 to 500"
        );
        let (off, on) = (json!({ "public_ip": false }), json!({ "public_ip": true }));
        assert_eq!(said(subnet, Some(&off), Some(&on)).len(), 1);
        assert_eq!(said(subnet, Some(&on), Some(&off)), []);
    }

    #[test]
    fn what_loses_its_way_out_is_said() {
        assert_eq!(said(nat_gateway, Some(&json!({})), None)[0].0, DangerKind::Downtime);
        assert_eq!(said(nat_gateway, None, Some(&json!({}))), []);
        let to = |target: &str| json!({ "destination": "0.0.0.0/0", "table": "rtb-1", "target": { target: "x" } });
        assert_eq!(said(route, Some(&to("nat_gateway")), None)[0].0, DangerKind::Downtime);
        assert_eq!(
            said(route, Some(&to("nat_gateway")), Some(&to("gateway")))[0].0,
            DangerKind::Exposure
        );
        let inside = json!({ "destination": "10.1.0.0/16", "table": "rtb-1", "target": { "nat_gateway": "x" } });
        assert_eq!(said(route, Some(&inside), None), []);
    }
}
