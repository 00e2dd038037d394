"""Access policies: what those may do who are let in."""

from __future__ import annotations

import re
from typing import Any

from .entries import POLICY, associate
from .faults import InvalidParameter, InvalidRequest, ResourceNotFound
from .operations import Call, operation, page

ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
    "AmazonEKSAdminViewPolicy": "groundplan:eks:admin-view",
}
"""Each policy with the ClusterRole that means the same; the last one is made in every cluster."""

NAMESPACE = re.compile(r"[a-z0-9*]([-a-z0-9*]*[a-z0-9*])?")
"""A namespace's name, with wildcards."""


@operation
def list_access_policies(call: Call) -> dict[str, Any]:
    """All policies that there are."""
    known = [{"name": name, "arn": POLICY + name} for name in sorted(ROLES)]
    part, token = page(known, call)
    return {"accessPolicies": part, "nextToken": token}


@operation
def associate_access_policy(call: Call) -> dict[str, Any]:
    """Gives a policy to an entry. Again with another scope, it takes that scope."""
    cluster, entry = call.world.entry(call)
    if entry.view["type"] != "STANDARD":
        raise InvalidRequest("Access policies can only be associated with entries of type STANDARD")
    policy, scope = call.params["policyArn"], call.params["accessScope"]
    if not policy.startswith(POLICY) or policy.removeprefix(POLICY) not in ROLES:
        raise InvalidParameter("The policyArn parameter format is not valid")
    namespaces = scope.get("namespaces", [])
    if (scope.get("type") == "namespace") != bool(namespaces):
        raise InvalidParameter(
            "Namespaces have to be given with the scope type namespace, and only with that"
        )
    if wrong := [name for name in namespaces if not NAMESPACE.fullmatch(name)]:
        raise InvalidParameter(f"Invalid namespace names: {', '.join(wrong)}")
    return {
        "clusterName": cluster.name,
        "principalArn": entry.principal,
        "associatedAccessPolicy": associate(entry, policy, scope),
    }


@operation
def disassociate_access_policy(call: Call) -> dict[str, Any]:
    """Takes a policy from an entry."""
    _, entry = call.world.entry(call)
    if entry.policies.pop(call.params["policyArn"], None) is None:
        raise ResourceNotFound("The specified policyArn is not associated with the access entry.")
    return {}


@operation
def list_associated_access_policies(call: Call) -> dict[str, Any]:
    """The policies of an entry, with their scopes."""
    cluster, entry = call.world.entry(call)
    part, token = page(list(entry.policies.values()), call)
    return {
        "clusterName": cluster.name,
        "principalArn": entry.principal,
        "associatedAccessPolicies": part,
        "nextToken": token,
    }
