//! Connections between VPCs.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::Val;
use groundplan::aws::{
    PeeringId,
    ec2::{Peering, PeeringAcceptance, PeeringDns, PeeringSide},
};

specimens![peering, peering_acceptance, peering_dns];

fn peering() -> Specimen<Peering> {
    Specimen::new("peering", |ground| {
        let (one, two) = (ground.vpc().id(), ground.other_vpc().id());
        Peering::new(ground.scope(), one, two)
    })
    .tags(|peering| &mut peering.tags)
    .replace("vpc", |peering, ground| peering.vpc = ground.third_vpc().id())
    .replace("peer_vpc", |peering, ground| peering.peer_vpc = ground.third_vpc().id())
    .fixed("peer_account", "needs another account: tests/wire/organization/reach")
    .fixed("peer_region", "needs another region: tests/wire/organization/reach")
}

fn peering_acceptance() -> Specimen<PeeringAcceptance> {
    Specimen::new("acceptance", |ground| {
        let peering = asked(ground, "two");
        PeeringAcceptance::new(ground.scope(), peering)
    })
    .replace("peering", |acceptance, ground| acceptance.peering = asked(ground, "three"))
}

fn peering_dns() -> Specimen<PeeringDns> {
    Specimen::new("peering-dns", |ground| {
        let peering = accepted(ground, "two");
        PeeringDns::new(ground.scope(), peering, PeeringSide::Requester)
    })
    .replace("side", |dns, _| dns.side = PeeringSide::Accepter)
    .replace("peering", |dns, ground| dns.peering = accepted(ground, "three"))
}

fn asked(ground: &mut Ground, with: &str) -> Val<PeeringId> {
    let one = ground.vpc().id();
    let other = if with == "two" { ground.other_vpc() } else { ground.third_vpc() };
    let peering = Peering::new(ground.scope(), one, other.id());
    ground.add(with, peering).id()
}

fn accepted(ground: &mut Ground, with: &str) -> Val<PeeringId> {
    let asked = asked(ground, with);
    let acceptance = PeeringAcceptance::new(ground.scope(), asked);
    ground.add(with, acceptance).id()
}
