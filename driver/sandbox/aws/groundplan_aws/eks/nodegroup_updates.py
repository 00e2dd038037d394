"""Changes of node groups."""

from __future__ import annotations

from typing import Any

from . import nodegroups, updates, versions
from .faults import InvalidParameter, InvalidRequest, ResourceInUse
from .operations import Call, operation
from .records import Cluster, NodeGroup, now


def _check_idle(cluster: Cluster, group: NodeGroup) -> None:
    if (update := nodegroups.busy(cluster, group)) is not None:
        raise ResourceInUse(
            f"Nodegroup {group.name} currently has update {update} in progress",
            clusterName=cluster.name,
            nodegroupName=group.name,
        )
    if nodegroups.status(cluster, group) != "ACTIVE":
        raise InvalidRequest(
            f"Nodegroup '{group.name}' is not in ACTIVE status", nodegroupName=group.name
        )


@operation
def update_nodegroup_config(call: Call) -> dict[str, Any]:
    """Begins a change of sizes, labels, taints or of how updates are done."""
    cluster, group = call.world.nodegroup(call)
    if (again := updates.repeated(call, cluster)) is not None:
        return {"update": again.view()}
    _check_idle(cluster, group)
    changes: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if asked := call.params.get("scalingConfig"):
        after["scalingConfig"] = nodegroups.scaling(group.view["scalingConfig"], call.sent())
        changes |= {name[0].upper() + name[1:]: value for name, value in asked.items()}
    if asked := call.params.get("labels"):
        after["labels"] = _labels(group.view["labels"], asked)
        changes |= {"LabelsToAdd": asked.get("addOrUpdateLabels", {})}
        changes |= {"LabelsToRemove": asked.get("removeLabels", [])}
    if asked := call.params.get("taints"):
        after["taints"] = _taints(group.view["taints"], asked)
        changes |= {"TaintsToAdd": asked.get("addOrUpdateTaints", [])}
        changes |= {"TaintsToRemove": asked.get("removeTaints", [])}
    for name in ("updateConfig", "nodeRepairConfig"):
        if asked := call.params.get(name):
            after[name] = asked
            changes |= {field[0].upper() + field[1:]: value for field, value in asked.items()}
    if not after:
        raise InvalidParameter("No changes needed for the nodegroup config provided")
    changes = {name: value for name, value in changes.items() if value not in ([], {})}

    def apply() -> None:
        group.view |= after | {"modifiedAt": now()}
        nodegroups.scale(cluster, group)

    return _begin(call, cluster, group, ("ConfigUpdate", changes), apply)


def _begin(
    call: Call,
    cluster: Cluster,
    group: NodeGroup,
    what: tuple[str, dict[str, Any]],
    apply: Any,
) -> dict[str, Any]:
    kind, changes = what
    update = updates.begin(
        call,
        cluster,
        kind,
        changes,
        duration="nodegroup.update",
        apply=apply,
        waits=lambda: not group.ready or bool(group.leaving),
        nodegroup=group.name,
    )
    return {"update": update.view()}


def _labels(before: dict[str, str], asked: dict[str, Any]) -> dict[str, str]:
    after = before | asked.get("addOrUpdateLabels", {})
    return {key: value for key, value in after.items() if key not in asked.get("removeLabels", [])}


def _taints(before: list[dict[str, str]], asked: dict[str, Any]) -> list[dict[str, str]]:
    def which(taint: dict[str, str]) -> tuple[str, str]:
        return taint["key"], taint["effect"]

    added: list[dict[str, str]] = asked.get("addOrUpdateTaints", [])
    dropped = {which(taint) for taint in [*added, *asked.get("removeTaints", [])]}
    return [taint for taint in before if which(taint) not in dropped] + added


@operation
def update_nodegroup_version(call: Call) -> dict[str, Any]:
    """Begins the exchange of all nodes for such of another version or image."""
    cluster, group = call.world.nodegroup(call)
    if (again := updates.repeated(call, cluster)) is not None:
        return {"update": again.view()}
    _check_idle(cluster, group)
    version = versions.check(call.params.get("version") or cluster.version)
    before = group.view["version"]
    if versions.minor(version) > versions.minor(cluster.version):
        raise InvalidParameter(
            f"Nodegroup version {version} cannot be higher than the cluster's, {cluster.version}"
        )
    if versions.minor(version) < versions.minor(before):
        raise InvalidParameter(f"Nodegroup cannot be updated from {before} back to {version}")
    after = {
        "version": version,
        "releaseVersion": call.params.get("releaseVersion") or nodegroups.release(version),
    }
    changes = {"Version": version, "ReleaseVersion": after["releaseVersion"]}
    if (template := call.params.get("launchTemplate")) is not None:
        if template.get("id") and template["id"] != group.view.get("launchTemplate", {}).get("id"):
            raise InvalidParameter("The launch template of a nodegroup cannot be replaced")
        after["launchTemplate"] = group.view.get("launchTemplate", {}) | template
        changes["LaunchTemplateVersion"] = template.get("version", "")

    def apply() -> None:
        group.view |= after | {"modifiedAt": now()}
        nodegroups.replace_nodes(cluster, group)

    return _begin(call, cluster, group, ("VersionUpdate", changes), apply)
