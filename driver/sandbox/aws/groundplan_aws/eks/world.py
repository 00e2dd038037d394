"""All that EKS knows in one sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan_aws import front
from groundplan_aws.settings import Settings

from . import network, nodegroups
from .faults import ResourceNotFound
from .records import AccessEntry, Addon, Cluster, NodeGroup

if TYPE_CHECKING:
    from .operations import Call


class World:
    """The clusters of all accounts and regions.

    Whoever looks or changes holds `lock`, as every call does while it runs.
    """

    lock = front.turn

    def __init__(self, settings: Settings, authority: str) -> None:
        self.settings = settings
        self.authority = authority
        """A certificate for the clusters that have no control plane."""
        self._clusters: dict[tuple[str, str, str], Cluster] = {}

    def __iter__(self) -> Iterator[Cluster]:
        return iter(list(self._clusters.values()))

    def of(self, call: Call) -> dict[str, Cluster]:
        """The clusters of a request's account and region, by name."""
        place = (call.account, call.region)
        return {c.name: c for c in self if (c.account, c.region) == place}

    def by_key(self, key: str) -> Cluster | None:
        """The cluster with this folder."""
        return next((cluster for cluster in self if cluster.key == key), None)

    def free_key(self, name: str, account: str, region: str) -> str:
        """A folder for a new cluster: its name, unless one elsewhere has that."""
        return name if self.by_key(name) is None else f"{name}.{account}.{region}"

    def add(self, cluster: Cluster) -> None:
        """Keeps a new cluster."""
        self._clusters[cluster.account, cluster.region, cluster.name] = cluster

    def cluster(self, call: Call, name: str) -> Cluster:
        """The cluster of this name, or the fault that there is none."""
        found = self._clusters.get((call.account, call.region, name))
        if found is None:
            raise ResourceNotFound(f"No cluster found for name: {name}.", clusterName=name)
        return found

    def nodegroup(self, call: Call) -> tuple[Cluster, NodeGroup]:
        """The node group that a request names."""
        cluster = self.cluster(call, call.params["clusterName"])
        name = call.params["nodegroupName"]
        found = cluster.nodegroups.get(name)
        if found is None:
            raise ResourceNotFound(
                f"No node group found for name: {name}.",
                clusterName=cluster.name,
                nodegroupName=name,
            )
        return cluster, found

    def addon(self, call: Call) -> tuple[Cluster, Addon]:
        """The add-on that a request names."""
        cluster = self.cluster(call, call.params["clusterName"])
        name = call.params["addonName"]
        found = cluster.addons.get(name)
        if found is None:
            message = f"No addon: {name} found in cluster: {cluster.name}"
            raise ResourceNotFound(message, clusterName=cluster.name, addonName=name)
        return cluster, found

    def entry(self, call: Call) -> tuple[Cluster, AccessEntry]:
        """The access entry that a request names."""
        cluster = self.cluster(call, call.params["clusterName"])
        principal = call.params["principalArn"]
        found = cluster.entries.get(principal)
        if found is None:
            raise ResourceNotFound(
                "The specified principalArn could not be found. You can view your available "
                "access entries with 'list-access-entries'."
            )
        return cluster, found

    def settle(self) -> None:
        """Drops what has come to its end."""
        for cluster in self:
            for update in cluster.updates:
                if update.status == "InProgress":
                    update.settle()
            for addon in list(cluster.addons.values()):
                if addon.deleting and addon.course.over:
                    del cluster.addons[addon.name]
            self._settle_nodes(cluster)
            if cluster.deletion and cluster.deletion.over and cluster.plane.ended:
                network.remove(cluster)
                cluster.plane.clear()
                del self._clusters[cluster.account, cluster.region, cluster.name]

    def _settle_nodes(self, cluster: Cluster) -> None:
        for group in list(cluster.nodegroups.values()):
            if not has_api(cluster):
                # Nobody has to be asked to let them go, or to take them in.
                for node in group.leaving:
                    network.terminate(cluster, node)
                group.leaving, group.ready = [], True
            nodegroups.settle(cluster, group)
            if group.deleting and group.course.over and not group.leaving:
                del cluster.nodegroups[group.name]
                _drop_entry(cluster, group.view["nodeRole"])


def has_api(cluster: Cluster) -> bool:
    """Whether there is an API server to talk to."""
    address = cluster.plane.address
    return cluster.plane.problem() is None and bool(address and address.kubeconfig)


def _drop_entry(cluster: Cluster, role: str) -> None:
    """The entry that EKS made for a node role goes with the last group that has the role."""
    entry = cluster.entries.get(role)
    used = any(group.view["nodeRole"] == role for group in cluster.nodegroups.values())
    if entry and entry.by_nodegroups and not used:
        del cluster.entries[role]
