"""The objects that EKS puts into a cluster: for access policies, node groups and add-ons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from . import addon_catalogue, machines, nodegroups, rbac
from .records import Addon, Cluster, Node, NodeGroup

NAMESPACE = "kube-system"
EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
NO_NETWORK = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
EBS = "ebs.csi.aws.com"
Thing = dict[str, Any]


def everything(cluster: Cluster, namespaces: Iterable[str]) -> list[Thing]:
    """All of them, in the order in which they are made."""
    return [
        *rbac.objects(cluster, namespaces),
        _storage_class("gp2", "kubernetes.io/aws-ebs", default=False),
        *_nodes(cluster),
        *(thing for addon in cluster.addons.values() for thing in _addon(addon)),
    ]


def kept(cluster: Cluster) -> list[Thing]:
    """What stays although nobody looks after it any more."""
    return [thing for addon in cluster.preserved.values() for thing in _objects(addon)]


def _nodes(cluster: Cluster) -> Iterator[Thing]:
    for group in cluster.nodegroups.values():
        for node in [*group.nodes, *group.leaving]:
            yield node_object(cluster, group, node)


def node_object(cluster: Cluster, group: NodeGroup, node: Node) -> Thing:
    """The Node of a machine."""
    view = group.view
    kind = view["instanceTypes"][0] if view["instanceTypes"] else "t3.medium"
    labels = view["labels"] | {
        "eks.amazonaws.com/capacityType": view["capacityType"],
        "eks.amazonaws.com/nodegroup": group.name,
        "kubernetes.io/arch": machines.architecture(view["amiType"]),
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": kind,
        "topology.ebs.csi.aws.com/zone": node.zone,
        "topology.kubernetes.io/region": cluster.region,
        "topology.kubernetes.io/zone": node.zone,
    }
    spec: Thing = {"providerID": f"aws:///{node.zone}/{node.instance}"}
    taints = [
        {"key": t["key"], "value": t.get("value", ""), "effect": EFFECTS[t["effect"]]}
        for t in view["taints"]
    ]
    if taints:
        spec["taints"] = taints
    if node in group.leaving:
        spec["unschedulable"] = True
    annotations = {"sandbox.groundplan.dev/capacity": machines.capacity(kind, view["diskSize"])}
    if not nodegroups.has_cni(cluster):
        annotations["sandbox.groundplan.dev/not-ready"] = NO_NETWORK
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": labels,
            "annotations": annotations,
        },
        "spec": spec,
    }


def _addon(addon: Addon) -> list[Thing]:
    return [] if addon.deleting else _objects(addon)


def _objects(addon: Addon) -> list[Thing]:
    kind = addon_catalogue.CATALOGUE[addon.name]
    things: list[Thing] = []
    if kind.service_account:
        meta: Thing = _meta(kind.service_account, addon)
        if role := addon.view.get("serviceAccountRoleArn"):
            meta["annotations"] = {"eks.amazonaws.com/role-arn": role}
        things.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    if kind.daemonset:
        things.append(_workload("DaemonSet", kind.daemonset, kind, addon))
    if kind.deployment:
        things.append(_workload("Deployment", kind.deployment, kind, addon))
    if addon.name == "aws-ebs-csi-driver":
        things += _storage(addon)
    return things


def _meta(name: str, addon: Addon) -> Thing:
    return {"name": name, "namespace": NAMESPACE, "labels": _labels(addon)}


def _labels(addon: Addon) -> dict[str, str]:
    return {"app.kubernetes.io/name": addon.name, "app.kubernetes.io/managed-by": "EKS"}


def _workload(what: str, name: str, kind: addon_catalogue.Kind, addon: Addon) -> Thing:
    selector = {"eks.amazonaws.com/component": name}
    settings = _configuration(addon)
    version = addon.view["addonVersion"]
    pod: Thing = {
        "priorityClassName": "system-cluster-critical",
        "containers": [{"name": name, "image": f"eks/{addon.name}:{version}"}],
        # A DaemonSet's pods run wherever there is a node.
        "tolerations": [{"operator": "Exists"}] if what == "DaemonSet" else [],
    }
    if kind.service_account:
        pod["serviceAccountName"] = kind.service_account
    spec: Thing = {
        "selector": {"matchLabels": selector},
        "template": {"metadata": {"labels": _labels(addon) | selector}, "spec": pod},
    }
    if what == "Deployment":
        spec["replicas"] = settings.get("replicaCount", settings.get("replicas", 2))
    meta = _meta(name, addon)
    return {"apiVersion": "apps/v1", "kind": what, "metadata": meta, "spec": spec}


def _configuration(addon: Addon) -> Thing:
    values = json.loads(addon.view.get("configurationValues") or "{}")
    return values if isinstance(values, dict) else {}


def _storage(addon: Addon) -> list[Thing]:
    driver = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": EBS},
        "spec": {"attachRequired": True, "podInfoOnMount": False},
    }
    if _configuration(addon).get("defaultStorageClass", {}).get("enabled"):
        return [driver, _storage_class("ebs-csi-default-sc", EBS, default=True)]
    return [driver]


def _storage_class(name: str, provisioner: str, *, default: bool) -> Thing:
    meta: Thing = {"name": name}
    if default:
        meta["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": meta,
        "provisioner": provisioner,
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "parameters": {"type": "gp2" if name == "gp2" else "gp3"},
    }
