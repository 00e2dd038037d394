"""Pod identity associations: which role the pods of a service account get.

They are kept and shown. Nothing hands the role's credentials to pods, as no container runs.
"""

from __future__ import annotations

import secrets
from typing import Any

from . import principals
from .faults import InvalidParameter, ResourceInUse, ResourceNotFound
from .operations import Call, operation, page
from .records import Cluster, now

SUMMARY = (
    "clusterName",
    "namespace",
    "serviceAccount",
    "associationArn",
    "associationId",
)
FIELDS = ("disableSessionTags", "targetRoleArn", "policy")


@operation
def create_pod_identity_association(call: Call) -> dict[str, Any]:
    """Gives a role to a service account, which need not be there yet."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    who = (call.params["namespace"], call.params["serviceAccount"])
    for known in cluster.associations.values():
        if (known["namespace"], known["serviceAccount"]) == who:
            raise ResourceInUse(
                f"Association already exists: {known['associationId']}", clusterName=cluster.name
            )
    role = call.params["roleArn"]
    _check_role(role)
    identity = "a-" + secrets.token_hex(9)[:17]
    cluster.associations[identity] = {
        "clusterName": cluster.name,
        "namespace": who[0],
        "serviceAccount": who[1],
        "roleArn": role,
        "associationArn": cluster.child_arn("podidentityassociation", identity),
        "associationId": identity,
        "tags": dict(call.params.get("tags") or {}),
        "createdAt": now(),
        "modifiedAt": now(),
        **{field: call.params[field] for field in FIELDS if field in call.params},
    }
    return {"association": cluster.associations[identity]}


def _check_role(arn: str) -> None:
    if principals.find_role(arn) is None:
        raise InvalidParameter(f"Role provided in the request does not exist: {arn}")


def _find(call: Call) -> tuple[Cluster, dict[str, Any]]:
    cluster = call.world.cluster(call, call.params["clusterName"])
    identity = call.params["associationId"]
    if identity not in cluster.associations:
        raise ResourceNotFound(f"No association found with associationId : {identity}")
    return cluster, cluster.associations[identity]


@operation
def describe_pod_identity_association(call: Call) -> dict[str, Any]:
    """One association."""
    return {"association": _find(call)[1]}


@operation
def list_pod_identity_associations(call: Call) -> dict[str, Any]:
    """All, or those of a namespace or service account."""
    cluster = call.world.cluster(call, call.params["clusterName"])
    wanted = {n: call.params[n] for n in ("namespace", "serviceAccount") if call.params.get(n)}
    shown = [
        {field: known[field] for field in SUMMARY}
        for known in cluster.associations.values()
        if wanted.items() <= known.items()
    ]
    part, token = page(shown, call)
    return {"associations": part, "nextToken": token}


@operation
def update_pod_identity_association(call: Call) -> dict[str, Any]:
    """Gives another role."""
    _, known = _find(call)
    if role := call.params.get("roleArn"):
        _check_role(role)
        known["roleArn"] = role
    known |= {field: call.params[field] for field in FIELDS if field in call.params}
    known["modifiedAt"] = now()
    return {"association": known}


@operation
def delete_pod_identity_association(call: Call) -> dict[str, Any]:
    """Takes the role away."""
    cluster, known = _find(call)
    del cluster.associations[known["associationId"]]
    return {"association": known}
