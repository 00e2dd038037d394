"""VPCs and what is in them: pending at first, and kept by what uses it."""

from __future__ import annotations

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services import interfaces
from groundplan_aws.services.interfaces import ec2

STATES = ("pending", "available")


@layer("ec2", "CreateVpc", "CreateSubnet")
def begin_pending(call: Call, proceed: Proceed) -> Output:
    """A new VPC or subnet is pending for a moment."""
    output = proceed()
    kind = call.action.removeprefix("Create")
    made = output[kind]
    identity = made[f"{kind}Id"]
    if kind == "Vpc":
        thing = ec2(call.place).get_vpc(identity)
    else:
        thing = ec2(call.place).get_subnet(identity)
        # moto takes one whose zone is named by its id for the default one of the zone.
        thing.default_for_az = thing.map_public_ip_on_launch = False
        made["DefaultForAz"] = made["MapPublicIpOnLaunch"] = False
    pending = (("pending", f"{kind.lower()}.create"),)
    lifecycle.follow(
        identity, lambda state: setattr(thing, "state", state), *pending, last="available"
    )
    made["State"] = thing.state
    return output


@check("ec2", "DeleteVpc")
def vpc_is_empty(call: Call) -> None:
    """Gateways and groups keep a VPC; moto knows of subnets and route tables itself."""
    vpc = call.params["VpcId"]
    backend = ec2(call.place)
    attached = [g for g in backend.internet_gateways.values() if g.vpc and g.vpc.id == vpc]
    groups = [g for g in backend.groups.get(vpc, {}).values() if g.name != "default"]
    endpoints = [
        e for e in backend.vpc_end_points.values() if e.vpc_id == vpc and e.state != "deleted"
    ]
    if attached or groups or endpoints:
        raise in_use(f"The vpc '{vpc}' has dependencies and cannot be deleted.")


@check("ec2", "DeleteSubnet")
def subnet_is_empty(call: Call) -> None:
    """Interfaces keep a subnet: those of NAT gateways, databases, domains, clusters, nodes."""
    subnet = call.params["SubnetId"]
    if interfaces.in_subnet(call.place, subnet):
        raise in_use(f"The subnet '{subnet}' has dependencies and cannot be deleted.")


@check("ec2", "DetachInternetGateway")
def gateway_is_unused(call: Call) -> None:
    """A gateway stays while something in its VPC has a public address."""
    vpc = call.params["VpcId"]
    if any(eni.public_ip and eni.subnet.vpc_id == vpc for eni in ec2(call.place).enis.values()):
        raise in_use(
            f"Network {vpc} has some mapped public address(es). Please unmap those public"
            " address(es) before detaching the gateway."
        )


@check("ec2", "ReleaseAddress")
def address_is_unused(call: Call) -> None:
    """An address stays while it is associated."""
    allocation = call.params.get("AllocationId")
    for address in ec2(call.place).addresses:
        if allocation and address.allocation_id == allocation and address.association_id:
            raise Fault("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")


@check("ec2", "DeleteSecurityGroup")
def group_is_unused(call: Call) -> None:
    """A group stays while an interface has it or another group's rule names it."""
    identity = call.params.get("GroupId")
    group = ec2(call.place).get_security_group_from_id(identity) if identity else None
    if group is None:
        return
    if group.name == "default":
        why = f'the specified group: "{identity}" name: "default" cannot be deleted by a user'
        raise Fault("CannotDelete", why)
    referring = [
        other.id
        for others in ec2(call.place).groups.values()
        for other in others.values()
        if other.id != identity
        and any(
            rule.source_group.get("GroupId") == identity
            for rule in (*other.ingress_rules, *other.egress_rules)
        )
    ]
    if referring or interfaces.with_group(call.place, identity):
        raise in_use(f"resource {identity} has a dependent object")


@check("ec2", "AssociateRouteTable")
def subnet_has_no_table(call: Call) -> None:
    """A subnet has one route table; moto would move it to the new one."""
    table, subnet = call.params["RouteTableId"], call.params.get("SubnetId")
    for other in ec2(call.place).route_tables.values():
        taken = [association.get("SubnetId") for association in other.associations]
        if other.id != table and subnet in taken:
            why = (
                f"the specified association for route table {table} conflicts with an existing one"
            )
            raise Fault("Resource.AlreadyAssociated", why)


def in_use(message: str) -> Fault:
    """EC2's fault for what something else needs."""
    return Fault("DependencyViolation", message)
