"""NAT gateways: pending, available, deleting, deleted; their interface and address go last."""

from __future__ import annotations

import datetime
from typing import Any

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.interfaces import ec2

from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway


@layer("ec2", "CreateNatGateway")
def begin(call: Call, proceed: Proceed) -> Output:
    """Answers at once; whether it works shows later."""
    output = proceed()
    made = output["NatGateway"]
    backend = ec2(call.place)
    nat = backend.nat_gateways[made["NatGatewayId"]]
    nat._eni.requester_managed = True
    nat._eni.status = "in-use"
    nat._eni.description = f"Interface for NAT Gateway {nat.id}"
    public = nat.connectivity_type != "private"
    attached = any(g.vpc and g.vpc.id == nat.vpc_id for g in backend.internet_gateways.values())
    last = "failed" if public and not attached else "available"

    def apply(state: str | None) -> None:
        nat.state = state
        if state == "failed":
            nat.failure_code = "Gateway.NotAttached"
            nat.failure_message = f"Network {nat.vpc_id} has no Internet gateway attached"
            _let_go(backend, nat)
            lifecycle.follow(nat.id, _forget(backend, nat), ("failed", "nat.linger"), last=None)

    lifecycle.follow(nat.id, apply, ("pending", "nat.create"), last=last)
    made["State"] = nat.state
    return output


@layer("ec2", "DeleteNatGateway")
def end(call: Call, proceed: Proceed) -> Output:
    """Deleting for a while; deleted ones stay listed."""
    backend = ec2(call.place)
    nat = backend.nat_gateways.get(call.params["NatGatewayId"])
    if nat is None:
        raise not_found(call.params["NatGatewayId"])
    if nat.state in ("deleting", "deleted"):
        return {"NatGatewayId": nat.id}
    output = proceed()
    forget = _forget(backend, nat)

    def apply(state: str | None) -> None:
        nat.state = state
        if state == "deleted":
            _let_go(backend, nat)
            nat.delete_time = datetime.datetime.now(datetime.UTC)
        forget(state)

    course = (("deleting", "nat.delete"), ("deleted", "nat.linger"))
    lifecycle.follow(nat.id, apply, *course, last=None)
    return output


@layer("ec2", "DescribeNatGateways")
def filter_by_tag(call: Call, proceed: Proceed) -> Output:
    """Moto ignores filters by tag here."""
    output = proceed()
    filters = {f["Name"]: f.get("Values", []) for f in call.params.get("Filter", [])}
    known = output.get("NatGateways", [])
    output["NatGateways"] = [nat for nat in known if _has_tags(nat, filters)]
    return output


@check("ec2", "DescribeNatGateways")
def all_exist(call: Call) -> None:
    """An id that is not there is an error."""
    for identity in call.params.get("NatGatewayIds", []):
        if identity not in ec2(call.place).nat_gateways:
            raise not_found(identity)


def _has_tags(nat: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in nat.get("Tags", [])}
    for name, values in filters.items():
        if name == "tag-key" and not set(values) & tags.keys():
            return False
        if name.startswith("tag:") and tags.get(name.removeprefix("tag:")) not in values:
            return False
    return True


def _let_go(backend: EC2Backend, nat: NatGateway) -> None:
    """Frees the address and the subnet."""
    for address in backend.addresses:
        if address.eni is nat._eni:
            backend.disassociate_address(association_id=address.association_id)
    backend.enis.pop(nat._eni.id, None)


def _forget(backend: EC2Backend, nat: NatGateway) -> Any:
    def apply(state: str | None) -> None:
        if state is None:
            backend.nat_gateways.pop(nat.id, None)

    return apply


def not_found(identity: str) -> Fault:
    """EC2's fault for a NAT gateway that is not there."""
    return Fault("NatGatewayNotFound", f"NatGateway {identity} was not found")
