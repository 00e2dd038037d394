"""Shared subnets: accounts that may use them see them and their VPC, without tags, and own neither."""

from __future__ import annotations

from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check as check_before, layer
from groundplan_aws.services.interfaces import ec2, subnets
from groundplan_aws.services.ram_records import PRINCIPAL, Share, manager, shares, sharing

from moto.organizations.models import organizations_backends

_shown: set[tuple[str, str, str]] = set()
"""Account, region and subnet: what others see now."""

_ONLY_WITHIN = (
    "The resource you are attempting to share can only be shared within your AWS Organization. "
    "This error may also occur if you have not enabled sharing with your AWS organization, "
    "or that onboarding process is still in progress."
)


def check(share: Share, resource: str) -> None:
    """Only one's own subnets, no default ones, and within an organization that shares."""
    kind, _, identity = resource.split(":", 5)[5].partition("/")
    if kind != "subnet":
        return
    subnet = subnets((share.account, share.region)).get(identity)
    if subnet is None or subnet.owner_id != share.account:
        raise Fault("UnknownResourceException", f"Resource {resource} could not be found.")
    if subnet.default_for_az:
        raise Fault("InvalidParameterException", f"You cannot share the default subnet {identity}.")
    if manager(share.account) not in sharing:
        raise Fault("OperationNotPermittedException", _ONLY_WITHIN)


def project() -> None:
    """Brings what others see up to what is shared."""
    wanted = set(_wanted())
    for account, region, identity in _shown - wanted:
        backend = ec2((account, region))
        for zone in backend.subnets.values():
            zone.pop(identity, None)
        left = {subnet.vpc_id for subnet in subnets((account, region)).values()}
        for vpc in [v for v in backend.vpcs.values() if v.owner_id != account]:
            if vpc.id not in left:
                backend.vpcs.pop(vpc.id)
    for account, region, identity in wanted - _shown:
        owner = next(
            place
            for share in shares.values()
            if identity in subnets(place := (share.account, share.region))
            and subnets(place)[identity].owner_id == share.account
        )
        subnet = subnets(owner)[identity]
        backend = ec2((account, region))
        backend.subnets[subnet.availability_zone][identity] = subnet
        backend.vpcs[subnet.vpc_id] = ec2(owner).vpcs[subnet.vpc_id]
    _shown.clear()
    _shown.update(wanted)


def _wanted() -> Any:
    for share in shares.values():
        owned = subnets((share.account, share.region))
        identities = [arn.rsplit("/", 1)[-1] for arn in share.resources() if ":subnet/" in arn]
        for account in _participants(share):
            for identity in identities:
                if identity in owned:
                    yield account, share.region, identity


def _participants(share: Share) -> set[str]:
    known = {*organizations_backends.master_accounts}
    known |= {one.entity for one in share.of(PRINCIPAL) if one.entity.isdigit()}
    return {a for a in known if a != share.account and share.reaches(a)}


@layer("ec2", "DescribeSubnets", "DescribeVpcs")
def without_tags(call: Call, proceed: Proceed) -> Output:
    """Tags are each account's own, so nobody finds what is another's by its tags."""
    output = proceed()
    name = "Subnets" if call.action == "DescribeSubnets" else "Vpcs"
    by_tag = any(f["Name"].startswith("tag") for f in call.params.get("Filters", []))
    listed = output.get(name, [])
    own = [one for one in listed if one.get("OwnerId") == call.account]
    others = [{**one, "Tags": []} for one in listed if one.get("OwnerId") != call.account]
    output[name] = own if by_tag else own + others
    return output


@check_before("ec2", "DeleteSubnet", "ModifySubnetAttribute")
def subnet_is_ones_own(call: Call) -> None:
    """Who uses a subnet of another account cannot change it."""
    subnet = subnets(call.place).get(call.params["SubnetId"])
    _is_own(call, subnet)


@check_before("ec2", "DeleteVpc", "ModifyVpcAttribute", "CreateSubnet", "CreateRouteTable")
def vpc_is_ones_own(call: Call) -> None:
    """Nor its VPC."""
    _is_own(call, ec2(call.place).vpcs.get(call.params["VpcId"]))


def _is_own(call: Call, found: Any) -> None:
    if found is not None and found.owner_id != call.account:
        why = f"You are not authorized to perform this operation: {found.id} is another account's."
        raise Fault("UnauthorizedOperation", why, 403)


