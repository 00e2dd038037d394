"""Add-ons of clusters."""

from __future__ import annotations

from typing import Any

from . import addon_catalogue as catalogue
from . import nodegroups, principals, updates
from .faults import InvalidParameter, InvalidRequest, ResourceInUse
from .operations import Call, operation, page
from .records import Addon, Cluster, now
from .timing import course

FIELDS = ("serviceAccountRoleArn", "configurationValues")


@operation
def create_addon(call: Call) -> dict[str, Any]:
    """Begins an add-on. The same request again is answered by the same add-on."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    name = call.params["addonName"]
    if (known := cluster.addons.get(name)) is not None:
        same = call.token and known.token == call.token and known.sent == call.sent()
        if same and not known.deleting:
            return {"addon": show(cluster, known)}
        raise ResourceInUse("Addon already exists.", clusterName=cluster.name, addonName=name)
    if cluster.status not in ("ACTIVE", "UPDATING"):
        raise InvalidRequest(
            f"Cluster '{cluster.name}' is not in ACTIVE status", clusterName=cluster.name
        )
    catalogue.kind(name)
    version = call.params.get("addonVersion") or catalogue.default(name, cluster.version)
    _check(call, cluster, name, version)
    addon = Addon(
        name=name,
        arn=cluster.child_arn("addon", name),
        sent=call.sent(),
        token=call.token,
        course=course("CREATING", "addon.create", "ACTIVE"),
        view={
            "addonVersion": version,
            "createdAt": now(),
            "modifiedAt": now(),
            "owner": "aws",
            "publisher": "eks",
            "namespaceConfig": {"namespace": "kube-system"},
            **{field: call.params[field] for field in FIELDS if field in call.params},
        },
        tags=dict(call.params.get("tags", {})),
    )
    cluster.addons[name] = addon
    cluster.preserved.pop(name, None)
    return {"addon": show(cluster, addon)}


def _check(call: Call, cluster: Cluster, name: str, version: str) -> None:
    if version not in catalogue.releases(name, cluster.version):
        raise InvalidParameter(
            f"Addon version specified is not supported: {name} {version} with Kubernetes "
            f"{cluster.version}",
            clusterName=cluster.name,
            addonName=name,
        )
    catalogue.check_configuration(name, call.params.get("configurationValues", ""))
    role = call.params.get("serviceAccountRoleArn")
    if role and principals.find_role(role) is None:
        raise InvalidParameter(
            f"The role with arn: {role} does not exist", clusterName=cluster.name, addonName=name
        )


def busy(cluster: Cluster, addon: Addon) -> bool:
    """Whether an update of it goes on."""
    own = (u for u in cluster.updates if u.addon == addon.name)
    return any(update.status == "InProgress" for update in own)


def lacks_nodes(cluster: Cluster, addon: Addon) -> bool:
    """Whether its pods have nowhere to run."""
    if catalogue.CATALOGUE[addon.name].deployment is None:
        return False
    groups = cluster.nodegroups.values()
    return not any(g.nodes and nodegroups.status(cluster, g) != "CREATING" for g in groups)


def show(cluster: Cluster, addon: Addon) -> dict[str, Any]:
    """As DescribeAddon shows it."""
    issues = []
    if addon.deleting:
        status = "DELETING"
    elif busy(cluster, addon):
        status = "UPDATING"
    elif not addon.course.over:
        status = "CREATING"
    elif lacks_nodes(cluster, addon):
        status = "DEGRADED"
        message = "The add-on is unhealthy because it doesn't have the desired number of replicas."
        issues = [{"code": "InsufficientNumberOfReplicas", "message": message, "resourceIds": []}]
    else:
        status = "ACTIVE"
    return addon.view | {
        "addonName": addon.name,
        "clusterName": cluster.name,
        "addonArn": addon.arn,
        "status": status,
        "health": {"issues": issues},
        "tags": addon.tags,
    }


@operation
def describe_addon(call: Call) -> dict[str, Any]:
    """One add-on."""
    return {"addon": show(*call.world.addon(call))}


@operation
def list_addons(call: Call) -> dict[str, Any]:
    """The names."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    names, token = page(sorted(cluster.addons), call)
    return {"addons": names, "nextToken": token}


@operation
def update_addon(call: Call) -> dict[str, Any]:
    """Begins a change of version, role or configuration. What is not sent stays."""
    cluster, addon = call.world.addon(call)
    if (again := updates.repeated(call, cluster)) is not None:
        return {"update": again.view()}
    if addon.deleting or busy(cluster, addon) or not addon.course.over:
        raise ResourceInUse(
            f"Addon {addon.name} cannot be updated as it is currently being changed",
            clusterName=cluster.name,
            addonName=addon.name,
        )
    version = call.params.get("addonVersion") or addon.view["addonVersion"]
    if version != addon.view["addonVersion"] or "configurationValues" in call.params:
        _check(call, cluster, addon.name, version)
    after = {field: call.params[field] for field in FIELDS if field in call.params}
    after["addonVersion"] = version
    changes = {name[0].upper() + name[1:]: value for name, value in after.items()}
    if "resolveConflicts" in call.params:
        changes["ResolveConflicts"] = call.params["resolveConflicts"]

    def apply() -> None:
        addon.view |= after | {"modifiedAt": now()}

    update = updates.begin(
        call,
        cluster,
        "AddonUpdate",
        changes,
        duration="addon.update",
        apply=apply,
        addon=addon.name,
    )
    return {"update": update.view()}


@operation
def delete_addon(call: Call) -> dict[str, Any]:
    """Begins the end of an add-on."""
    cluster, addon = call.world.addon(call)
    if not addon.deleting:
        addon.deleting = True
        if call.params.get("preserve"):
            cluster.preserved[addon.name] = addon
        addon.course = course("DELETING", "addon.delete", None)
    return {"addon": show(cluster, addon)}
