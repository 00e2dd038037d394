"""The process: its files, its pages, its log, its end."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import sandbox
from sandbox import Sandbox, code


def page(server: Sandbox, path: str) -> Any:
    return json.load(urllib.request.urlopen(server.endpoint + path, timeout=5))


def test_it_says_who_and_where_it_is(server: Sandbox) -> None:
    answer = server.answer
    assert answer["id"] == page(server, "/_groundplan/status")["id"] == "sbx-test"
    assert answer["endpoint"].startswith("http://127.0.0.1:")
    assert (server.dir / "aws.json").stat().st_mode & 0o777 == 0o600
    assert (server.dir / "requests.jsonl").stat().st_mode & 0o777 == 0o600
    who = server.client("sts").get_caller_identity()
    assert (who["Account"], who["Arn"]) == (answer["account"], answer["caller_arn"])
    outsider = answer["outsider"]
    assert outsider["account"] != answer["account"]
    assert outsider["account"] in outsider["caller_arn"]


def test_a_folder_has_one_server(server: Sandbox) -> None:
    second = subprocess.run(
        sandbox.command(server.dir), capture_output=True, text=True, cwd=sandbox.SOURCES, timeout=30
    )
    assert second.returncode == 1
    assert "another server runs in" in second.stderr


def test_a_port_that_is_taken_is_an_error_with_a_sentence(server: Sandbox, tmp_path: Path) -> None:
    port = server.endpoint.rsplit(":", 1)[1]
    second = subprocess.run(
        sandbox.command(tmp_path, "--port", port),
        capture_output=True, text=True, cwd=sandbox.SOURCES, timeout=30,
    )  # fmt: skip
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1].startswith(f"error: could not listen on port {port}")
    assert not (tmp_path / "aws.json").exists()


def test_it_ends_when_told(tmp_path: Path) -> None:
    with sandbox.started(tmp_path) as server:
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == 0
        assert time.monotonic() - begun < 3


def test_every_request_is_logged_and_no_secret_is(server: Sandbox) -> None:
    secrets = server.client("secretsmanager")
    made = secrets.create_secret(Name="logged", SecretString="correct horse")
    server.client("sts").get_caller_identity()
    assert code(server.client("iam").get_role, RoleName="nobody") == "NoSuchEntity"
    create, who, missing = server.log()[-3:]
    assert create["id"] == made["ResponseMetadata"]["RequestId"]
    assert (create["service"], create["action"], create["mutating"], create["status"]) == (
        "secretsmanager", "CreateSecret", True, 200,
    )  # fmt: skip
    assert create["principal"] == server.answer["caller_arn"]
    assert (who["action"], who["mutating"]) == ("GetCallerIdentity", False)
    assert (missing["status"], missing["error"]) == (404, "NoSuchEntity")
    assert "correct horse" not in (server.dir / "requests.jsonl").read_text()


def test_request_ids_are_in_every_form_of_answer(server: Sandbox) -> None:
    for answer in (
        server.client("ec2").describe_vpcs(),
        server.client("rds").describe_db_instances(),
        server.client("eks").list_clusters(),
        server.client("s3").list_buckets(),
        server.client("secretsmanager").list_secrets(),
    ):
        metadata = answer["ResponseMetadata"]
        assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
        assert metadata["RequestId"] == server.log()[-1]["id"] or metadata["RequestId"] in {
            line["id"] for line in server.log()
        }


def test_what_the_sandbox_lacks_is_said(server: Sandbox) -> None:
    for service, call in (("cloudtrail", "lookup_events"), ("pricing", "describe_services")):
        refused = sandbox.error(getattr(server.client(service), call))
        assert refused["Code"] == "NotImplemented"
        assert "the sandbox has no" in refused["Message"]


def test_a_head_request_keeps_its_length(server: Sandbox) -> None:
    s3 = server.client("s3")
    where = {"LocationConstraint": server.answer["region"]}
    s3.create_bucket(Bucket="lengths", CreateBucketConfiguration=where)
    s3.put_object(Bucket="lengths", Key="a b/c+d~é", Body=b"x" * 100)
    assert s3.head_object(Bucket="lengths", Key="a b/c+d~é")["ContentLength"] == 100
    assert s3.get_object(Bucket="lengths", Key="a b/c+d~é")["Body"].read() == b"x" * 100


def test_it_ends_with_those_who_hold_the_lock(tmp_path: Path) -> None:
    users = tmp_path / "users.lock"
    with users.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with sandbox.started(tmp_path, "--while-locked", str(users)) as server:
            assert page(server, "/_groundplan/status")["id"] == "sbx-test"
            held.close()
            assert server.process.wait(5) == 0
