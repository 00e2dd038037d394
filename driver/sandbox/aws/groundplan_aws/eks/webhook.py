"""`/_groundplan/authn/KEY`: who the bearer of a token is, asked by the API server of a cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from groundplan_aws.access import Principal
from groundplan_aws.routes import Reply

from . import rbac, token
from .records import Cluster
from .token import Refused
from .world import World

PATH = "/_groundplan/authn/"


class Webhook:
    """Answers TokenReviews."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, _: str, path: str, __: Mapping[str, str], body: bytes) -> Reply:
        """Answers one."""
        key = path.split("?", maxsplit=1)[0].removeprefix(PATH)
        try:
            review = json.loads(body)
            bearer = review["spec"]["token"]
        except (ValueError, KeyError, TypeError):
            return _reply(400, {"message": "a TokenReview is expected, sent by POST"})
        with self._world.lock:
            cluster = self._world.by_key(key)
            if cluster is None:
                return _reply(404, {"message": f"there is no cluster {key}"})
            try:
                status = {"authenticated": True, "user": self._user(cluster, bearer)}
            except Refused as why:
                print(f"cluster {key} refused a token: {why}", file=sys.stderr)
                status = {"authenticated": False, "error": str(why)}
        answer = {name: review.get(name) for name in ("apiVersion", "kind")}
        return _reply(200, answer | {"status": status})

    def _user(self, cluster: Cluster, bearer: str) -> dict[str, Any]:
        found = token.caller(bearer, cluster.name, self._world.settings.endpoint)
        entry = cluster.entries.get(found.iam_arn)
        if entry is None or entry.principal_id != _id(found):
            if entry is None and _made_it(cluster, found):
                return _info(found, found.arn, ["system:masters"])
            raise Refused(f"{found.iam_arn} has no access entry in cluster {cluster.name}")
        name = entry.view["username"].replace("{{SessionName}}", _session(found))
        name = name.replace("{{AccountID}}", found.account)
        groups = entry.view["kubernetesGroups"] + rbac.groups_of(entry)
        return _info(found, name, groups)


def _made_it(cluster: Cluster, found: Principal) -> bool:
    """Without access entries, only whoever made a cluster is known to it."""
    access = cluster.view["accessConfig"]
    return (
        access["authenticationMode"] == "CONFIG_MAP"
        and access["bootstrapClusterCreatorAdminPermissions"]
        and found.iam_arn == cluster.creator
    )


def _id(found: Principal) -> str:
    return found.identity.id if found.identity else ""


def _session(found: Principal) -> str:
    """The name of a role's session."""
    return "" if found.arn == found.iam_arn else found.arn.rsplit("/", 1)[-1]


def _info(found: Principal, name: str, groups: list[str]) -> dict[str, Any]:
    return {
        "username": name,
        "uid": f"aws-iam-authenticator:{found.account}:{_id(found)}",
        "groups": groups,
        "extra": {
            "arn": [found.arn],
            "canonicalArn": [found.iam_arn],
            "principalId": [_id(found)],
            "sessionName": [_session(found)],
        },
    }


def _reply(status: int, answer: dict[str, Any]) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(answer).encode()
