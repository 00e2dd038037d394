"""Managed node groups."""

from __future__ import annotations

from typing import Any

from . import entries, machines, network, roles, versions
from .clusters import NAME
from .faults import InvalidParameter, InvalidRequest, ResourceInUse
from .operations import Call, operation, page
from .records import Cluster, NodeGroup, now
from .timing import course

ECHOED = ("remoteAccess", "launchTemplate", "nodeRepairConfig", "warmPoolConfig")


@operation
def create_nodegroup(call: Call) -> dict[str, Any]:
    """Begins a node group. The same request again is answered by the same group."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    name = call.params["nodegroupName"]
    if (known := cluster.nodegroups.get(name)) is not None:
        same = call.token and known.token == call.token and known.sent == call.sent()
        if same and not known.deleting:
            return {"nodegroup": show(cluster, known)}
        raise ResourceInUse(
            f"NodeGroup already exists with name {name} and cluster name {cluster.name}",
            clusterName=cluster.name,
            nodegroupName=name,
        )
    if cluster.status not in ("ACTIVE", "UPDATING"):
        raise InvalidRequest(
            f"Cluster '{cluster.name}' is not in ACTIVE status", clusterName=cluster.name
        )
    if not NAME.fullmatch(name):
        raise InvalidParameter(f"The node group name '{name}' does not match {NAME.pattern}")
    roles.check_node_role(call.params["nodeRole"])
    group = _build(call, cluster, name)
    cluster.nodegroups[name] = group
    entries.admit_nodes(cluster, group.view["nodeRole"])
    scale(cluster, group)
    return {"nodegroup": show(cluster, group)}


def _build(call: Call, cluster: Cluster, name: str) -> NodeGroup:
    sent = call.params
    found = network.subnets(call.account, call.region, sent["subnets"])
    if not found or found[0].vpc_id != cluster.network.vpc:
        raise InvalidParameter("Subnets are not in the VPC of the cluster")
    version = versions.check(sent.get("version") or cluster.version)
    if versions.minor(version) > versions.minor(cluster.version):
        raise InvalidParameter(
            f"Requested Nodegroup version {version} is higher than the cluster's, "
            f"{cluster.version}",
        )
    types = sent.get("instanceTypes", [] if "launchTemplate" in sent else ["t3.medium"])
    ami = sent.get("amiType", "AL2023_x86_64_STANDARD")
    machines.check(types, ami)
    if "launchTemplate" in sent and "diskSize" in sent:
        raise InvalidParameter("Disk size must be specified within the launch template.")
    return NodeGroup(
        name=name,
        arn=cluster.child_arn("nodegroup", name),
        sent=call.sent(),
        token=call.token,
        course=course("CREATING", "nodegroup.create", "ACTIVE"),
        joining=course("CREATING", "nodegroup.join", "CREATE_FAILED"),
        view={
            "version": version,
            "releaseVersion": sent.get("releaseVersion") or release(version),
            "createdAt": now(),
            "modifiedAt": now(),
            "capacityType": sent.get("capacityType", "ON_DEMAND"),
            "scalingConfig": scaling({"minSize": 1, "maxSize": 2, "desiredSize": 2}, sent),
            "instanceTypes": types,
            "subnets": sent["subnets"],
            "amiType": ami,
            "nodeRole": sent["nodeRole"],
            "labels": sent.get("labels", {}),
            "taints": sent.get("taints", []),
            **({} if "launchTemplate" in sent else {"diskSize": sent.get("diskSize", 20)}),
            "updateConfig": sent.get("updateConfig", {"maxUnavailable": 1}),
            **{field: sent[field] for field in ECHOED if field in sent},
        },
        tags=dict(sent.get("tags", {})),
    )


def release(version: str) -> str:
    """The newest release of the machine image of a version."""
    return f"{versions.VERSIONS[version].patch}-20261101"


def scaling(before: dict[str, int], asked: dict[str, Any]) -> dict[str, int]:
    """The sizes of a group, with what is asked for in place of what was there."""
    after: dict[str, int] = before | asked.get("scalingConfig", {})
    if not after["minSize"] <= after["desiredSize"] <= after["maxSize"]:
        raise InvalidParameter(
            f"Minimum capacity {after['minSize']}, desired capacity {after['desiredSize']} and "
            f"maximum capacity {after['maxSize']} are not in ascending order"
        )
    if after["maxSize"] < 1:
        raise InvalidParameter("Maximum capacity has to be at least 1")
    return after


def scale(cluster: Cluster, group: NodeGroup) -> None:
    """Launches or retires nodes until there are as many as there are to be."""
    wanted = 0 if group.deleting else group.desired
    while len(group.nodes) > wanted:
        group.leaving.append(group.nodes.pop())
    subnets = group.view["subnets"]
    while len(group.nodes) < wanted:
        subnet = subnets[len(group.nodes) % len(subnets)]
        group.nodes.append(network.launch(cluster, subnet))
    group.ready = False


def replace_nodes(cluster: Cluster, group: NodeGroup) -> None:
    """New nodes for all that there are."""
    old, group.nodes = group.nodes, []
    scale(cluster, group)
    group.leaving += old


def busy(cluster: Cluster, group: NodeGroup) -> str | None:
    """The update of the group that goes on."""
    own = (u for u in cluster.updates if u.nodegroup == group.name)
    return next((u.id for u in own if u.status == "InProgress"), None)


def status(cluster: Cluster, group: NodeGroup) -> str:
    """Its state."""
    if group.deleting:
        return "DELETING"
    if group.failed:
        return "CREATE_FAILED"
    if busy(cluster, group):
        return "UPDATING"
    return "ACTIVE" if group.created else "CREATING"


def settle(cluster: Cluster, group: NodeGroup) -> None:
    """Takes a new group on: its nodes join, or they did not for too long."""
    if group.created or group.failed or group.deleting or not group.course.over:
        return
    if group.ready and has_cni(cluster):
        group.created = True
    elif group.joining.over:
        group.failed = True


def has_cni(cluster: Cluster) -> bool:
    """Whether nodes get a network: without it none of them becomes ready."""
    return cluster.sent.get("bootstrapSelfManagedAddons", True) or "vpc-cni" in cluster.addons


def _issues(group: NodeGroup) -> list[dict[str, Any]]:
    if not group.failed:
        return []
    message = "Unhealthy nodes in the kubernetes cluster: cni plugin not initialized"
    nodes = [node.instance for node in group.nodes]
    return [{"code": "NodeCreationFailure", "message": message, "resourceIds": nodes}]


def show(cluster: Cluster, group: NodeGroup) -> dict[str, Any]:
    """As DescribeNodegroup shows it."""
    scaling_group = f"eks-{group.name}-{group.arn.rsplit('/', 1)[-1]}"
    return group.view | {
        "nodegroupName": group.name,
        "nodegroupArn": group.arn,
        "clusterName": cluster.name,
        "status": status(cluster, group),
        "resources": {"autoScalingGroups": [{"name": scaling_group}]},
        "health": {"issues": _issues(group)},
        "tags": group.tags,
    }


@operation
def describe_nodegroup(call: Call) -> dict[str, Any]:
    """One node group."""
    return {"nodegroup": show(*call.world.nodegroup(call))}


@operation
def list_nodegroups(call: Call) -> dict[str, Any]:
    """The names."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    names, token = page(sorted(cluster.nodegroups), call)
    return {"nodegroups": names, "nextToken": token}


@operation
def list_fargate_profiles(call: Call) -> dict[str, Any]:
    """None: the sandbox has no Fargate."""
    call.world.cluster(call, call.params["clusterName"])
    return {"fargateProfileNames": []}


@operation
def delete_nodegroup(call: Call) -> dict[str, Any]:
    """Begins the end of a node group: its nodes are drained, then gone."""
    cluster, group = call.world.nodegroup(call)
    if not group.deleting:
        group.deleting = True
        group.course = course("DELETING", "nodegroup.delete", None)
        scale(cluster, group)
    return {"nodegroup": show(cluster, group)}
