"""Updates: changes that go on by themselves, and are asked after."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .faults import InvalidParameter, InvalidRequest, ResourceInUse, ResourceNotFound
from .operations import Call, operation, page
from .records import Cluster, Update
from .timing import course


def begin(
    call: Call,
    cluster: Cluster,
    kind: str,
    changes: dict[str, Any],
    *,
    duration: str,
    apply: Callable[[], None],
    waits: Callable[[], bool] | None = None,
    nodegroup: str | None = None,
    addon: str | None = None,
) -> Update:
    """Records an update. `changes` are shown as its params."""
    update = Update(
        type=kind,
        params=[{"type": name, "value": _text(value)} for name, value in changes.items()],
        course=course("InProgress", duration, "Successful"),
        token=call.token,
        sent=call.sent(),
        apply=apply,
        waits=waits,
        nodegroup=nodegroup,
        addon=addon,
    )
    cluster.updates.append(update)
    return update


def repeated(call: Call, cluster: Cluster) -> Update | None:
    """The update that the same request has begun before."""
    if call.token is None:
        return None
    same = (u for u in cluster.updates if u.token == call.token and u.sent == call.sent())
    return next(same, None)


def check_idle(cluster: Cluster) -> None:
    """A cluster takes one change at a time."""
    if (running := cluster.updating()) is not None:
        raise ResourceInUse(
            f"Cannot {running.type} because cluster {cluster.name} currently has update "
            f"{running.id} in progress",
            clusterName=cluster.name,
        )
    if cluster.status != "ACTIVE":
        raise InvalidRequest(
            f"Cluster '{cluster.name}' is not in ACTIVE status", clusterName=cluster.name
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _matching(call: Call, cluster: Cluster) -> list[Update]:
    group, addon = call.params.get("nodegroupName"), call.params.get("addonName")
    if group and addon:
        raise InvalidParameter("nodegroupName and addonName cannot both be given")
    return [u for u in cluster.updates if (u.nodegroup, u.addon) == (group, addon)]


@operation
def describe_update(call: Call) -> dict[str, Any]:
    """One update. That of a node group or add-on is found only with its name."""
    cluster = call.world.cluster(call, call.params["name"])
    wanted = call.params["updateId"]
    for update in _matching(call, cluster):
        if update.id == wanted:
            return {"update": update.view()}
    raise ResourceNotFound(f"No update found for ID: {wanted}", clusterName=cluster.name)


@operation
def list_updates(call: Call) -> dict[str, Any]:
    """The ids of updates."""
    cluster = call.world.cluster(call, call.params["name"])
    ids, token = page([update.id for update in _matching(call, cluster)], call)
    return {"updateIds": ids, "nextToken": token}
