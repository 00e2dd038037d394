"""Brings one cluster's API server to what EKS says of it, for as long as the cluster lives.

The lock of the world is held while it is read, never while the API server is asked.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from . import furnishing, network, rbac
from .kube import Client, Unanswered, path_of
from .records import Cluster, Node, NodeGroup
from .world import World

PAUSE = 0.3
DRAIN_LIMIT = 15.0
"""Seconds for pods to leave a node before it goes without asking."""

Thing = dict[str, Any]


class Attendant(threading.Thread):
    """The thread that looks after one cluster."""

    def __init__(self, world: World, cluster: Cluster) -> None:
        super().__init__(name=f"attendant of {cluster.key}", daemon=True)
        self._world = world
        self._cluster = cluster
        self._applied: dict[str, Thing] = {}
        self._drains: dict[str, float] = {}
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Lets the thread end soon."""
        self._stopped.set()

    def run(self) -> None:
        """Looks after it until it is told to stop."""
        address = self._cluster.plane.address
        if address is None or address.kubeconfig is None:
            raise RuntimeError("BUG: only a cluster that answers is attended")
        client = Client(address.kubeconfig)
        said = None
        while not self._stopped.wait(PAUSE):
            try:
                self._attend(client)
                said = None
            except Unanswered as why:
                if str(why) != said:
                    print(f"cluster {self._cluster.key}: {why}", file=sys.stderr)
                said = str(why)

    def _attend(self, client: Client) -> None:
        namespaces = self._namespaces(client)
        with self._world.lock:
            self._world.settle()
            wanted = {path_of(t): t for t in furnishing.everything(self._cluster, namespaces)}
            kept = {path_of(thing) for thing in furnishing.kept(self._cluster)}
            leaving = [(g, n) for g in self._groups() for n in g.leaving]
            watched = [g for g in self._groups() if not g.ready]
        for path, thing in wanted.items():
            if self._applied.get(path) != thing:
                client.apply(thing)
                self._applied[path] = thing
        for path in [path for path in self._applied if path not in wanted]:
            if path not in kept:
                client.delete(path)
            del self._applied[path]
        self._cluster.plane.furnished()
        for group, node in leaving:
            self._see_off(client, group, node)
        for group in watched:
            self._look_at(client, group)

    def _groups(self) -> list[NodeGroup]:
        return list(self._cluster.nodegroups.values())

    def _namespaces(self, client: Client) -> list[str]:
        with self._world.lock:
            needed = rbac.needs_namespaces(self._cluster)
        if not needed:
            return []
        found = client.get("/api/v1/namespaces") or {"items": []}
        active = (n for n in found["items"] if n["status"].get("phase") == "Active")
        return [namespace["metadata"]["name"] for namespace in active]

    def _see_off(self, client: Client, group: NodeGroup, node: Node) -> None:
        """Drains a node, and deletes it when it is empty."""
        begun = self._drains.setdefault(node.name, time.monotonic())
        if not self._is_empty(client, node) and time.monotonic() - begun < DRAIN_LIMIT:
            return
        path = f"/api/v1/nodes/{node.name}"
        client.delete(path)
        self._applied.pop(path, None)
        del self._drains[node.name]
        with self._world.lock:
            # Where the API server failed meanwhile, the node was let go already.
            if node in group.leaving:
                group.leaving.remove(node)
                network.terminate(self._cluster, node)

    @staticmethod
    def _is_empty(client: Client, node: Node) -> bool:
        """Asks all pods to leave that can. Budgets may refuse that for now."""
        pods = client.get(f"/api/v1/pods?fieldSelector=spec.nodeName={node.name}") or {"items": []}
        empty = True
        for meta in (pod["metadata"] for pod in pods["items"]):
            owners = [owner["kind"] for owner in meta.get("ownerReferences", [])]
            if "DaemonSet" in owners:
                continue
            empty = False
            name, namespace = meta["name"], meta["namespace"]
            eviction = {
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": name, "namespace": namespace},
            }
            try:
                client.post(f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", eviction)
            except Unanswered:
                continue
        return empty

    def _look_at(self, client: Client, group: NodeGroup) -> None:
        selector = f"eks.amazonaws.com/nodegroup={group.name}"
        found = client.get(f"/api/v1/nodes?labelSelector={selector}") or {"items": []}
        ready = {node["metadata"]["name"] for node in found["items"] if _is_ready(node)}
        with self._world.lock:
            group.ready = all(node.name in ready for node in group.nodes)


def _is_ready(node: Thing) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
