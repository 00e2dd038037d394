"""A sandbox server as a process, and what EKS needs to be there before it makes anything."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3
import sandbox
from botocore.signers import RequestSigner

PATIENCE = 90.0
POLICY = "arn:aws:iam::aws:policy/"
ACCESS_POLICY = "arn:aws:eks::aws:cluster-access-policy/"
T = TypeVar("T")


class Sandbox:
    """A running server, seen by its administrator."""

    def __init__(self, server: sandbox.Sandbox) -> None:
        self.folder = server.dir
        self.answer = server.answer
        self.endpoint = server.endpoint
        self.region: str = server.answer["region"]
        self.admin = self.session(server.answer)
        self.outsider = self.session(server.answer["outsider"])
        self.eks = server.client("eks")
        self.eks.meta.events.register("after-call.eks", check_error)
        self.ec2 = server.client("ec2")
        self.iam = server.client("iam")

    def session(self, keys: dict[str, Any]) -> boto3.Session:
        """A session with an access key, of a user or of a role."""
        return boto3.Session(
            keys.get("access_key_id") or keys["AccessKeyId"],
            keys.get("secret_access_key") or keys["SecretAccessKey"],
            keys.get("SessionToken"),
            region_name=self.region,
        )

    def role(self, name: str, service: str, *policies: str) -> str:
        """A role that a service may assume."""
        principal = {"Service": service} if "." in service else {"AWS": service}
        allow = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        for policy in policies:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=POLICY + policy)
        return made["Role"]["Arn"]

    def network(self) -> tuple[str, list[str]]:
        """A VPC with a subnet in each of two zones."""
        vpc = self.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            self.ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=self.region + zone
            )["Subnet"]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        return vpc, subnets

    def wait(self, what: str, look: Callable[[], T | None]) -> T:
        """Looks until there is something to see."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if (seen := look()) is not None:
                return seen
            time.sleep(0.05)
        raise AssertionError(f"waited {PATIENCE} s for {what}")

    def wait_for(self, status: str, describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Waits until an object has a state."""
        seen: list[str] = []

        def look() -> dict[str, Any] | None:
            thing = describe()
            seen.append(thing["status"])
            return thing if thing["status"] == status else None

        try:
            return self.wait(status, look)
        except AssertionError as error:
            raise AssertionError(f"{error}; last {seen[-1]}") from None

    def cluster(self, name: str) -> dict[str, Any]:
        """A cluster as it is now."""
        return self.eks.describe_cluster(name=name)["cluster"]

    def wait_gone(self, describe: Callable[[], Any]) -> None:
        """Waits until an object is not found."""

        def look() -> bool | None:
            try:
                describe()
            except self.eks.exceptions.ResourceNotFoundException:
                return True
            return None

        self.wait("its end", look)


def check_error(http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """Refuses errors that the operation does not have."""
    if http_response.status_code >= 300:
        codes = [shape.error_code for shape in model.error_shapes]
        assert parsed["Error"]["Code"] in codes, f"{model.name} has no {parsed['Error']}"


@contextmanager
def running(folder: Path, mode: str, *more: str) -> Iterator[Sandbox]:
    """Runs a server until the block ends; it has to end in order."""
    folder.mkdir(parents=True, exist_ok=True)
    with sandbox.started(folder, "--mode", mode, *more) as server:
        yield Sandbox(server)
    assert server.process.returncode == 0, (folder / "aws.log").read_text()


def bearer(server: Sandbox, cluster: str, session: boto3.Session, **other: Any) -> str:
    """A token for a cluster, as `aws eks get-token` makes them. `other` changes what is signed."""
    credentials = session.get_credentials()
    sts = session.client("sts", endpoint_url=server.endpoint)
    signer = RequestSigner(
        sts.meta.service_model.service_id,
        server.region,
        "sts",
        "v4",
        credentials,
        session.events,
    )
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    request = {
        "method": "GET",
        "url": other.get("url", f"{server.endpoint}/?{query}{other.get('query', '')}"),
        "body": {},
        "headers": {other.get("header", "x-k8s-aws-id"): cluster},
        "context": {},
    }
    url = signer.generate_presigned_url(
        request, "GetCallerIdentity", expires_in=other.get("expires", 60)
    )
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
