"""Peering: a request arrives, is accepted once by the other side, and ends; overlaps fail."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sandbox import code
from test_organizations import eventually

Aws = Callable[..., Any]

_blocks = itertools.count()


@pytest.fixture
def ec2(aws: Aws) -> Any:
    return aws("ec2")


def vpc(ec2: Any, block: str | None = None) -> str:
    block = block or f"10.{100 + next(_blocks)}.0.0/16"
    return str(ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"])


def asked(ec2: Any, one: str, other: str) -> str:
    made = ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)["VpcPeeringConnection"]
    assert made["Status"]["Code"] == "initiating-request"
    return str(made["VpcPeeringConnectionId"])


def state(ec2: Any, peering: str) -> str:
    wanted = [{"Name": "vpc-peering-connection-id", "Values": [peering]}]
    [found] = ec2.describe_vpc_peering_connections(Filters=wanted)["VpcPeeringConnections"]
    return str(found["Status"]["Code"])


def test_a_connection_is_accepted_once_and_ends_listed(ec2: Any) -> None:
    peering = asked(ec2, vpc(ec2), vpc(ec2))
    eventually(lambda: state(ec2, peering) == "pending-acceptance")
    options = {
        "VpcPeeringConnectionId": peering,
        "RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True},
    }
    assert code(ec2.modify_vpc_peering_connection_options, **options) == "OperationNotPermitted"
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert state(ec2, peering) in ("provisioning", "active")
    again = {"VpcPeeringConnectionId": peering}
    assert code(ec2.accept_vpc_peering_connection, **again) == "InvalidStateTransition"
    eventually(lambda: state(ec2, peering) == "active")
    ec2.modify_vpc_peering_connection_options(**options)
    ec2.delete_vpc_peering_connection(**again)
    eventually(lambda: state(ec2, peering) == "deleted")


def test_the_same_pair_is_answered_with_the_request_that_waits(ec2: Any) -> None:
    one, other = vpc(ec2), vpc(ec2)
    first = asked(ec2, one, other)
    eventually(lambda: state(ec2, first) == "pending-acceptance")
    again = ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)
    assert again["VpcPeeringConnection"]["VpcPeeringConnectionId"] == first


def test_addresses_that_overlap_fail_later(ec2: Any) -> None:
    peering = asked(ec2, vpc(ec2, "10.50.0.0/16"), vpc(ec2, "10.50.128.0/20"))
    eventually(lambda: state(ec2, peering) == "failed")


def test_a_route_leads_to_a_connection_of_its_own_vpc(ec2: Any) -> None:
    one = vpc(ec2)
    peering = asked(ec2, one, vpc(ec2))
    own = ec2.create_route_table(VpcId=one)["RouteTable"]["RouteTableId"]
    strange = ec2.create_route_table(VpcId=vpc(ec2))["RouteTable"]["RouteTableId"]
    to = {"DestinationCidrBlock": "10.99.0.0/16", "VpcPeeringConnectionId": peering}
    assert code(ec2.create_route, RouteTableId=strange, **to) == "InvalidParameterValue"
    ec2.create_route(RouteTableId=own, **to)
