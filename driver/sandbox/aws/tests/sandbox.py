"""Starts the server as a process, and talks to it with boto3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import shapes
from botocore.config import Config
from botocore.exceptions import ClientError

SOURCES = Path(__file__).parent.parent
START_LIMIT = 60


@dataclass
class Sandbox:
    """A server that answers."""

    dir: Path
    process: subprocess.Popen[bytes]
    answer: dict[str, Any]

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return str(self.answer["endpoint"])

    def client(self, service: str, **credentials: str) -> Any:
        """A client that tries once: the administrator's, unless other credentials are given."""
        keys = {
            "aws_access_key_id": self.answer["access_key_id"],
            "aws_secret_access_key": self.answer["secret_access_key"],
            **credentials,
        }
        client = boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.answer["region"],
            config=Config(retries={"total_max_attempts": 1}),
            **keys,
        )
        shapes.check_answers(client)
        return client

    def log(self) -> list[dict[str, Any]]:
        """The request log."""
        return [json.loads(line) for line in (self.dir / "requests.jsonl").open()]


def command(folder: Path, *arguments: str) -> list[str]:
    """How it is started."""
    required = ["--id", "sbx-test", "--mode", "aws", "--dir", str(folder)]
    return [sys.executable, "-m", "groundplan_aws", *required, *arguments]


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Sandbox]:
    """A server from its start to its end."""
    with (folder / "aws.log").open("wb") as log:
        environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
        process = subprocess.Popen(
            command(folder, *arguments), stdout=log, stderr=log, env=environment
        )
    try:
        yield Sandbox(folder, process, _answer(folder, process))
    finally:
        process.terminate()
        process.wait(10)


def _answer(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    end = time.monotonic() + START_LIMIT
    while not (folder / "aws.json").exists():
        ended = process.poll() is not None
        assert not ended and time.monotonic() < end, (folder / "aws.log").read_text()
        time.sleep(0.05)
    return dict(json.loads((folder / "aws.json").read_text()))


def code(call: Any, **arguments: Any) -> str:
    """The code of the error that a call is answered with."""
    return str(error(call, **arguments)["Code"])


def error(call: Any, **arguments: Any) -> dict[str, Any]:
    """The error that a call is answered with."""
    try:
        answer = call(**arguments)
    except ClientError as refused:
        return dict(refused.response["Error"])
    raise AssertionError(f"it was allowed: {answer}")
