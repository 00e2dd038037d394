//! Connections between accounts and between regions.

use crate::harness::{REGION, Wire};
use groundplan::{
    Stack, Val,
    aws::{
        Scope, VpcId,
        account::AccountIdentity,
        ec2::{Peering, PeeringAcceptance, PeeringDns, PeeringSide, Vpc},
    },
};

/// An account outside the organization, through a role that lets this one in.
const GUEST: &str = "210987654321";
const ABROAD: &str = "eu-central-1";

/// Where the two VPCs are that may be asked.
fn sides(stack: &mut Stack, own: &Val<Scope>) -> [(&'static str, Val<Scope>, Val<VpcId>); 2] {
    let role = format!("arn:aws:iam::{GUEST}:role/groundplan-guest");
    let guest = AccountIdentity { role: Some(role.into()), ..AccountIdentity::new(GUEST, REGION) };
    let guest = stack.derive("guest", guest).scope();
    let abroad = AccountIdentity::new(crate::harness::ACCOUNT, ABROAD);
    let abroad = stack.derive("abroad", abroad).scope();
    let mut vpc = |name: &str, scope: &Val<Scope>, block: &str| {
        stack.add(name, Vpc::new(scope.clone(), block.parse().unwrap())).id()
    };
    let (there, far) = (vpc("guest", &guest, "10.1.0.0/16"), vpc("abroad", &abroad, "10.2.0.0/16"));
    vpc("own", own, "10.0.0.0/16");
    [("guest", guest, there), ("abroad", abroad, far)]
}

/// A connection with one of them.
fn program(wire: &Wire, with: &str) -> Stack {
    let (mut stack, own) = wire.stack();
    let sides = sides(&mut stack, &own);
    let (_, scope, vpc) = sides.into_iter().find(|(name, ..)| *name == with).unwrap();
    let from = Val::output(&"ec2.vpc/own".parse().unwrap(), "id");
    let peering = Peering {
        peer_account: (with == "guest").then(|| GUEST.into()),
        peer_region: (with == "abroad").then(|| ABROAD.into()),
        ..Peering::new(own.clone(), from, vpc)
    };
    let peering = stack.add("it", peering).id();
    let peering = stack.add("it", PeeringAcceptance::new(scope.clone(), peering)).id();
    stack.add("own", PeeringDns::new(own, peering.clone(), PeeringSide::Requester));
    stack.add("other", PeeringDns::new(scope, peering, PeeringSide::Accepter));
    stack
}

#[tokio::test]
async fn a_vpc_of_another_account_or_region_accepts_there_and_another_one_is_another_connection() {
    let wire = Wire::new("reach");
    let mut ids = Vec::new();
    for with in ["guest", "abroad", "guest"] {
        let lines = wire.plan(program(&wire, with)).await;
        if !ids.is_empty() {
            for field in ["peer_vpc", "peer_account", "peer_region"] {
                let head = format!("replace ec2.peering/it {field}: ");
                assert!(lines.iter().any(|line| line.starts_with(&head)), "{head}{lines:#?}");
            }
        }
        wire.apply(program(&wire, with)).await;
        assert_eq!(wire.plan(program(&wire, with)).await, [""; 0]);
        ids.push(wire.outputs("ec2.peering/it").await["id"].clone());
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    wire.destroy().await;
    assert_eq!(wire.destroy().await, [""; 0], "nothing is left");
}
