"""Clusters: made, shown, listed, deleted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import entries, network, roles, versions
from .faults import InvalidParameter, InvalidRequest, ResourceInUse
from .operations import Call, operation, page
from .plane import Nobody, Plane, Process
from .records import Cluster, hex_id, now
from .timing import course

if TYPE_CHECKING:
    from .world import World

NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]


@operation
def create_cluster(call: Call) -> dict[str, Any]:
    """Begins a cluster. The same request again is answered by the same cluster."""
    name = call.params["name"]
    if (known := call.world.of(call).get(name)) is not None:
        same = call.token and known.token == call.token and known.sent == call.sent()
        if same and known.deletion is None:
            return {"cluster": show(known)}
        raise ResourceInUse(f"Cluster already exists with name: {name}", clusterName=name)
    if not NAME.fullmatch(name):
        raise InvalidParameter(f"The cluster name '{name}' does not match {NAME.pattern}")
    roles.check_cluster_role(call.params["roleArn"])
    cluster = _build(call, name)
    call.world.add(cluster)
    network.wire(cluster)
    if cluster.view["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]:
        entries.admit_creator(cluster)
    return {"cluster": show(cluster)}


def _build(call: Call, name: str) -> Cluster:
    asked = call.params["resourcesVpcConfig"]
    found = network.subnets(call.account, call.region, asked.get("subnetIds", []))
    if not found:
        raise InvalidParameter("Subnets specified must be in at least two different AZs")
    network.check_cluster_subnets(found)
    vpc, groups = found[0].vpc_id, asked.get("securityGroupIds", [])
    network.check_groups(call.account, call.region, groups, vpc)
    view = _view(call, vpc)
    cluster_id = hex_id()
    key = call.world.free_key(name, call.account, call.region)
    cluster = Cluster(
        account=call.account,
        region=call.region,
        name=name,
        key=key,
        id=cluster_id,
        sent=call.sent(),
        token=call.token,
        view=view,
        tags=dict(call.params.get("tags", {})),
        creator=call.caller(),
        network=network.make(call.account, call.region, name, vpc),
        plane=Nobody(call.world.authority),
    )
    cluster.plane = _plane(call.world, cluster)
    return cluster


def _plane(world: World, cluster: Cluster) -> Plane:
    if world.settings.mode == "aws":
        return cluster.plane
    cidr = cluster.view["kubernetesNetworkConfig"]["serviceIpv4Cidr"]
    return Process(world.settings, cluster.key, cluster.name, cluster.issuer, cidr)


def _view(call: Call, vpc: str) -> dict[str, Any]:
    """What was sent, and the defaults of what was not."""
    sent = call.params
    access = sent.get("accessConfig", {})
    asked = sent.get("kubernetesNetworkConfig", {})
    cidr = asked.get("serviceIpv4Cidr") or network.service_cidr(call.account, call.region, vpc)
    echoed = (
        "remoteNetworkConfig",
        "computeConfig",
        "storageConfig",
        "outpostConfig",
        "kubeApiServerConfig",
        "kubeSchedulerConfig",
        "kubeControllerManagerConfig",
    )
    return {
        "createdAt": now(),
        "version": versions.check(sent.get("version") or versions.DEFAULT),
        "roleArn": sent["roleArn"],
        "resourcesVpcConfig": vpc_config({}, sent["resourcesVpcConfig"]) | {"vpcId": vpc},
        "kubernetesNetworkConfig": {
            "serviceIpv4Cidr": cidr,
            "ipFamily": asked.get("ipFamily", "ipv4"),
            "elasticLoadBalancing": asked.get("elasticLoadBalancing", {"enabled": False}),
        },
        "logging": logging({}, sent.get("logging", {})),
        "platformVersion": versions.PLATFORM,
        "encryptionConfig": sent.get("encryptionConfig", []),
        "accessConfig": {
            "authenticationMode": access.get("authenticationMode", "CONFIG_MAP"),
            "bootstrapClusterCreatorAdminPermissions": access.get(
                "bootstrapClusterCreatorAdminPermissions", True
            ),
        },
        "upgradePolicy": sent.get("upgradePolicy", {"supportType": "EXTENDED"}),
        "zonalShiftConfig": sent.get("zonalShiftConfig", {"enabled": False}),
        "deletionProtection": sent.get("deletionProtection", False),
        "controlPlaneScalingConfig": sent.get("controlPlaneScalingConfig", {"tier": "standard"}),
        **{name: sent[name] for name in echoed if name in sent},
    }


def vpc_config(before: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """The network settings, with what is asked for in place of what was there."""
    after = {
        "subnetIds": [],
        "securityGroupIds": [],
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"],
        "controlPlaneEgressMode": "AWS_MANAGED",
    }
    after |= before
    after |= asked
    if not after["endpointPublicAccess"] and not after["endpointPrivateAccess"]:
        raise InvalidParameter("Private and public endpoint access cannot be false.")
    if not after["endpointPublicAccess"]:
        after["publicAccessCidrs"] = []
    elif not after["publicAccessCidrs"]:
        after["publicAccessCidrs"] = ["0.0.0.0/0"]
    return after


def logging(before: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Which logs are on: a request names only those that it changes."""
    on = {kind for kind in LOG_TYPES if kind in _enabled(before)}
    for setup in asked.get("clusterLogging", []):
        kinds = set(setup.get("types", []))
        on = on | kinds if setup.get("enabled") else on - kinds
    off = [kind for kind in LOG_TYPES if kind not in on]
    setups = [([k for k in LOG_TYPES if k in on], True), (off, False)]
    return {"clusterLogging": [{"types": t, "enabled": e} for t, e in setups if t]}


def _enabled(config: dict[str, Any]) -> list[str]:
    setups = config.get("clusterLogging", [])
    return [kind for setup in setups if setup["enabled"] for kind in setup["types"]]


def show(cluster: Cluster) -> dict[str, Any]:
    """As DescribeCluster shows it."""
    status = cluster.status
    shown = cluster.view | {
        "name": cluster.name,
        "arn": cluster.arn,
        "status": status,
        "tags": cluster.tags,
        "health": {"issues": []},
    }
    if (why := cluster.plane.problem()) is not None:
        shown["health"] = {"issues": [{"code": "Other", "message": why, "resourceIds": []}]}
    address = cluster.plane.address
    if cluster.plane.usable and address is not None:
        group = {"clusterSecurityGroupId": cluster.network.group}
        shown |= {
            "endpoint": address.endpoint,
            "certificateAuthority": {"data": address.authority},
            "identity": {"oidc": {"issuer": cluster.issuer}},
            "resourcesVpcConfig": shown["resourcesVpcConfig"] | group,
        }
    return shown


@operation
def describe_cluster(call: Call) -> dict[str, Any]:
    """One cluster."""
    return {"cluster": show(call.world.cluster(call, call.params["name"]))}


@operation
def list_clusters(call: Call) -> dict[str, Any]:
    """The names."""
    names, token = page(sorted(call.world.of(call)), call)
    return {"clusters": names, "nextToken": token}


@operation
def delete_cluster(call: Call) -> dict[str, Any]:
    """Begins the end of a cluster that nothing holds."""
    cluster = call.world.cluster(call, call.params["name"])
    if cluster.view["deletionProtection"]:
        raise InvalidRequest(
            f"Cluster {cluster.name} has deletion protection enabled. Disable it to delete the "
            "cluster.",
            clusterName=cluster.name,
        )
    if cluster.nodegroups:
        raise ResourceInUse(
            "Cluster has nodegroups attached",
            clusterName=cluster.name,
            nodegroupName=",".join(sorted(cluster.nodegroups)),
        )
    if cluster.status in ("CREATING", "UPDATING"):
        raise ResourceInUse(
            f"Cluster {cluster.name} is in {cluster.status} status", clusterName=cluster.name
        )
    if cluster.deletion is None:
        cluster.deletion = course("DELETING", "cluster.delete", None)
        cluster.plane.end()
    return {"cluster": show(cluster)}
