"""Tags of everything in EKS that has any."""

from __future__ import annotations

from typing import Any

from .faults import BadRequest, NotFound
from .operations import Call, operation

LIMIT = 50
"""Tags of one object."""


def _find(call: Call) -> dict[str, str]:
    arn: str = call.params["resourceArn"]
    for cluster in call.world.of(call).values():
        if cluster.arn == arn:
            return cluster.tags
        for objects in (cluster.nodegroups, cluster.addons, cluster.entries):
            for thing in objects.values():
                if thing.arn == arn:
                    return thing.tags
        for association in cluster.associations.values():
            if association["associationArn"] == arn:
                tags: dict[str, str] = association["tags"]
                return tags
    raise NotFound(f"Resource not found for ARN: {arn}")


@operation
def tag_resource(call: Call) -> dict[str, Any]:
    """Sets tags."""
    tags, asked = _find(call), call.params["tags"]
    if any(key.startswith("aws:") for key in asked):
        raise BadRequest("Tag keys cannot start with aws:")
    if len(tags | asked) > LIMIT:
        raise BadRequest(f"A resource has at most {LIMIT} tags")
    tags.update(asked)
    return {}


@operation
def untag_resource(call: Call) -> dict[str, Any]:
    """Removes tags."""
    tags = _find(call)
    for key in call.params["tagKeys"]:
        tags.pop(key, None)
    return {}


@operation
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """The tags."""
    return {"tags": dict(_find(call))}
