"""What EKS makes in EC2: the security group of a cluster, its network interfaces, those of nodes.

They are real to moto's EC2, so that they show in its answers and hold the subnets they are in.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend, ec2_backends

from .faults import InvalidParameter
from .records import Network, Node

INTERFACES = 2
"""Network interfaces of a control plane: one in each of the first subnets."""


def subnets(account: str, region: str, ids: list[str]) -> list[Any]:
    """The subnets, all in one VPC; a fault names what is wrong with them."""
    ec2 = ec2_backends[account][region]
    try:
        found = [ec2.get_subnet(subnet) for subnet in ids]
    except EC2ClientError:
        known = {subnet.id for subnet in ec2.describe_subnets()}
        missing = ", ".join(sorted(set(ids) - known))
        raise InvalidParameter(f"The subnet ID '{missing}' does not exist") from None
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise InvalidParameter("Subnets specified belong to different VPCs")
    return found


def check_cluster_subnets(found: list[Any]) -> None:
    """A control plane is spread over zones."""
    if len({subnet.availability_zone for subnet in found}) < 2:
        raise InvalidParameter("Subnets specified must be in at least two different AZs")


def check_groups(account: str, region: str, ids: list[str], vpc: str) -> None:
    """Whether the security groups exist, in the VPC."""
    ec2 = ec2_backends[account][region]
    for group in ids:
        known = ec2.get_security_group_from_id(group)
        if known is None or known.vpc_id != vpc:
            raise InvalidParameter(f"The security group '{group}' does not exist in {vpc}")


def service_cidr(account: str, region: str, vpc: str) -> str:
    """The default range of Service addresses, which is not the VPC's."""
    ten = ec2_backends[account][region].get_vpc(vpc).cidr_block.startswith("10.")
    return "172.20.0.0/16" if ten else "10.100.0.0/16"


def make(account: str, region: str, cluster: str, found: list[Any], groups: list[str]) -> Network:
    """The cluster's own security group and network interfaces."""
    ec2 = ec2_backends[account][region]
    vpc = found[0].vpc_id
    name = f"eks-cluster-sg-{cluster}-{secrets.randbelow(10**9):09d}"
    group = ec2.create_security_group(
        name,
        "EKS created security group applied to ENI that is attached to EKS Control Plane master "
        "nodes, as well as any managed workloads.",
        vpc,
        tags={
            "Name": name,
            "aws:eks:cluster-name": cluster,
            f"kubernetes.io/cluster/{cluster}": "owned",
        },
    )
    ec2.authorize_security_group_ingress(
        group.id, "-1", "-1", "-1", [], source_groups=[{"GroupId": group.id}], vpc_id=vpc
    )
    interfaces = [
        _interface(ec2, subnet, [group.id, *groups], f"Amazon EKS {cluster}").id
        for subnet in found[:INTERFACES]
    ]
    return Network(vpc, group.id, interfaces)


def remove(account: str, region: str, network: Network) -> None:
    """Removes what `make` made. A group that others still refer to stays, as it does on AWS."""
    ec2 = ec2_backends[account][region]
    for interface in network.interfaces:
        ec2.enis.pop(interface, None)
    with suppress(EC2ClientError):
        ec2.delete_security_group(group_id=network.group)


def launch(account: str, region: str, subnet_id: str, group: str) -> Node:
    """A node's network interface, and the names that follow from its address."""
    ec2 = ec2_backends[account][region]
    subnet = ec2.get_subnet(subnet_id)
    instance = "i-0" + secrets.token_hex(8)
    interface = _interface(ec2, subnet, [group], f"aws-K8S-{instance}")
    address = str(interface.private_ip_address)
    name = f"ip-{address.replace('.', '-')}.{region}.compute.internal"
    return Node(name, instance, interface.id, subnet.availability_zone)


def terminate(account: str, region: str, node: Node) -> None:
    """Ends a node."""
    ec2_backends[account][region].enis.pop(node.interface, None)


def _interface(ec2: EC2Backend, subnet: Any, groups: list[str], description: str) -> Any:
    """One that AWS made for itself, and that is in use."""
    made = ec2.create_network_interface(subnet, [], group_ids=groups, description=description)
    made.requester_managed = True
    made.status = "in-use"
    return made
