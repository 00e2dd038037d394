"""Insights: what stands in the way of the next version. Only EKS' checks of versions are here."""

from __future__ import annotations

import uuid
from typing import Any

from . import addon_catalogue, versions
from .faults import ResourceNotFound
from .operations import Call, operation, page
from .records import Cluster, now

CATEGORY = "UPGRADE_READINESS"


def _all(cluster: Cluster) -> list[dict[str, Any]]:
    number = versions.minor(cluster.version) + 1
    following = f"1.{number}"
    if following not in versions.VERSIONS:
        return []
    skewed = [
        group.name
        for group in cluster.nodegroups.values()
        if number - versions.minor(group.view["version"]) > versions.SKEW
    ]
    incompatible = [
        addon.name
        for addon in cluster.addons.values()
        if addon.view["addonVersion"] not in addon_catalogue.releases(addon.name, following)
    ]
    return [
        _insight(
            cluster,
            following,
            "Kubelet version skew",
            "Checks for kubelet minor versions of worker nodes in the cluster to see if upgrade "
            "would cause non compliance with supported Kubernetes kubelet version skew policy.",
            skewed,
        ),
        _insight(
            cluster,
            following,
            "EKS add-on version compatibility",
            "Checks version of installed EKS add-ons to ensure they are compatible with the next "
            "version of Kubernetes.",
            incompatible,
        ),
    ]


def _insight(
    cluster: Cluster, version: str, name: str, description: str, blockers: list[str]
) -> dict[str, Any]:
    names = ", ".join(blockers)
    return {
        # The same check of the same cluster has the same id.
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{cluster.id}/{name}")),
        "name": name,
        "category": CATEGORY,
        "kubernetesVersion": version,
        "lastRefreshTime": now(),
        "lastTransitionTime": cluster.view["createdAt"],
        "description": description,
        "insightStatus": {
            "status": "ERROR" if blockers else "PASSING",
            "reason": f"Not ready for {version}: {names}" if blockers else f"Ready for {version}.",
        },
        "recommendation": f"Update first: {names}" if blockers else "",
    }


@operation
def list_insights(call: Call) -> dict[str, Any]:
    """The insights that fit the filter."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    asked = call.params.get("filter") or {}
    shown = [
        {field: value for field, value in insight.items() if field != "recommendation"}
        for insight in _all(cluster)
        if insight["category"] in (asked.get("categories") or [CATEGORY])
        and insight["kubernetesVersion"] in (asked.get("kubernetesVersions") or versions.VERSIONS)
        and _fits(insight, asked.get("statuses") or [])
    ]
    part, token = page(shown, call)
    return {"insights": part, "nextToken": token}


def _fits(insight: dict[str, Any], statuses: list[str]) -> bool:
    return not statuses or insight["insightStatus"]["status"] in statuses


@operation
def describe_insight(call: Call) -> dict[str, Any]:
    """One insight."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    for insight in _all(cluster):
        if insight["id"] == call.params["id"]:
            return {"insight": insight}
    raise ResourceNotFound(f"No insight found with id: {call.params['id']}")
