"""What EKS makes in EC2: the security group of a cluster, its network interfaces, those of nodes.

They are real to moto's EC2, so that they show in its answers and hold the subnets they are in.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

from groundplan_aws.services import interfaces

from .faults import InvalidParameter
from .records import Cluster, Network, Node
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends

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


def make(account: str, region: str, cluster: str, vpc: str) -> Network:
    """The cluster's own security group."""
    ec2 = ec2_backends[account][region]
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
    return Network(vpc, group.id)


def wire(cluster: Cluster) -> None:
    """Puts the control plane's interfaces into its subnets, in place of those it had."""
    config = cluster.view["resourcesVpcConfig"]
    groups = [cluster.network.group, *config["securityGroupIds"]]
    into = config["subnetIds"][:INTERFACES]
    interfaces.put(_place(cluster), cluster.arn, into, groups, f"Amazon EKS {cluster.name}")


def remove(cluster: Cluster) -> None:
    """Removes the interfaces and the group. One that others still refer to stays, as on AWS."""
    interfaces.take(_place(cluster), cluster.arn)
    with suppress(EC2ClientError):
        interfaces.ec2(_place(cluster)).delete_security_group(group_id=cluster.network.group)


def launch(cluster: Cluster, subnet_id: str) -> Node:
    """A node's network interface, and the names that follow from its address."""
    ec2 = interfaces.ec2(_place(cluster))
    subnet = ec2.get_subnet(subnet_id)
    instance = "i-0" + secrets.token_hex(8)
    made = ec2.create_network_interface(
        subnet, [], group_ids=[cluster.network.group], description=f"aws-K8S-{instance}"
    )
    made.requester_managed = True
    made.status = "in-use"
    address = str(made.private_ip_address).replace(".", "-")
    name = f"ip-{address}.{cluster.region}.compute.internal"
    return Node(name, instance, made.id, subnet.availability_zone)


def terminate(cluster: Cluster, node: Node) -> None:
    """Ends a node."""
    interfaces.ec2(_place(cluster)).enis.pop(node.interface, None)


def _place(cluster: Cluster) -> tuple[str, str]:
    return cluster.account, cluster.region
