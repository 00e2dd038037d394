"""The roles that are given to EKS: whether it can use them."""

from __future__ import annotations

import json

from . import principals
from .faults import InvalidParameter, InvalidRequest
from moto.iam.models import Role

MANAGED = "arn:aws:iam::aws:policy/"


def check_cluster_role(arn: str) -> None:
    """EKS assumes it to work for a cluster."""
    role = principals.find_role(arn)
    if role is None or not _trusts(role, "eks.amazonaws.com"):
        raise InvalidParameter(
            f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted "
            "entity is not correct"
        )
    needed = MANAGED + "AmazonEKSClusterPolicy"
    if needed not in role.managed_policies:
        raise InvalidParameter(
            "The provided role doesn't have the Amazon EKS Managed Policies associated with it. "
            f"Please ensure the following policies [{needed}] are attached"
        )


def check_node_role(arn: str) -> None:
    """Nodes are given it."""
    role = principals.find_role(arn)
    if role is None:
        raise InvalidParameter(f"The role with arn: {arn} does not exist")
    if not _trusts(role, "ec2.amazonaws.com"):
        raise InvalidParameter(
            f"Following required service principals [ec2.amazonaws.com] were not found in the "
            f"trust relationships of nodeRole {arn}"
        )
    attached = role.managed_policies
    pulls = {"AmazonEC2ContainerRegistryReadOnly", "AmazonEC2ContainerRegistryPullOnly"}
    if MANAGED + "AmazonEKSWorkerNodePolicy" not in attached or not any(
        MANAGED + name in attached for name in pulls
    ):
        raise InvalidRequest(
            "The provided role doesn't have the Amazon EKS Managed Policies associated with it. "
            "Please ensure the following policies [AmazonEKSWorkerNodePolicy, "
            "AmazonEC2ContainerRegistryPullOnly] are attached"
        )


def _trusts(role: Role, service: str) -> bool:
    document = json.loads(role.assume_role_policy_document or "{}")
    statements = document.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        named = [services] if isinstance(services, str) else services
        if statement.get("Effect") == "Allow" and service in named:
            return True
    return False
