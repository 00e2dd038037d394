"""IAM and Secrets Manager: what moto lets pass and AWS does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sandbox import code, error

Aws = Callable[..., Any]


def trust(**changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        **changes,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "document",
    [
        "{",
        trust(Principal=None),
        trust(Resource="*"),
        trust(Action="s3:GetObject"),
        trust(Principal={"AWS": "arn:aws:iam::123456789012:role/missing"}),
    ],
)
def test_a_malformed_trust_policy_is_refused(aws: Aws, name: str, document: str) -> None:
    iam = aws("iam")
    role = {"RoleName": name, "AssumeRolePolicyDocument": document}
    assert code(iam.create_role, **role) == "MalformedPolicyDocument"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust())
    update = {"RoleName": name, "PolicyDocument": document}
    assert code(iam.update_assume_role_policy, **update) == "MalformedPolicyDocument"


def test_a_role_keeps_what_an_update_leaves_out(aws: Aws, name: str) -> None:
    iam = aws("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(), Description="kept")
    iam.update_role(RoleName=name, MaxSessionDuration=7200)
    role = iam.get_role(RoleName=name)["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("kept", 7200)


def test_a_role_is_kept_by_its_policies(aws: Aws, name: str) -> None:
    iam = aws("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust())
    policy = {"RoleName": name, "PolicyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"}
    iam.attach_role_policy(**policy)
    assert code(iam.delete_role, RoleName=name) == "DeleteConflict"
    iam.detach_role_policy(**policy)
    iam.delete_role(RoleName=name)


def test_a_provider_has_audiences_that_come_and_go(aws: Aws, name: str) -> None:
    iam, url = aws("iam"), f"https://oidc.example.com/{name}"
    made = iam.create_open_id_connect_provider(Url=url, ClientIDList=["first"])
    provider = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
    assert code(iam.create_open_id_connect_provider, Url=url) == "EntityAlreadyExists"
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(**provider, ClientID="second")
        iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID="first")
    assert iam.get_open_id_connect_provider(**provider)["ClientIDList"] == ["second"]
    iam.delete_open_id_connect_provider(**provider)
    assert code(iam.delete_open_id_connect_provider, **provider) == "NoSuchEntity"


def test_a_service_linked_role_is_made_once_and_stays(aws: Aws) -> None:
    iam, service = aws("iam"), {"AWSServiceName": "eks-nodegroup.amazonaws.com"}
    made = iam.create_service_linked_role(**service)["Role"]["RoleName"]
    assert made == "AWSServiceRoleForAmazonEKSNodegroup"
    refused = error(iam.create_service_linked_role, **service)
    assert refused["Code"] == "InvalidInput"
    assert "has been taken" in refused["Message"]
    assert code(iam.delete_role, RoleName=made) == "UnmodifiableEntity"


def test_a_secret_has_a_token_and_keeps_its_name_until_it_is_gone(aws: Aws, name: str) -> None:
    secrets = aws("secretsmanager")
    secret = {"Name": name, "ClientRequestToken": name.ljust(32, "x"), "SecretString": "one"}
    made = secrets.create_secret(**secret)
    assert secrets.create_secret(**secret)["ARN"] == made["ARN"]
    exists = "ResourceExistsException"
    assert code(secrets.create_secret, **{**secret, "SecretString": "two"}) == exists
    assert code(secrets.create_secret, Name=name, SecretString="one") == exists
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    refused = error(secrets.create_secret, Name=name, SecretString="one")
    assert refused["Code"] == "InvalidRequestException"
    assert "scheduled for deletion" in refused["Message"]
