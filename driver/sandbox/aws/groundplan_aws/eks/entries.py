"""Access entries: who may come in to a cluster, and as whom."""

from __future__ import annotations

from typing import Any

from . import principals
from .faults import InvalidParameter, InvalidRequest, ResourceInUse
from .operations import Call, operation, page
from .records import AccessEntry, Cluster, now

TYPES = {
    "STANDARD",
    "EC2_LINUX",
    "EC2_WINDOWS",
    "FARGATE_LINUX",
    "EC2",
    "HYBRID_LINUX",
    "HYPERPOD_LINUX",
}
RESERVED_USERS = ("system:", "eks:", "aws:", "amazon:", "iam:")
NODE_GROUPS = ["system:nodes"]
POLICY = "arn:aws:eks::aws:cluster-access-policy/"


@operation
def create_access_entry(call: Call) -> dict[str, Any]:
    """Lets a principal in. The same request again is answered by the same entry."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    _check_mode(cluster)
    principal = call.params["principalArn"]
    if (known := cluster.entries.get(principal)) is not None:
        if call.token and known.token == call.token and known.sent == call.sent():
            return {"accessEntry": show(cluster, known)}
        raise ResourceInUse(
            "The specified access entry resource is already in use on this cluster.",
            clusterName=cluster.name,
        )
    kind = call.params.get("type", "STANDARD")
    if kind not in TYPES:
        raise InvalidParameter(f"The specified type {kind} is invalid")
    if kind != "STANDARD" and principal.split(":")[4:5] != [cluster.account]:
        raise InvalidParameter("The specified principalArn is invalid: it is in another account.")
    groups, username = _check_subject(call, kind)
    entry = _add(cluster, principal, kind, groups, username)
    entry.token, entry.sent = call.token, call.sent()
    entry.tags = dict(call.params.get("tags", {}))
    return {"accessEntry": show(cluster, entry)}


def _check_mode(cluster: Cluster) -> None:
    if cluster.view["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        raise InvalidRequest(
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to "
            "perform this operation."
        )
    if cluster.status in ("CREATING", "DELETING", "FAILED"):
        raise InvalidRequest(f"Cluster '{cluster.name}' is not in ACTIVE status")


def _check_subject(call: Call, kind: str) -> tuple[list[str], str | None]:
    groups = call.params.get("kubernetesGroups", [])
    username = call.params.get("username")
    if kind != "STANDARD" and (groups or username):
        raise InvalidParameter(f"An access entry of type {kind} takes no groups and no username")
    if any(group.startswith("system:") for group in groups):
        raise InvalidParameter(
            "The kubernetes group name cannot start with system: because it is reserved"
        )
    if username and username.startswith(RESERVED_USERS):
        raise InvalidParameter(f"The username cannot start with one of {', '.join(RESERVED_USERS)}")
    return groups, username


def _add(
    cluster: Cluster, principal: str, kind: str, groups: list[str], username: str | None
) -> AccessEntry:
    identity = principals.find(principal)
    if identity is None:
        raise InvalidParameter("The specified principalArn is invalid: invalid principal.")
    _, resource = principal.rsplit(":", 1)
    nature, _, name = resource.partition("/")
    account = principal.split(":")[4]
    arn = cluster.child_arn("access-entry", f"{nature}/{account}/{name}")
    entry = AccessEntry(
        principal=principal,
        principal_id=identity.id,
        arn=arn,
        sent={},
        token=None,
        view={
            "kubernetesGroups": groups,
            "username": username or _username(principal, kind),
            "type": kind,
            "createdAt": now(),
            "modifiedAt": now(),
        },
        tags={},
    )
    cluster.entries[principal] = entry
    return entry


def _username(principal: str, kind: str) -> str:
    if kind != "STANDARD":
        return "system:node:{{EC2PrivateDNSName}}"
    parts = principal.split(":")
    nature, _, name = parts[5].partition("/")
    if nature != "role":
        return principal
    last = name.rsplit("/", 1)[-1]
    return f"arn:aws:sts::{parts[4]}:assumed-role/{last}/{{{{SessionName}}}}"


def admit_creator(cluster: Cluster) -> None:
    """Makes whoever made the cluster an administrator of it, as EKS does unless told not to."""
    if principals.find(cluster.creator) is None:
        return
    entry = _add(cluster, cluster.creator, "STANDARD", [], None)
    associate(entry, POLICY + "AmazonEKSClusterAdminPolicy", {"type": "cluster", "namespaces": []})


def admit_nodes(cluster: Cluster, role: str) -> None:
    """Lets the nodes of a managed node group in."""
    uses_entries = cluster.view["accessConfig"]["authenticationMode"] != "CONFIG_MAP"
    if uses_entries and role not in cluster.entries:
        entry = _add(cluster, role, "EC2_LINUX", NODE_GROUPS, None)
        entry.by_nodegroups = True


def associate(entry: AccessEntry, policy: str, scope: dict[str, Any]) -> dict[str, Any]:
    """Gives an entry a policy, in place of the same policy with another scope."""
    since = entry.policies.get(policy, {}).get("associatedAt", now())
    entry.policies[policy] = {
        "policyArn": policy,
        "accessScope": {"type": scope["type"], "namespaces": scope.get("namespaces", [])},
        "associatedAt": since,
        "modifiedAt": now(),
    }
    return entry.policies[policy]


def show(cluster: Cluster, entry: AccessEntry) -> dict[str, Any]:
    """As DescribeAccessEntry shows it."""
    return entry.view | {
        "clusterName": cluster.name,
        "principalArn": entry.principal,
        "accessEntryArn": entry.arn,
        "tags": entry.tags,
    }


@operation
def describe_access_entry(call: Call) -> dict[str, Any]:
    """One entry."""
    cluster, entry = call.world.entry(call)
    return {"accessEntry": show(cluster, entry)}


@operation
def list_access_entries(call: Call) -> dict[str, Any]:
    """The principals, all or those with a policy."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    policy = call.params.get("associatedPolicyArn")
    wanted = [
        e.principal for e in cluster.entries.values() if policy is None or policy in e.policies
    ]
    part, token = page(sorted(wanted), call)
    return {"accessEntries": part, "nextToken": token}


@operation
def update_access_entry(call: Call) -> dict[str, Any]:
    """Replaces groups or user name."""
    cluster, entry = call.world.entry(call)
    groups, username = _check_subject(call, entry.view["type"])
    if "kubernetesGroups" in call.params:
        entry.view["kubernetesGroups"] = groups
    if username:
        entry.view["username"] = username
    entry.view["modifiedAt"] = now()
    return {"accessEntry": show(cluster, entry)}


@operation
def delete_access_entry(call: Call) -> dict[str, Any]:
    """Shuts a principal out, with all its policies."""
    cluster, entry = call.world.entry(call)
    del cluster.entries[entry.principal]
    return {}
