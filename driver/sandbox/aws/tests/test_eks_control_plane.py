"""A cluster with its control plane, from nothing to a workload and back.

It needs the control plane's program: GROUNDPLAN_CONTROL_PLANE names it.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from eks_sandbox import ACCESS_POLICY, Sandbox, bearer, running

PROGRAM = os.environ.get("GROUNDPLAN_CONTROL_PLANE")
CLUSTER = "main"
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="GROUNDPLAN_CONTROL_PLANE is not set")


class Api:
    """The API server, as somebody with a token sees it."""

    def __init__(self, cluster: dict[str, Any], token: str) -> None:
        authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)
        self._endpoint = cluster["endpoint"]
        self._token = token

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._endpoint + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self._context) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def get(self, path: str) -> dict[str, Any]:
        status, answer = self.ask("GET", path)
        assert status == 200, answer
        return answer

    def make(self, path: str, thing: dict[str, Any]) -> None:
        status, answer = self.ask("POST", path, thing)
        assert status == 201, answer

    def status(self, path: str) -> int:
        return self.ask("GET", path)[0]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("full")
    program = folder / "program"
    with running(folder / "run", "full", "--control-plane", str(program)) as it:
        it.program = program
        _, it.subnets = it.network()
        it.cluster_role = it.role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
        make(it)
        yield it
    assert not list((folder / "run").glob("clusters/*/ready.json")), "it ended with the sandbox"


def make(sandbox: Sandbox) -> None:
    sandbox.eks.create_cluster(
        name=CLUSTER,
        version="1.36",
        roleArn=sandbox.cluster_role,
        resourcesVpcConfig={"subnetIds": sandbox.subnets},
        accessConfig={
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        },
        bootstrapSelfManagedAddons=False,
    )


@pytest.fixture(scope="module")
def cluster(sandbox: Sandbox) -> dict[str, Any]:
    """The cluster, which waits for the program, and once failed for want of it."""
    time.sleep(0.5)
    assert sandbox.cluster(CLUSTER)["status"] == "CREATING", "its program is on its way"
    unavailable = sandbox.folder / "control-plane.unavailable"
    unavailable.write_text("the build failed: disk full\nmake room\n")
    failed = sandbox.cluster(CLUSTER)
    assert failed["status"] == "FAILED"
    assert failed["health"]["issues"][0]["message"] == "the build failed: disk full; make room"
    unavailable.unlink()
    sandbox.program.symlink_to(Path(str(PROGRAM)))
    return sandbox.wait_for("ACTIVE", lambda: sandbox.cluster(CLUSTER))


def enter(sandbox: Sandbox, principal: str, *policies: tuple[str, dict[str, Any]]) -> None:
    """Lets a principal in."""
    name = {"clusterName": CLUSTER, "principalArn": principal}
    sandbox.eks.create_access_entry(**name)
    for policy, scope in policies:
        arn = ACCESS_POLICY + policy
        sandbox.eks.associate_access_policy(**name, policyArn=arn, accessScope=scope)


def assume(sandbox: Sandbox, role: str, session: str) -> boto3.Session:
    sts = sandbox.admin.client("sts", endpoint_url=sandbox.endpoint)
    keys = sts.assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
    return sandbox.session(keys)


@pytest.fixture(scope="module")
def admin(sandbox: Sandbox, cluster: dict[str, Any]) -> Api:
    """The administrator, who is nobody here until an entry lets them in."""
    token = bearer(sandbox, CLUSTER, sandbox.admin)
    assert Api(cluster, token).status("/version") == 401
    everywhere = {"type": "cluster"}
    enter(sandbox, sandbox.answer["caller_arn"], ("AmazonEKSClusterAdminPolicy", everywhere))
    fresh = Api(cluster, bearer(sandbox, CLUSTER, sandbox.admin, expires=61))
    sandbox.wait("the entry to count", lambda: fresh.status("/version") == 200 or None)
    return fresh


def test_only_whom_an_entry_names_is_let_in(
    sandbox: Sandbox, cluster: dict[str, Any], admin: Api
) -> None:
    assert admin.get("/version")["gitVersion"].startswith("v1.")
    admin.make("/api/v1/namespaces", {"metadata": {"name": "first"}})
    me = admin.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})[1]
    assert me["status"]["userInfo"]["username"] == sandbox.answer["caller_arn"]

    def status(session: boto3.Session, name: str = CLUSTER, **other: Any) -> int:
        return Api(cluster, bearer(sandbox, name, session, **other)).status("/version")

    assert status(sandbox.outsider) == 401, "no entry"
    keys = sandbox.answer | {"secret_access_key": "another" + "x" * 33}
    assert status(sandbox.session(keys)) == 401, "a forged signature"
    assert status(sandbox.admin, name="other") == 401, "for another cluster"
    assert status(sandbox.admin, header="x-other") == 401, "for no cluster"
    assert status(sandbox.admin, query="&X=1") == 401, "more parameters"
    assert status(sandbox.admin, expires=1000) == 401, "too long a life"
    query = "?Action=GetCallerIdentity&Version=2011-06-15"
    assert status(sandbox.admin, url=f"https://sts.example.com/{query}") == 401, "not STS"
    regional = f"https://sts.eu-west-1.amazonaws.com/{query}"
    assert status(sandbox.admin, url=regional) == 200


def test_policies_are_rights(sandbox: Sandbox, cluster: dict[str, Any], admin: Api) -> None:
    role = sandbox.role("viewer", "arn:aws:iam::123456789012:root")
    some = {"type": "namespace", "namespaces": ["team-*"]}
    enter(sandbox, role, ("AmazonEKSViewPolicy", some))
    viewer = Api(cluster, bearer(sandbox, CLUSTER, assume(sandbox, role, "jane")))
    me = viewer.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})[1]
    user = me["status"]["userInfo"]["username"]
    assert user == "arn:aws:sts::123456789012:assumed-role/viewer/jane"
    pods = "/api/v1/namespaces/{}/pods"
    assert viewer.status(pods.format("default")) == 403
    admin.make("/api/v1/namespaces", {"metadata": {"name": "team-later"}})
    path = pods.format("team-later")
    sandbox.wait("the right in a new namespace", lambda: viewer.status(path) == 200 or None)
    assert viewer.status("/api/v1/namespaces/team-later/secrets") == 403
    assert viewer.ask("POST", path, {"metadata": {"name": "x"}})[0] == 403

    name = {"clusterName": CLUSTER, "principalArn": role}
    policy = {"policyArn": ACCESS_POLICY + "AmazonEKSAdminViewPolicy"}
    sandbox.eks.associate_access_policy(**name, **policy, accessScope={"type": "cluster"})
    secrets = "/api/v1/namespaces/kube-system/secrets"
    sandbox.wait("the wider right", lambda: viewer.status(secrets) == 200 or None)

    # The same name is not the same role.
    sandbox.iam.delete_role(RoleName="viewer")
    sandbox.role("viewer", "arn:aws:iam::123456789012:root")
    again = Api(cluster, bearer(sandbox, CLUSTER, assume(sandbox, role, "jane")))
    assert again.status(path) == 401


def nodes(admin: Api) -> list[dict[str, Any]]:
    found = admin.get("/api/v1/nodes")["items"]
    return sorted(found, key=lambda node: node["metadata"]["creationTimestamp"])


GROUP = {"clusterName": CLUSTER, "nodegroupName": "main"}


def group(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.eks.describe_nodegroup(**GROUP)["nodegroup"]


def test_nodes_join_when_they_have_a_network(sandbox: Sandbox, admin: Api) -> None:
    policies = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
    sandbox.eks.create_nodegroup(
        **GROUP,
        nodeRole=sandbox.role("nodes", "ec2.amazonaws.com", *policies),
        subnets=sandbox.subnets,
        instanceTypes=["m6i.large"],
        labels={"pool": "main"},
        scalingConfig={"minSize": 1, "desiredSize": 2, "maxSize": 3},
    )

    def without_network() -> bool | None:
        said = [c for n in nodes(admin) for c in n.get("status", {}).get("conditions", [])]
        why = [c["message"] for c in said if (c["type"], c["status"]) == ("Ready", "False")]
        return len([text for text in why if "cni plugin not initialized" in text]) == 2 or None

    sandbox.wait("nodes that lack a network", without_network)
    assert group(sandbox)["status"] == "CREATING"
    sandbox.eks.create_addon(clusterName=CLUSTER, addonName="vpc-cni")
    sandbox.wait_for("ACTIVE", lambda: group(sandbox))
    made = nodes(admin)
    assert len(made) == 2
    for node in made:
        assert node["metadata"]["labels"]["pool"] == "main"
        assert node["status"]["allocatable"]["cpu"] == "2"
        assert node["status"]["allocatable"]["pods"] == "29"
    assert {n["metadata"]["labels"]["topology.kubernetes.io/zone"] for n in made} == {
        "eu-west-1a",
        "eu-west-1b",
    }


def is_ready(admin: Api) -> bool | None:
    path = "/apis/apps/v1/namespaces/app/deployments/web"
    return admin.get(path)["status"].get("readyReplicas") == 2 or None


def test_a_workload_runs(sandbox: Sandbox, admin: Api) -> None:
    configuration = json.dumps({"defaultStorageClass": {"enabled": True}})
    sandbox.eks.create_addon(
        clusterName=CLUSTER, addonName="aws-ebs-csi-driver", configurationValues=configuration
    )
    classes = "/apis/storage.k8s.io/v1/storageclasses/ebs-csi-default-sc"
    sandbox.wait("the add-on's class", lambda: admin.status(classes) == 200 or None)
    admin.make("/api/v1/namespaces", {"metadata": {"name": "app"}})
    admin.make("/apis/apps/v1/namespaces/app/deployments", deployment())
    admin.make("/apis/batch/v1/namespaces/app/jobs", job())
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    admin.make("/api/v1/namespaces/app/persistentvolumeclaims", claim)
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    store = pod(volumes=[volume])
    store["metadata"] = {"name": "store"}
    admin.make("/api/v1/namespaces/app/pods", store)

    def complete() -> bool | None:
        conditions = admin.get("/apis/batch/v1/namespaces/app/jobs/hook")["status"]
        return any(c["type"] == "Complete" for c in conditions.get("conditions", [])) or None

    sandbox.wait("a ready Deployment", lambda: is_ready(admin))
    sandbox.wait("the end of a hook's Job", complete)
    path = "/api/v1/namespaces/app/persistentvolumeclaims/data"
    sandbox.wait("a volume", lambda: admin.get(path)["status"]["phase"] == "Bound" or None)
    assert admin.get(path)["spec"]["storageClassName"] == "ebs-csi-default-sc"
    driver = "/apis/apps/v1/namespaces/kube-system/deployments/ebs-csi-controller"
    assert admin.status(driver) == 200


def test_nodes_come_and_go_and_pods_move(sandbox: Sandbox, admin: Api) -> None:
    sandbox.eks.update_nodegroup_config(
        **GROUP,
        scalingConfig={"desiredSize": 1},
        labels={"addOrUpdateLabels": {"pool": "small"}},
    )
    sandbox.wait_for("ACTIVE", lambda: group(sandbox))
    left = nodes(admin)
    assert [n["metadata"]["labels"]["pool"] for n in left] == ["small"]
    sandbox.wait("the pods on the other node", lambda: is_ready(admin))

    sandbox.eks.update_nodegroup_version(**GROUP, version="1.36")
    sandbox.wait_for("ACTIVE", lambda: group(sandbox))
    replaced = nodes(admin)
    assert len(replaced) == 1
    assert replaced[0]["metadata"]["name"] != left[0]["metadata"]["name"]
    sandbox.wait("the pods on the new node", lambda: is_ready(admin))

    sandbox.eks.delete_nodegroup(**GROUP)
    sandbox.wait_gone(lambda: group(sandbox))
    assert nodes(admin) == []


def test_a_deleted_cluster_takes_its_control_plane_along(sandbox: Sandbox, admin: Api) -> None:
    sandbox.eks.delete_cluster(name=CLUSTER)
    sandbox.wait_gone(lambda: sandbox.cluster(CLUSTER))
    with pytest.raises(urllib.error.URLError):
        admin.status("/version")
    assert not (sandbox.folder / "clusters" / CLUSTER).exists()


def test_a_cluster_without_its_control_plane_has_failed(sandbox: Sandbox) -> None:
    """It is a new one under a name that was used before."""
    make(sandbox)
    sandbox.wait_for("ACTIVE", lambda: sandbox.cluster(CLUSTER))
    ready = sandbox.folder / "clusters" / CLUSTER / "ready.json"
    os.kill(json.loads(ready.read_text())["pid"], signal.SIGKILL)
    failed = sandbox.wait_for("FAILED", lambda: sandbox.cluster(CLUSTER))
    assert "control-plane.log" in failed["health"]["issues"][0]["message"]
    assert not ready.exists(), "nobody goes on trusting it"
    sandbox.eks.delete_cluster(name=CLUSTER)
    sandbox.wait_gone(lambda: sandbox.cluster(CLUSTER))


def pod(**spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "shop/web:1"}
    spec |= {"containers": [container]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": spec}


def deployment() -> dict[str, Any]:
    selector = {"matchLabels": {"app": "web"}}
    spec = {"replicas": 2, "selector": selector, "template": pod()}
    return {"metadata": {"name": "web"}, "spec": spec}


def job() -> dict[str, Any]:
    hook = {"helm.sh/hook": "pre-install"}
    template = pod(restartPolicy="Never")
    return {"metadata": {"name": "hook", "annotations": hook}, "spec": {"template": template}}
