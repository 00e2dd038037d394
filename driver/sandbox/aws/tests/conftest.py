"""One server for all tests, as a process; every answer is held against AWS's models."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sandbox
from sandbox import Sandbox


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A running server, five times as fast as usual."""
    with sandbox.started(tmp_path_factory.mktemp("run"), "--pace", "0.2") as running:
        yield running


@pytest.fixture
def aws(server: Sandbox) -> Callable[..., Any]:
    """Makes clients of the administrator."""
    return server.client


@pytest.fixture
def vpc(aws: Callable[..., Any]) -> Vpc:
    """A VPC of its own for each test, with two subnets and a group."""
    return Vpc(aws("ec2"))


_numbers = itertools.count()


class Vpc:
    """A small network."""

    def __init__(self, ec2: Any) -> None:
        self.ec2 = ec2
        self.id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(n, zone) for n, zone in enumerate("ab")]
        self.group = self.security_group("first")

    def subnet(self, number: int, zone: str) -> str:
        """A subnet's id."""
        made = self.ec2.create_subnet(
            VpcId=self.id, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}"
        )
        return made["Subnet"]["SubnetId"]

    def security_group(self, name: str) -> str:
        """A group's id."""
        made = self.ec2.create_security_group(VpcId=self.id, GroupName=name, Description=name)
        return made["GroupId"]

    def gateway(self) -> str:
        """The id of an attached internet gateway."""
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.id)
        return gateway


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"t{next(_numbers)}"


def eventually(wanted: Any, read: Callable[[], Any], seconds: float = 10) -> list[Any]:
    """Reads until it is as wanted; what was read on the way, each once."""
    seen: list[Any] = []
    end = time.monotonic() + seconds
    while not seen or seen[-1] != wanted:
        assert time.monotonic() < end, f"never {wanted}, but {seen}"
        now = read()
        if not seen or seen[-1] != now:
            seen.append(now)
        time.sleep(0.02)
    return seen
