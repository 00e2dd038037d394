"""Faults on purpose: each befalls the calls that its rule names, and is logged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sandbox
from botocore.exceptions import HTTPClientError
from conftest import eventually
from sandbox import Sandbox, code


@pytest.fixture
def arm(server: Sandbox) -> Iterator[Callable[..., None]]:
    path = server.dir / "faults.json"

    def write(*rules: dict[str, Any]) -> None:
        new = path.with_suffix(".new")
        new.write_text(json.dumps(rules))
        new.rename(path)

    yield write
    path.unlink(missing_ok=True)


def vpcs(aws: Callable[..., Any]) -> int:
    return len(aws("ec2").describe_vpcs()["Vpcs"])


def create_vpc(aws: Callable[..., Any]) -> None:
    aws("ec2").create_vpc(CidrBlock="10.9.0.0/16")


def script(server: Sandbox) -> str:
    keys = (server.answer["access_key_id"], server.answer["secret_access_key"])
    return (
        f"import sys; sys.path[:] = {sys.path!r}; import boto3; "
        f"ec2 = boto3.client('ec2', endpoint_url={server.endpoint!r}, region_name='eu-west-1', "
        f"aws_access_key_id={keys[0]!r}, aws_secret_access_key={keys[1]!r}); "
        "ec2.create_vpc(CidrBlock='10.9.0.0/16')"
    )


def started(server: Sandbox) -> subprocess.Popen[bytes]:
    """A process that makes a VPC, as a run is started."""
    return subprocess.Popen([sys.executable, "-c", script(server)], start_new_session=True)


def test_without_rules_nothing_is_in_the_way(aws: Callable[..., Any], server: Sandbox) -> None:
    create_vpc(aws)
    assert "fault" not in server.log()[-1]


def test_a_throttled_call_gets_the_code_of_its_service(
    aws: Callable[..., Any], arm: Callable[..., None], server: Sandbox
) -> None:
    arm({"call": "*:Describe*", "do": "throttle", "times": None})
    assert code(aws("ec2").describe_vpcs) == "RequestLimitExceeded"
    assert code(aws("rds").describe_db_instances) == "Throttling"
    assert code(aws("eks").describe_cluster, name="x") == "ThrottlingException"
    assert server.log()[-1]["fault"] == "throttle before"


def test_only_the_nth_call_that_matches_is_befallen(
    aws: Callable[..., Any], arm: Callable[..., None]
) -> None:
    arm({"call": "ec2:CreateVpc", "nth": 2, "do": "error", "code": "VpcLimitExceeded"})
    create_vpc(aws)
    aws("ec2").describe_vpcs()
    assert code(aws("ec2").create_vpc, CidrBlock="10.9.0.0/16") == "VpcLimitExceeded"
    create_vpc(aws)
    arm({"call": "ec2:CreateVpc", "nth": 2, "do": "reset"})
    create_vpc(aws)  # a new file counts anew


def test_a_call_is_known_by_what_it_is_about(
    aws: Callable[..., Any], arm: Callable[..., None]
) -> None:
    arm({"call": "iam:GetRole", "about": "RoleName=two", "do": "throttle"})
    assert code(aws("iam").get_role, RoleName="one") == "NoSuchEntity"
    assert code(aws("iam").get_role, RoleName="two") == "Throttling"


def test_reads_can_be_met_once_something_has_changed(
    aws: Callable[..., Any], arm: Callable[..., None]
) -> None:
    arm({"call": "ec2:Describe*", "changed": True, "do": "throttle"})
    aws("ec2").describe_vpcs()
    create_vpc(aws)
    assert code(aws("ec2").describe_vpcs) == "RequestLimitExceeded"


def test_an_answer_is_lost_before_or_after_the_call_was_handled(
    aws: Callable[..., Any], arm: Callable[..., None], server: Sandbox
) -> None:
    before = vpcs(aws)
    for when, made in [("before", 0), ("after", 1)]:
        arm({"call": "ec2:CreateVpc", "do": "reset", "when": when})
        with pytest.raises(HTTPClientError):
            create_vpc(aws)
        assert (server.log()[-1]["fault"], server.log()[-1]["status"]) == (f"reset {when}", None)
        assert vpcs(aws) == before + made


def test_a_late_error_hides_what_was_done(
    aws: Callable[..., Any], arm: Callable[..., None]
) -> None:
    before = vpcs(aws)
    arm({"call": "ec2:CreateVpc", "do": "error", "status": 503, "when": "after"})
    assert code(aws("ec2").create_vpc, CidrBlock="10.9.0.0/16") == "InternalFailure"
    assert vpcs(aws) == before + 1


def test_a_delay_holds_one_call_and_no_other(
    aws: Callable[..., Any], arm: Callable[..., None], server: Sandbox
) -> None:
    arm({"call": "ec2:CreateVpc", "do": "delay", "seconds": 1.5})
    with started(server) as slow:
        eventually(1, lambda: vpcs(aws) and 1)
        assert slow.poll() is None
        assert slow.wait(20) == 0


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_the_client_is_killed(
    aws: Callable[..., Any], arm: Callable[..., None], server: Sandbox, when: str, made: int
) -> None:
    before = vpcs(aws)
    arm({"call": "ec2:CreateVpc", "do": "kill", "when": when})
    with started(server) as client:
        assert client.wait(20) == -signal.SIGKILL
    eventually(f"kill {when}", lambda: last_create(server).get("fault"))
    assert vpcs(aws) == before + made


def test_a_frozen_client_has_its_call_handled_when_it_goes_on(
    aws: Callable[..., Any], arm: Callable[..., None], server: Sandbox
) -> None:
    before = vpcs(aws)
    arm({"call": "ec2:CreateVpc", "do": "freeze"})
    with started(server) as client:
        eventually("T", lambda: state(client.pid))
        time.sleep(0.2)
        assert vpcs(aws) == before
        os.kill(client.pid, signal.SIGCONT)
        assert client.wait(20) == 0
    assert vpcs(aws) == before + 1


def test_who_is_no_run_is_not_killed(aws: Callable[..., Any], arm: Callable[..., None]) -> None:
    arm({"call": "ec2:CreateVpc", "do": "kill"})
    refused = sandbox.error(aws("ec2").create_vpc, CidrBlock="10.9.0.0/16")
    assert "it is no run" in refused["Message"]


def test_the_run_that_started_helm_is_killed_for_what_helm_calls(
    arm: Callable[..., None], server: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "helm").symlink_to(sys.executable)
    arm({"call": "ec2:CreateVpc", "do": "kill"})
    call = [str(tmp_path / "helm"), "-c", script(server)]
    run = f"import subprocess; subprocess.run({call!r}, process_group=0)"
    with subprocess.Popen([sys.executable, "-c", run], start_new_session=True) as client:
        assert client.wait(20) == -signal.SIGKILL


def last_create(server: Sandbox) -> dict[str, Any]:
    return [line for line in server.log() if line["action"] == "CreateVpc"][-1]


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
