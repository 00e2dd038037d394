"""Changes of a cluster: one kind in a request, one at a time."""

from __future__ import annotations

from typing import Any

from . import network, updates, versions
from .clusters import logging, vpc_config
from .faults import InvalidParameter, InvalidRequest
from .operations import Call, operation
from .records import Cluster, Update

MODES = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"]
"""In the order in which a cluster may go through them."""

AUTO_MODE = {"computeConfig", "storageConfig", "kubernetesNetworkConfig"}
"""What can only be changed together."""

COMPONENTS = {"kubeApiServerConfig", "kubeSchedulerConfig", "kubeControllerManagerConfig"}

SIMPLE = {
    "upgradePolicy": "UpgradePolicyUpdate",
    "zonalShiftConfig": "ZonalShiftConfigUpdate",
    "deletionProtection": "DeletionProtectionUpdate",
    "controlPlaneScalingConfig": "ControlPlaneScalingConfigUpdate",
    "remoteNetworkConfig": "RemoteNetworkConfigUpdate",
}
"""Fields that are replaced as they are sent."""


@operation
def update_cluster_config(call: Call) -> dict[str, Any]:
    """Begins a change of settings."""
    cluster = call.world.cluster(call, call.params["name"])
    if (again := updates.repeated(call, cluster)) is not None:
        return {"update": again.view()}
    asked = {name: value for name, value in call.sent().items() if name != "name"}
    if not asked:
        raise InvalidParameter("No changes needed for the cluster config provided")
    if len(asked) > 1 and set(asked) != AUTO_MODE and not set(asked) <= COMPONENTS:
        raise InvalidParameter("Only one type of update can be allowed.")
    updates.check_idle(cluster)
    kind, changes, after = _plan(cluster, asked)
    if all(cluster.view.get(name) == value for name, value in after.items()):
        raise InvalidParameter("No changes needed for the cluster config provided")
    update = _begin(call, cluster, kind, changes, after)
    return {"update": update.view()}


def _begin(
    call: Call,
    cluster: Cluster,
    kind: str,
    changes: dict[str, Any],
    after: dict[str, Any],
    *,
    duration: str = "cluster.update",
) -> Update:
    def apply() -> None:
        cluster.view |= after
        if kind == "VpcConfigUpdate":
            network.wire(cluster)

    return updates.begin(call, cluster, kind, changes, duration=duration, apply=apply)


def _plan(cluster: Cluster, asked: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The type of the update, its params, and the fields as they will be."""
    name, value = next(iter(asked.items()))
    if name == "resourcesVpcConfig":
        return _plan_vpc(cluster, value)
    if name == "logging":
        after = {"logging": logging(cluster.view["logging"], value)}
        return "LoggingUpdate", {"ClusterLogging": value}, after
    if name == "accessConfig":
        return _plan_access(cluster, value)
    if name in SIMPLE:
        param = "UpdatedTier" if name == "controlPlaneScalingConfig" else name[0].upper() + name[1:]
        return SIMPLE[name], {param: value}, asked
    kind = "AutoModeUpdate" if name in AUTO_MODE else "ControlPlaneComponentConfigUpdate"
    merged = {n: cluster.view.get(n, {}) | v for n, v in asked.items()}
    return kind, {n[0].upper() + n[1:]: v for n, v in asked.items()}, merged


def _plan_vpc(
    cluster: Cluster, asked: dict[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    access = {"endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs"} & set(asked)
    wiring = {"subnetIds", "securityGroupIds"} & set(asked)
    if access and wiring:
        raise InvalidParameter("Only one type of update can be allowed.")
    before = cluster.view["resourcesVpcConfig"]
    vpc = before["vpcId"]
    if "subnetIds" in asked:
        zones = [
            {s.availability_zone for s in network.subnets(cluster.account, cluster.region, ids)}
            for ids in (before["subnetIds"], asked["subnetIds"])
        ]
        if zones[0] != zones[1]:
            raise InvalidParameter("Provided subnets are not in the same set of AZs as before")
    if "securityGroupIds" in asked:
        network.check_groups(cluster.account, cluster.region, asked["securityGroupIds"], vpc)
    names = {"subnetIds": "Subnets", "securityGroupIds": "SecurityGroups"}
    changes = {names.get(n, n[0].upper() + n[1:]): value for n, value in asked.items()}
    kind = "EndpointAccessUpdate" if access else "VpcConfigUpdate"
    return kind, changes, {"resourcesVpcConfig": vpc_config(before, asked)}


def _plan_access(
    cluster: Cluster, asked: dict[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    before = cluster.view["accessConfig"]
    mode = asked["authenticationMode"]
    if MODES.index(mode) < MODES.index(before["authenticationMode"]):
        raise InvalidParameter(
            f"Unsupported authentication mode update from {before['authenticationMode']} to {mode}"
        )
    changes = {"AuthenticationMode": mode}
    return "AccessConfigUpdate", changes, {"accessConfig": before | {"authenticationMode": mode}}


@operation
def associate_encryption_config(call: Call) -> dict[str, Any]:
    """Encrypts the Secrets of a cluster that was made without that. Never to be undone."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    if (again := updates.repeated(call, cluster)) is not None:
        return {"update": again.view()}
    updates.check_idle(cluster)
    if cluster.view["encryptionConfig"]:
        raise InvalidRequest(
            f"Encryption is already configured for cluster {cluster.name}", clusterName=cluster.name
        )
    asked = call.params["encryptionConfig"]
    kind, after = "AssociateEncryptionConfig", {"encryptionConfig": asked}
    update = _begin(call, cluster, kind, {"EncryptionConfig": asked}, after)
    return {"update": update.view()}


@operation
def update_cluster_version(call: Call) -> dict[str, Any]:
    """Begins the step to the next minor version.

    What EKS says of the version changes; the control plane behind it is the same program.
    """
    cluster = call.world.cluster(call, call.params["name"])
    if (again := updates.repeated(call, cluster)) is not None:
        return {"update": again.view()}
    updates.check_idle(cluster)
    wanted = versions.check(call.params["version"])
    step = versions.minor(wanted) - versions.minor(cluster.version)
    if step == 0:
        raise InvalidParameter(f"Cluster is already at version {wanted}")
    if step != 1:
        raise InvalidParameter(
            f"Unsupported Kubernetes minor version update from {cluster.version} to {wanted}"
        )
    behind = [
        group.name
        for group in cluster.nodegroups.values()
        if versions.minor(wanted) - versions.minor(group.view["version"]) > versions.SKEW
    ]
    if behind:
        raise InvalidRequest(
            f"Nodegroups {', '.join(behind)} must be updated before the cluster can be updated to "
            f"{wanted}",
            clusterName=cluster.name,
        )
    after = {"version": wanted}
    changes = {"Version": wanted, "PlatformVersion": versions.PLATFORM}
    update = _begin(call, cluster, "VersionUpdate", changes, after, duration="cluster.upgrade")
    return {"update": update.view()}
