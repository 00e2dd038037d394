"""Who may do what: signatures, policies, dependent actions, trust."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox import Sandbox, code, error

Document = dict[str, Any]


def allow(*actions: str, resource: str = "*", **more: Any) -> Document:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def document(*statements: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def user(server: Sandbox, name: str) -> User:
    """A user who is allowed nothing."""
    return User(server, name)


class User:
    """Somebody with a policy."""

    def __init__(self, server: Sandbox, name: str) -> None:
        self.server, self.name = server, name
        self.iam = server.client("iam")
        self.arn = self.iam.create_user(UserName=name)["User"]["Arn"]
        self.key = self.iam.create_access_key(UserName=name)["AccessKey"]

    def may(self, *statements: Document) -> None:
        """Allows this and nothing else."""
        policy = document(*statements)
        self.iam.put_user_policy(UserName=self.name, PolicyName="may", PolicyDocument=policy)

    def client(self, service: str) -> Any:
        """A client with this user's key."""
        return self.server.client(
            service,
            aws_access_key_id=self.key["AccessKeyId"],
            aws_secret_access_key=self.key["SecretAccessKey"],
        )


@pytest.mark.parametrize(
    ("service", "call", "denied"),
    [
        ("ec2", "describe_vpcs", "UnauthorizedOperation"),
        ("eks", "list_clusters", "AccessDeniedException"),
        ("iam", "list_roles", "AccessDenied"),
        ("opensearch", "list_domain_names", "AccessDeniedException"),
        ("rds", "describe_db_instances", "AccessDenied"),
        ("s3", "list_buckets", "AccessDenied"),
        ("secretsmanager", "list_secrets", "AccessDeniedException"),
    ],
)
def test_the_outsider_may_do_nothing(server: Sandbox, service: str, call: str, denied: str) -> None:
    keys = server.answer["outsider"]
    client = server.client(
        service,
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
    )
    refused = error(getattr(client, call))
    assert refused["Code"] == denied
    assert keys["caller_arn"] in refused["Message"]


@pytest.mark.parametrize(
    ("service", "call", "refusal"),
    [
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("eks", "list_clusters", "InvalidSignatureException"),
        ("rds", "describe_db_instances", "SignatureDoesNotMatch"),
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
    ],
)
def test_a_wrong_secret_key_is_refused(
    server: Sandbox, service: str, call: str, refusal: str
) -> None:
    assert code(getattr(server.client(service, aws_secret_access_key="wrong"), call)) == refusal


def test_an_unknown_key_is_refused(server: Sandbox) -> None:
    client = server.client("sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert code(client.get_caller_identity) == "InvalidClientTokenId"


def test_a_policy_is_followed(user: User) -> None:
    user.may(allow("ec2:Describe*"), {**allow("ec2:DescribeSubnets"), "Effect": "Deny"})
    ec2 = user.client("ec2")
    ec2.describe_vpcs()
    denied = error(ec2.describe_subnets)
    assert denied["Code"] == "UnauthorizedOperation"
    assert "explicit deny" in denied["Message"]
    assert code(ec2.create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"


def test_tags_in_a_create_need_an_action_of_their_own(user: User) -> None:
    user.may(allow("ec2:CreateVpc"))
    ec2 = user.client("ec2")
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]
    tagged = {"CidrBlock": "10.0.0.0/16", "TagSpecifications": tags}
    assert "to perform: ec2:CreateTags" in error(ec2.create_vpc, **tagged)["Message"]
    create = {"StringEquals": {"ec2:CreateAction": "CreateVpc"}}
    user.may(allow("ec2:CreateVpc"), allow("ec2:CreateTags", Condition=create))
    ec2.create_vpc(**tagged)


def test_a_role_is_handed_on_only_by_who_may_pass_it(user: User, name: str) -> None:
    role = f"arn:aws:iam::{user.server.answer['account']}:role/{name}-cluster"
    rest = allow("eks:*", "ec2:DescribeSubnets", "iam:CreateServiceLinkedRole")
    user.may(rest)
    cluster = {
        "name": name,
        "roleArn": role,
        "resourcesVpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]},
    }
    eks = user.client("eks")
    denied = error(eks.create_cluster, **cluster)
    assert denied["Code"] == "AccessDeniedException"
    assert f"to perform: iam:PassRole on resource: {role}" in denied["Message"]
    other = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    user.may(rest, allow("iam:PassRole", resource=role, Condition=other))
    assert "iam:PassRole" in error(eks.create_cluster, **cluster)["Message"]


def test_a_managed_master_password_needs_a_secret(user: User, name: str) -> None:
    user.may(allow("rds:*", "ec2:Describe*", "iam:CreateServiceLinkedRole", "kms:DescribeKey"))
    denied = error(
        user.client("rds").create_db_instance,
        DBInstanceIdentifier=name, DBInstanceClass="db.m7g.large", Engine="mysql",
        ManageMasterUserPassword=True,
    )  # fmt: skip
    assert "to perform: secretsmanager:CreateSecret" in denied["Message"]


def test_a_key_may_be_allowed_only_through_the_service_that_uses_it(user: User, name: str) -> None:
    rest = allow(
        "rds:*", "ec2:Describe*", "iam:CreateServiceLinkedRole", "secretsmanager:*", "kms:DescribeKey"
    )
    key = f"arn:aws:kms:us-east-1:{user.server.answer['account']}:key/{name}"
    database = {
        "DBInstanceIdentifier": name, "DBInstanceClass": "db.m7g.large", "Engine": "mysql",
        "ManageMasterUserPassword": True, "KmsKeyId": key, "MasterUserSecretKmsKeyId": key,
    }  # fmt: skip
    create = user.client("rds").create_db_instance
    granted = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    grant = allow("kms:CreateGrant", resource=key, Condition=granted)
    wrong = {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}
    user.may(rest, grant, allow("kms:Decrypt", resource=key, Condition=wrong))
    denied = error(create, **database)
    assert f"to perform: kms:Decrypt on resource: {key}" in denied["Message"]
    direct = {"Bool": {"kms:GrantIsForAWSResource": "false"}}
    user.may(rest, allow("kms:CreateGrant", resource=key, Condition=direct))
    assert "to perform: kms:CreateGrant" in error(create, **database)["Message"]


def test_another_parameter_group_has_to_be_allowed_by_its_name(user: User, name: str) -> None:
    database = f"arn:aws:rds:*:*:db:{name}"
    user.may(allow("rds:ModifyDBInstance", resource=database))
    modify = user.client("rds").modify_db_instance
    assert code(modify, DBInstanceIdentifier=name) == "DBInstanceNotFound"
    denied = error(modify, DBInstanceIdentifier=name, DBParameterGroupName="own")
    assert "to perform: rds:ModifyDBInstance on resource: arn:aws:rds:" in denied["Message"]
    assert ":pg:own" in denied["Message"]


def test_a_scope_to_one_resource_is_kept(user: User) -> None:
    account = user.server.answer["account"]
    mine = f"arn:aws:iam::{account}:role/mine-*"
    user.may(allow("iam:CreateRole", resource=mine))
    trust = document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )
    iam = user.client("iam")
    iam.create_role(RoleName=f"mine-{user.name}", AssumeRolePolicyDocument=trust)
    other = {"RoleName": f"other-{user.name}", "AssumeRolePolicyDocument": trust}
    assert code(iam.create_role, **other) == "AccessDenied"


def on_tag(key: str, value: str) -> dict[str, Any]:
    return {"StringEquals": {f"aws:{key}/team": value}}


def tagged(kind: str, team: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "team", "Value": team}]}]


def test_each_resource_of_a_call_is_asked_for_with_its_own_tags(user: User) -> None:
    account = user.server.answer["account"]
    arn = f"arn:aws:ec2:eu-west-1:{account}"
    made = user.server.client("ec2")
    vpcs = {
        team: made.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", team))
        for team in ("ours", "theirs")
    }
    user.may(
        allow("ec2:CreateSubnet", resource=f"{arn}:vpc/*", Condition=on_tag("ResourceTag", "ours")),
        allow(
            "ec2:CreateSubnet",
            resource=f"{arn}:subnet/*",
            Condition=on_tag("RequestTag", "ours"),
        ),
        allow("ec2:CreateTags", resource=f"{arn}:subnet/*"),
    )
    subnet = {"CidrBlock": "10.0.0.0/24", "TagSpecifications": tagged("subnet", "ours")}
    ec2 = user.client("ec2")
    theirs = vpcs["theirs"]["Vpc"]["VpcId"]
    denied = error(ec2.create_subnet, VpcId=theirs, **subnet)["Message"]
    assert f"ec2:CreateSubnet on resource: {arn}:vpc/{theirs}" in denied
    ours = vpcs["ours"]["Vpc"]["VpcId"]
    other = {**subnet, "TagSpecifications": tagged("subnet", "theirs")}
    denied = error(ec2.create_subnet, VpcId=ours, **other)["Message"]
    assert f"ec2:CreateSubnet on resource: {arn}:subnet/*" in denied
    ec2.create_subnet(VpcId=ours, **subnet)


def test_what_has_no_resources_is_allowed_on_all_or_not_at_all(user: User) -> None:
    account = user.server.answer["account"]
    user.may(allow("ec2:DescribeVpcs", resource=f"arn:aws:ec2:eu-west-1:{account}:vpc/*"))
    denied = error(user.client("ec2").describe_vpcs)["Message"]
    assert "ec2:DescribeVpcs on resource: *" in denied


def test_only_the_named_policy_can_be_attached(user: User) -> None:
    role_for(user, user.arn)
    policy = "arn:aws:iam::aws:policy/{}"
    wanted = {"ArnEquals": {"iam:PolicyARN": policy.format("ReadOnlyAccess")}}
    user.may(allow("iam:AttachRolePolicy", Condition=wanted))
    iam, role = user.client("iam"), f"role-{user.name}"
    other = {"RoleName": role, "PolicyArn": policy.format("AdministratorAccess")}
    assert code(iam.attach_role_policy, **other) == "AccessDenied"
    iam.attach_role_policy(RoleName=role, PolicyArn=policy.format("ReadOnlyAccess"))


def test_the_log_says_what_a_caller_needed(user: User, name: str) -> None:
    account = user.server.answer["account"]
    role = f"arn:aws:iam::{account}:role/logged-{name}"
    trusted = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "sts:AssumeRole"}
    trust = document(trusted)
    tags = [{"Key": "team", "Value": "ours"}]
    user.iam.create_role(RoleName=f"logged-{name}", AssumeRolePolicyDocument=trust, Tags=tags)
    line = next(line for line in reversed(user.server.log()) if line["action"] == "CreateRole")
    assert line["needed"] == [["iam:CreateRole", role], ["iam:TagRole", role]]


def role_for(user: User, principal: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    made = user.iam.create_role(
        RoleName=f"role-{user.name}", AssumeRolePolicyDocument=document(trust)
    )
    user.iam.put_role_policy(
        RoleName=f"role-{user.name}", PolicyName="may", PolicyDocument=document(allow("ec2:*"))
    )
    return made["Role"]["Arn"]


def assume(user: User, role: str, **more: str) -> dict[str, str]:
    answer = user.client("sts").assume_role(RoleArn=role, RoleSessionName="test", **more)
    key = answer["Credentials"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
        "aws_session_token": key["SessionToken"],
    }


def test_a_role_that_trusts_the_caller_can_be_assumed(user: User) -> None:
    keys = assume(user, role_for(user, user.arn))
    who = user.server.client("sts", **keys).get_caller_identity()["Arn"]
    assert who.endswith(f":assumed-role/role-{user.name}/test")
    user.server.client("ec2", **keys).describe_vpcs()
    assert code(user.server.client("eks", **keys).list_clusters) == "AccessDeniedException"
    without = {**keys, "aws_session_token": "wrong"}
    assert code(user.server.client("ec2", **without).describe_vpcs) == "AuthFailure"


def test_a_role_that_trusts_the_account_needs_a_policy_too(user: User) -> None:
    role = role_for(user, f"arn:aws:iam::{user.server.answer['account']}:root")
    arguments = {"RoleArn": role, "RoleSessionName": "test"}
    assert code(user.client("sts").assume_role, **arguments) == "AccessDenied"
    user.may(allow("sts:AssumeRole", resource=role))
    assume(user, role)


def test_a_role_that_trusts_another_or_is_not_there_cannot_be_assumed(user: User) -> None:
    user.may(allow("sts:AssumeRole"))
    role = role_for(user, user.server.answer["outsider"]["caller_arn"])
    for arn in (role, role + "-missing"):
        arguments = {"RoleArn": arn, "RoleSessionName": "test"}
        assert code(user.client("sts").assume_role, **arguments) == "AccessDenied"


def test_a_session_can_be_narrowed(user: User) -> None:
    keys = assume(user, role_for(user, user.arn), Policy=document(allow("ec2:DescribeVpcs")))
    ec2 = user.server.client("ec2", **keys)
    ec2.describe_vpcs()
    assert code(ec2.describe_subnets) == "UnauthorizedOperation"
