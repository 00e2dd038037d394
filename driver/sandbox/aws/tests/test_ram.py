"""RAM: who sees what of another account, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Vpc
from sandbox import code
from test_organizations import answered, asked, eventually

Aws = Callable[..., Any]


@pytest.fixture
def member(aws: Aws, name: str) -> Iterator[Aws]:
    """Clients of an account of the organization."""
    account = answered(aws, asked(aws, f"m{name}")["Id"])["AccountId"]
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"

    def keys() -> Any:
        try:
            taken = aws("sts").assume_role(RoleArn=role, RoleSessionName="test")
        except ClientError:
            return None
        return taken["Credentials"]

    given = eventually(keys)

    def client(service: str) -> Any:
        return aws(
            service,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def answers() -> bool:
        try:
            return bool(client("ec2").describe_vpcs())
        except ClientError:
            return False

    eventually(answers)
    client.account = account  # type: ignore[attr-defined]
    yield client


def arn(subnet: str) -> str:
    return f"arn:aws:ec2:eu-west-1:123456789012:subnet/{subnet}"


def test_a_shared_subnet_shows_later_without_tags_and_is_not_the_users(
    aws: Aws, member: Any, vpc: Vpc, name: str
) -> None:
    ram, ec2 = aws("ram"), member("ec2")
    subnet = vpc.subnets[0]
    early = {"name": name, "resourceArns": [arn(subnet)]}
    assert code(ram.create_resource_share, **early) == "OperationNotPermittedException"
    ram.enable_sharing_with_aws_organization()
    vpc.ec2.create_tags(Resources=[subnet], Tags=[{"Key": "team", "Value": "data"}])
    made = ram.create_resource_share(
        name=name,
        allowExternalPrincipals=False,
        principals=[member.account],
        resourceArns=[arn(subnet)],
    )
    share = made["resourceShare"]["resourceShareArn"]

    def seen() -> list[Any]:
        return [s for s in ec2.describe_subnets()["Subnets"] if s["SubnetId"] == subnet]

    assert seen() == []
    [found] = eventually(seen)
    assert (found["OwnerId"], found.get("Tags", [])) == ("123456789012", [])
    tagged = [{"Name": "tag:team", "Values": ["data"]}]
    assert ec2.describe_subnets(Filters=tagged)["Subnets"] == []
    assert code(ec2.delete_subnet, SubnetId=subnet) == "UnauthorizedOperation"
    lets_in_the_owners_group(vpc, member, ec2)
    group = ec2.create_security_group(VpcId=vpc.id, GroupName="own", Description="own")
    eni = ec2.create_network_interface(SubnetId=subnet, Groups=[group["GroupId"]])
    # What the user has in it keeps it.
    assert code(vpc.ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    ec2.delete_network_interface(
        NetworkInterfaceId=eni["NetworkInterface"]["NetworkInterfaceId"]
    )
    ram.delete_resource_share(resourceShareArn=share)
    eventually(lambda: not seen())


def lets_in_the_owners_group(vpc: Vpc, member: Any, ec2: Any) -> None:
    """By its id and account, as both are in one VPC."""
    described = {"VpcId": vpc.id, "Description": "web"}
    theirs = vpc.ec2.create_security_group(GroupName=f"web-{member.account}", **described)["GroupId"]
    own = ec2.create_security_group(GroupName="db", **described)["GroupId"]

    def of(**pair: str) -> dict[str, Any]:
        ports = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306}
        return {"GroupId": own, "IpPermissions": [{**ports, "UserIdGroupPairs": [pair]}]}

    let_in = ec2.authorize_security_group_ingress
    assert code(let_in, **of(GroupId=theirs)) == "InvalidGroup.NotFound"
    assert code(let_in, **of(GroupId=theirs, UserId="210987654321")) == "InvalidGroup.NotFound"
    let_in(**of(GroupId=theirs, UserId="123456789012"))
    mine = [{"Name": "group-id", "Values": [own]}]
    rules = ec2.describe_security_group_rules(Filters=mine)["SecurityGroupRules"]
    [rule] = [rule for rule in rules if not rule["IsEgress"]]
    assert rule["GroupOwnerId"] == member.account
    assert rule["ReferencedGroupInfo"]["UserId"] == "123456789012"
    ec2.delete_security_group(GroupId=own)
    vpc.ec2.delete_security_group(GroupId=theirs)


def test_who_is_outside_is_let_in_only_if_the_share_allows_and_accepts(
    aws: Aws, server: Any, name: str
) -> None:
    ram, outsider = aws("ram"), server.answer["outsider"]
    closed = {"name": name, "allowExternalPrincipals": False, "principals": [outsider["account"]]}
    assert code(ram.create_resource_share, **closed) == "OperationNotPermittedException"
    made = ram.create_resource_share(**{**closed, "allowExternalPrincipals": True})
    share = made["resourceShare"]["resourceShareArn"]
    listed = ram.get_resource_share_associations(
        associationType="PRINCIPAL", resourceShareArns=[share]
    )
    [one] = listed["resourceShareAssociations"]
    assert (one["status"], one["external"]) == ("ASSOCIATING", True)


def test_a_default_subnet_is_not_shared(aws: Aws, name: str) -> None:
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    subnet = aws("ec2").describe_subnets(Filters=default)["Subnets"][0]["SubnetId"]
    share = {"name": name, "resourceArns": [arn(subnet)]}
    assert code(aws("ram").create_resource_share, **share) == "InvalidParameterException"
