"""A client for the API server of one cluster, with the administrator's certificate."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import yaml

TIMEOUT = 10.0
MANAGER = "eks"
"""The field manager of all that EKS applies; add-ons on AWS have the same."""

PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "CSIDriver": "csidrivers",
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "Node": "nodes",
    "RoleBinding": "rolebindings",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "StorageClass": "storageclasses",
}


class Unanswered(Exception):
    """The API server did not do it; it may later."""


def path_of(thing: dict[str, Any]) -> str:
    """Where an object lives."""
    version, meta = thing["apiVersion"], thing["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    place = f"/namespaces/{meta['namespace']}" if "namespace" in meta else ""
    return f"{root}{place}/{PLURALS[thing['kind']]}/{quote(meta['name'], safe=':')}"


class Client:
    """Not for several threads at once."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)
        with tempfile.NamedTemporaryFile("wb") as file:
            for part in ("client-certificate-data", "client-key-data"):
                file.write(base64.b64decode(user[part]))
            file.flush()
            self._context.load_cert_chain(file.name)
        self._host = urlsplit(cluster["server"]).netloc
        self._connection: http.client.HTTPSConnection | None = None

    def get(self, path: str) -> dict[str, Any] | None:
        """What is there; none if nothing is."""
        return self._ask("GET", path)

    def apply(self, thing: dict[str, Any]) -> None:
        """Server-side apply, by force."""
        path = f"{path_of(thing)}?fieldManager={MANAGER}&force=true"
        self._ask("PATCH", path, thing, "application/apply-patch+yaml")

    def patch(self, path: str, change: dict[str, Any]) -> None:
        """A merge patch."""
        self._ask("PATCH", path, change, "application/merge-patch+json")

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Creates something."""
        self._ask("POST", path, body)

    def delete(self, path: str) -> None:
        """Deletes; what is not there is deleted."""
        self._ask("DELETE", path)

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        content: str = "application/json",
    ) -> dict[str, Any] | None:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self._host, timeout=TIMEOUT, context=self._context
            )
        try:
            text = None if body is None else json.dumps(body)
            self._connection.request(method, path, text, {"Content-Type": content})
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            raise Unanswered(f"{method} {path}: {error}") from error
        if answer.status == 404 and method in ("GET", "DELETE"):
            return None
        if answer.status >= 300:
            raise Unanswered(f"{method} {path}: {answer.status} {said[:500]!r}")
        document: dict[str, Any] = json.loads(said)
        return document
