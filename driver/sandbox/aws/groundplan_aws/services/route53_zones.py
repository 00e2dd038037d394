"""Route 53's zones: references that are used once, VPCs that have to be there, changes that take time."""

from __future__ import annotations

import uuid
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.lifecycle import Course
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.interfaces import ec2

from moto.core.utils import utcnow
from moto.route53.models import FakeZone, Route53Backend, route53_backends

_changes: dict[str, Course] = {}


def route53(call: Call) -> Route53Backend:
    """moto's zones of a call."""
    return route53_backends[call.account]["aws"]


def zone_of(call: Call, parameter: str = "HostedZoneId") -> FakeZone:
    """The zone that a call names."""
    zone = route53(call).zones.get(call.params[parameter].removeprefix("/hostedzone/"))
    if zone is None:
        why = f"No hosted zone found with ID: {call.params[parameter]}"
        raise Fault("NoSuchHostedZone", why, 404)
    return zone


def begin_change() -> dict[str, Any]:
    """A change that name servers take a while to answer with."""
    identity = f"C{uuid.uuid4().hex[:20].upper()}"
    course = Course((("PENDING", "route53.change"),), "INSYNC")
    _changes[identity] = course
    return {"Id": f"/change/{identity}", "Status": course.state(), "SubmittedAt": utcnow()}


@layer("route53", "GetChange")
def change(call: Call, _: Proceed) -> Output:
    """moto knows no change, and calls each of them over."""
    identity = call.params["Id"].removeprefix("/change/")
    if identity not in _changes:
        raise Fault("NoSuchChange", f"Could not find resource with ID: {identity}", 404)
    state = _changes[identity].state()
    return {"ChangeInfo": {"Id": f"/change/{identity}", "Status": state, "SubmittedAt": utcnow()}}


@check("route53", "CreateHostedZone")
def sound(call: Call) -> None:
    """moto takes a reference again, and any VPC."""
    reference = call.params["CallerReference"]
    if not 1 <= len(reference) <= 128:
        raise Fault("InvalidInput", "callerReference: 1 to 128 characters")
    for zone in route53(call).zones.values():
        if zone.caller_reference == reference:
            why = f"A hosted zone has already been created with the specified caller reference: {reference}"
            raise Fault("HostedZoneAlreadyExists", why, 409)
    private = call.params.get("HostedZoneConfig", {}).get("PrivateZone", False)
    if vpc := call.params.get("VPC"):
        _require_vpc(call, vpc)
    elif private:
        why = "When you're creating a private hosted zone, you must specify a VPC"
        raise Fault("InvalidInput", why)


def _require_vpc(call: Call, vpc: dict[str, str]) -> None:
    known = ec2((call.account, vpc["VPCRegion"])).vpcs
    if vpc["VPCId"] not in known:
        raise Fault("InvalidVPCId", f"The VPC: {vpc['VPCId']} you provided is not authorized")


@layer("route53", "CreateHostedZone")
def create(call: Call, proceed: Proceed) -> Output:
    """Answers with a change that is on its way, and as the model says also of a private zone."""
    output = proceed()
    zone = route53(call).zones[output["HostedZone"]["Id"].removeprefix("/hostedzone/")]
    output["DelegationSet"] = {"NameServers": zone.delegation_set.name_servers}
    output["ChangeInfo"] = begin_change()
    return output


@check("route53", "AssociateVPCWithHostedZone", "DisassociateVPCFromHostedZone")
def sound_association(call: Call) -> None:
    """A zone stays what it is: public, or seen by one VPC at least."""
    zone, vpc = zone_of(call), call.params["VPC"]
    if not zone.private_zone:
        why = f"The hosted zone {zone.resource_id} is public and cannot have VPCs"
        raise Fault("PublicZoneVPCAssociation", why)
    there = any(one["vpc_id"] == vpc["VPCId"] for one in zone.vpcs)
    if call.action == "AssociateVPCWithHostedZone":
        _require_vpc(call, vpc)
        if there:
            why = f"The VPC {vpc['VPCId']} is already associated with the hosted zone"
            raise Fault("ConflictingDomainExists", why)
    elif not there:
        raise Fault("VPCAssociationNotFound", "The VPC is not associated with the zone", 404)
    elif len(zone.vpcs) == 1:
        why = "A private hosted zone needs one VPC at least"
        raise Fault("LastVPCAssociation", why)


@layer("route53", "AssociateVPCWithHostedZone", "DisassociateVPCFromHostedZone")
def associate(_: Call, proceed: Proceed) -> Output:
    """Answers with a change that is on its way."""
    output = proceed()
    output["ChangeInfo"] = begin_change()
    return output
