"""Peering: a request that arrives, is accepted by the other side, and ends; tags and options by side."""

from __future__ import annotations

import ipaddress
from typing import Any

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.interfaces import ec2

from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection

ON_THE_WAY = "initiating-request"


@layer("ec2", "CreateVpcPeeringConnection")
def ask(call: Call, proceed: Proceed) -> Output:
    """The same pair is answered with the request that waits; others arrive later or fail."""
    for known in ec2(call.place).vpc_pcxs.values():
        pair = known.vpc.id, known.peer_vpc.id
        asked = call.params["VpcId"], call.params.get("PeerVpcId")
        if pair == asked and known._status.code in (ON_THE_WAY, "pending-acceptance"):
            return {"VpcPeeringConnection": _document(known, call)}
    made = proceed()["VpcPeeringConnection"]
    peering = ec2(call.place).vpc_pcxs[made["VpcPeeringConnectionId"]]
    overlap = _overlap(peering)

    def apply(state: str | None) -> None:
        peering._status.code = str(state)
        if state == "failed":
            peering._status.message = "The CIDR blocks of the two VPCs overlap."

    last = "failed" if overlap else "pending-acceptance"
    lifecycle.follow(peering.id, apply, (ON_THE_WAY, "peering.create"), last=last)
    return {"VpcPeeringConnection": _document(peering, call)}


def _overlap(peering: VPCPeeringConnection) -> bool:
    one, other = (
        ipaddress.ip_network(str(vpc.cidr_block)) for vpc in (peering.vpc, peering.peer_vpc)
    )
    return one.overlaps(other)


@layer("ec2", "DescribeVpcPeeringConnections")
def describe(call: Call, _: Proceed) -> Output:
    """moto ignores filters, and shows one side's tags to the other."""
    asked = call.params.get("VpcPeeringConnectionIds")
    known = ec2(call.place).vpc_pcxs
    for identity in asked or []:
        if identity not in known:
            raise _unknown(identity)
    # The other side hears of a request when it has arrived.
    seen = [p for p in known.values() if _asks(p, call) or p._status.code != ON_THE_WAY]
    documents = [_document(p, call) for p in seen if asked is None or p.id in asked]
    filters = {f["Name"]: f.get("Values", []) for f in call.params.get("Filters", [])}
    return {"VpcPeeringConnections": [one for one in documents if _fits(one, filters)]}


def _asks(peering: VPCPeeringConnection, call: Call) -> bool:
    return (peering.vpc.owner_id, peering.vpc.region) == call.place


def _document(peering: VPCPeeringConnection, call: Call) -> dict[str, Any]:
    requester, accepter = peering.requester_vpc_info, peering.accepter_vpc_info
    tags = ec2(call.place).tags.get(peering.id, {})
    return {
        "VpcPeeringConnectionId": peering.id,
        "RequesterVpcInfo": requester,
        "AccepterVpcInfo": accepter,
        "Status": {"Code": peering._status.code, "Message": peering._status.message},
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def _fits(document: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in document["Tags"]}
    of = {
        "vpc-peering-connection-id": document["VpcPeeringConnectionId"],
        "status-code": document["Status"]["Code"],
        "requester-vpc-info.vpc-id": document["RequesterVpcInfo"]["VpcId"],
        "accepter-vpc-info.vpc-id": document["AccepterVpcInfo"]["VpcId"],
        **{f"tag:{key}": value for key, value in tags.items()},
    }
    return all(of.get(name) in values for name, values in filters.items())


@layer("ec2", "AcceptVpcPeeringConnection")
def accept(call: Call, _: Proceed) -> Output:
    """By the side that was asked, once."""
    identity = call.params["VpcPeeringConnectionId"]
    peering = ec2(call.place).vpc_pcxs.get(identity)
    if peering is None or (not _asks(peering, call) and peering._status.code == ON_THE_WAY):
        raise _unknown(identity)
    if (peering.peer_vpc.owner_id, peering.peer_vpc.region) != call.place:
        why = f"User {call.account} cannot accept peering {identity}"
        raise Fault("OperationNotPermitted", why)
    if peering._status.code != "pending-acceptance":
        why = f"{identity} is not in the correct state for the request."
        raise Fault("InvalidStateTransition", why)

    def apply(state: str | None) -> None:
        peering._status.code = str(state)
        peering._status.message = "Active" if state == "active" else "Provisioning"

    lifecycle.follow(identity, apply, ("provisioning", "peering.accept"), last="active")
    return {"VpcPeeringConnection": _document(peering, call)}


@layer("ec2", "DeleteVpcPeeringConnection")
def delete(call: Call, _: Proceed) -> Output:
    """By either side; it stays listed."""
    identity = call.params["VpcPeeringConnectionId"]
    peering = ec2(call.place).vpc_pcxs.get(identity)
    if peering is None:
        raise _unknown(identity)
    if peering._status.code in ("deleted", "failed", "expired", "rejected"):
        why = f"{identity} is not in the correct state for the request."
        raise Fault("InvalidStateTransition", why)

    def apply(state: str | None) -> None:
        peering._status.code = str(state)
        peering._status.message = f"Deleted by {call.account}"

    lifecycle.follow(identity, apply, ("deleting", "peering.delete"), last="deleted")
    return {"Return": True}


@check("ec2", "ModifyVpcPeeringConnectionOptions")
def options_are_ones_own(call: Call) -> None:
    """Each side's are its own, and only while the connection is active."""
    identity = call.params["VpcPeeringConnectionId"]
    peering = ec2(call.place).vpc_pcxs.get(identity)
    if peering is None:
        raise _unknown(identity)
    if peering._status.code != "active":
        why = f"Peering {identity} is not active. Peering options can be added only to active peerings."
        raise Fault("OperationNotPermitted", why)
    sides = {
        "RequesterPeeringConnectionOptions": peering.vpc,
        "AccepterPeeringConnectionOptions": peering.peer_vpc,
    }
    for parameter, vpc in sides.items():
        if parameter in call.params and (vpc.owner_id, vpc.region) != call.place:
            why = f"User {call.account} cannot modify the options of the other side of {identity}"
            raise Fault("OperationNotPermitted", why)


@check("ec2", "CreateRoute", "ReplaceRoute")
def route_leads_to_a_connection(call: Call) -> None:
    """Of one's own VPC, and not over."""
    identity = call.params.get("VpcPeeringConnectionId")
    if not identity:
        return
    peering = ec2(call.place).vpc_pcxs.get(identity)
    if peering is None or peering._status.code in ("deleted", "failed", "rejected", "expired"):
        raise _unknown(identity)
    table = ec2(call.place).route_tables.get(call.params["RouteTableId"])
    if table is not None and table.vpc_id not in (peering.vpc.id, peering.peer_vpc.id):
        why = f"route table {table.id} and network gateway {identity} belong to different networks"
        raise Fault("InvalidParameterValue", why)


def _unknown(identity: str) -> Fault:
    why = f"The vpcPeeringConnection ID '{identity}' does not exist"
    return Fault("InvalidVpcPeeringConnectionID.NotFound", why)
