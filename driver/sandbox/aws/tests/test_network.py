"""EC2: lifecycles, client tokens, and what keeps what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Vpc, eventually
from sandbox import code, error

Aws = Callable[..., Any]


def address(vpc: Vpc) -> str:
    return vpc.ec2.allocate_address(Domain="vpc")["AllocationId"]


def nat(vpc: Vpc, token: str, allocation: str, **more: Any) -> dict[str, Any]:
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "vpc", "Value": vpc.id}]}]
    answer = vpc.ec2.create_nat_gateway(
        SubnetId=vpc.subnets[0],
        AllocationId=allocation,
        ClientToken=f"{token}-{vpc.id}",
        TagSpecifications=tags,
        **more,
    )
    return answer["NatGateway"]


def nat_states(vpc: Vpc) -> list[str]:
    by_tag = [{"Name": "tag:vpc", "Values": [vpc.id]}]
    found = vpc.ec2.describe_nat_gateways(Filter=by_tag)["NatGateways"]
    return [gateway["State"] for gateway in found]


def test_networks_are_pending_at_first(aws: Aws) -> None:
    ec2 = aws("ec2")
    made = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]
    assert made["State"] == "pending"
    read = lambda: ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"][0]["State"]  # noqa: E731
    eventually("available", read)


def test_a_nat_gateway_lives_and_lets_go_when_it_is_deleted(vpc: Vpc) -> None:
    gateway, allocation = vpc.gateway(), address(vpc)
    made = nat(vpc, "one", allocation)
    assert made["State"] == "pending"
    assert eventually(["available"], lambda: nat_states(vpc))[0] == ["pending"]

    assert code(vpc.ec2.delete_subnet, SubnetId=vpc.subnets[0]) == "DependencyViolation"
    assert code(vpc.ec2.release_address, AllocationId=allocation) == "InvalidIPAddress.InUse"
    detach = {"InternetGatewayId": gateway, "VpcId": vpc.id}
    refused = error(vpc.ec2.detach_internet_gateway, **detach)
    assert refused["Code"] == "DependencyViolation"
    assert "mapped public address" in refused["Message"]

    vpc.ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])
    assert nat_states(vpc) == ["deleting"]
    assert code(vpc.ec2.release_address, AllocationId=allocation) == "InvalidIPAddress.InUse"
    eventually(["deleted"], lambda: nat_states(vpc))
    vpc.ec2.release_address(AllocationId=allocation)
    vpc.ec2.detach_internet_gateway(**detach)
    vpc.ec2.delete_subnet(SubnetId=vpc.subnets[0])


def test_a_nat_gateway_without_an_internet_gateway_fails_later(vpc: Vpc) -> None:
    allocation = address(vpc)
    made = nat(vpc, "one", allocation)
    assert made["State"] == "pending"
    eventually(["failed"], lambda: nat_states(vpc))
    found = vpc.ec2.describe_nat_gateways(NatGatewayIds=[made["NatGatewayId"]])["NatGateways"][0]
    assert found["FailureCode"] == "Gateway.NotAttached"
    vpc.ec2.release_address(AllocationId=allocation)


def test_a_client_token_gives_one_thing(vpc: Vpc) -> None:
    vpc.gateway()
    allocation = address(vpc)
    first = nat(vpc, "same", allocation)
    again = nat(vpc, "same", allocation)
    assert again["NatGatewayId"] == first["NatGatewayId"]
    other = {"ConnectivityType": "public"}
    with pytest.raises(Exception, match="IdempotentParameterMismatch"):
        nat(vpc, "same", allocation, **other)
    tables = [
        vpc.ec2.create_route_table(VpcId=vpc.id, ClientToken=token)["RouteTable"]["RouteTableId"]
        for token in (vpc.id, vpc.id, f"{vpc.id}-2")
    ]
    assert tables[0] == tables[1] != tables[2]


def test_a_vpc_is_kept_by_gateway_and_group(vpc: Vpc) -> None:
    for subnet in vpc.subnets:
        vpc.ec2.delete_subnet(SubnetId=subnet)
    assert code(vpc.ec2.delete_vpc, VpcId=vpc.id) == "DependencyViolation"
    vpc.ec2.delete_security_group(GroupId=vpc.group)
    gateway = vpc.gateway()
    assert code(vpc.ec2.delete_vpc, VpcId=vpc.id) == "DependencyViolation"
    vpc.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.id)
    vpc.ec2.delete_vpc(VpcId=vpc.id)


def test_a_group_is_kept_by_rules_that_name_it(vpc: Vpc) -> None:
    second = vpc.security_group("second")
    peer = {"GroupId": second, "Description": "why"}
    made = vpc.ec2.authorize_security_group_ingress(
        GroupId=vpc.group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [peer]}
        ],
    )["SecurityGroupRules"][0]
    assert made["Description"] == "why"
    assert code(vpc.ec2.delete_security_group, GroupId=second) == "DependencyViolation"

    rule = made["SecurityGroupRuleId"]
    vpc.ec2.update_security_group_rule_descriptions_ingress(
        GroupId=vpc.group,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule, "Description": "new"}],
    )
    found = vpc.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])
    assert found["SecurityGroupRules"][0]["Description"] == "new"
    vpc.ec2.revoke_security_group_ingress(GroupId=vpc.group, SecurityGroupRuleIds=[rule])
    vpc.ec2.delete_security_group(GroupId=second)


def test_a_subnet_has_one_route_table(vpc: Vpc) -> None:
    tables = [
        vpc.ec2.create_route_table(VpcId=vpc.id)["RouteTable"]["RouteTableId"] for _ in range(2)
    ]
    subnet = vpc.subnets[0]
    vpc.ec2.associate_route_table(RouteTableId=tables[0], SubnetId=subnet)
    again = code(vpc.ec2.associate_route_table, RouteTableId=tables[1], SubnetId=subnet)
    assert again == "Resource.AlreadyAssociated"


def test_what_is_not_there_is_not_found(aws: Aws) -> None:
    ec2 = aws("ec2")
    missing = ["nat-00000000000000000"]
    assert code(ec2.describe_nat_gateways, NatGatewayIds=missing) == "NatGatewayNotFound"
    assert code(ec2.delete_nat_gateway, NatGatewayId=missing[0]) == "NatGatewayNotFound"
