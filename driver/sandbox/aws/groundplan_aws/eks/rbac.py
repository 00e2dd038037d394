"""Access policies as Kubernetes knows them: a group for each, bound to the role it stands for.

EKS has an authoriser of its own for policies. RBAC gives the same rights to the same people, and
the API server can do it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from .entries import POLICY
from .policies import ROLES
from .records import AccessEntry, Cluster

API = "rbac.authorization.k8s.io"
PREFIX = "groundplan:eks:"


def _scopes(entry: AccessEntry) -> Iterator[tuple[str, str | None]]:
    """The name of each policy, with a pattern of namespaces; none for the whole cluster."""
    for policy in entry.policies.values():
        name = policy["policyArn"].removeprefix(POLICY)
        scope = policy["accessScope"]
        if scope["type"] == "cluster":
            yield name, None
        else:
            yield from ((name, pattern) for pattern in scope["namespaces"])


def _group(policy: str, pattern: str | None) -> str:
    return PREFIX + policy if pattern is None else f"{PREFIX}{policy}:{pattern}"


def groups_of(entry: AccessEntry) -> list[str]:
    """The groups that an entry's policies put its bearer in."""
    return [_group(policy, pattern) for policy, pattern in _scopes(entry)]


def needs_namespaces(cluster: Cluster) -> bool:
    """Whether the namespaces of a cluster matter: bindings are made in new ones too."""
    entries = cluster.entries.values()
    return any(pattern is not None for entry in entries for _, pattern in _scopes(entry))


def objects(cluster: Cluster, namespaces: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The roles and bindings that a cluster needs."""
    yield {
        "apiVersion": f"{API}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": ROLES["AmazonEKSAdminViewPolicy"]},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}],
    }
    for policy in ROLES:
        yield _binding("ClusterRoleBinding", {"name": PREFIX + policy}, policy, None)
    entries = cluster.entries.values()
    scopes = {scope for entry in entries for scope in _scopes(entry) if scope[1] is not None}
    for policy, pattern in sorted(scopes):
        for namespace in namespaces:
            if fnmatchcase(namespace, pattern or ""):
                # A name has no star in it.
                name = _group(policy, pattern).replace("*", "any")
                meta = {"name": name, "namespace": namespace}
                yield _binding("RoleBinding", meta, policy, pattern)


def _binding(
    kind: str, metadata: dict[str, str], policy: str, pattern: str | None
) -> dict[str, Any]:
    return {
        "apiVersion": f"{API}/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": API, "kind": "ClusterRole", "name": ROLES[policy]},
        "subjects": [{"apiGroup": API, "kind": "Group", "name": _group(policy, pattern)}],
    }
