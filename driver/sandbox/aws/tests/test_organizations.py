"""Organizations: requests for accounts take their time and may fail; young and closed accounts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox import code

Aws = Callable[..., Any]


def eventually(read: Callable[[], Any], seconds: float = 10) -> Any:
    """Reads until there is something."""
    end = time.monotonic() + seconds
    while not (found := read()):
        assert time.monotonic() < end, "never"
        time.sleep(0.02)
    return found


@pytest.fixture
def root(aws: Aws) -> str:
    return aws("organizations").list_roots()["Roots"][0]["Id"]


def asked(aws: Aws, name: str) -> dict[str, Any]:
    """A request that no other one is in the way of."""
    organizations = aws("organizations")
    eventually(
        lambda: not organizations.list_create_account_status(States=["IN_PROGRESS"])[
            "CreateAccountStatuses"
        ]
    )
    made = organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    return made["CreateAccountStatus"]


def answered(aws: Aws, request: str) -> dict[str, Any]:
    organizations = aws("organizations")

    def status() -> dict[str, Any]:
        call = organizations.describe_create_account_status(CreateAccountRequestId=request)
        return call["CreateAccountStatus"]

    return eventually(lambda: status() if status()["State"] != "IN_PROGRESS" else None)


def test_an_account_is_asked_for_and_made_later(aws: Aws, name: str) -> None:
    organizations = aws("organizations")
    request = asked(aws, name)
    assert request["State"] == "IN_PROGRESS"
    emails = [account["Email"] for account in organizations.list_accounts()["Accounts"]]
    assert f"{name}@example.com" not in emails
    account = answered(aws, request["Id"])["AccountId"]
    assert organizations.describe_account(AccountId=account)["Account"]["State"] == "ACTIVE"


def test_one_account_is_made_at_once_and_an_address_is_taken_for_ever(aws: Aws, name: str) -> None:
    organizations = aws("organizations")
    first = asked(aws, name)
    second = organizations.create_account(AccountName=name, Email=f"{name}-2@example.com")
    met = answered(aws, second["CreateAccountStatus"]["Id"])
    assert met["FailureReason"] == "CONCURRENT_ACCOUNT_MODIFICATION"
    answered(aws, first["Id"])
    assert answered(aws, asked(aws, name)["Id"])["FailureReason"] == "EMAIL_ALREADY_EXISTS"


def test_a_young_account_is_administered_by_its_role_once_that_can_be_taken(aws: Aws, name: str) -> None:
    sts = aws("sts")
    account = answered(aws, asked(aws, name)["Id"])["AccountId"]
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    take = {"RoleArn": role, "RoleSessionName": "test"}
    assert code(sts.assume_role, **take) == "RegionDisabledException"
    assert code(sts.assume_role, **take) == "AccessDenied"

    def taken() -> Any:
        try:
            return sts.assume_role(**take)
        except ClientError:
            return None

    given = eventually(taken)
    assert given["AssumedRoleUser"]["Arn"].split(":")[4] == account
    key = given["Credentials"]
    there = aws(
        "iam",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )
    there.create_user(UserName=name)
    assert code(aws("iam").get_user, UserName=name) == "NoSuchEntity"


def test_a_closed_account_stays_listed_and_lets_nobody_in(aws: Aws, name: str) -> None:
    organizations = aws("organizations")
    account = answered(aws, asked(aws, name)["Id"])["AccountId"]
    organizations.close_account(AccountId=account)

    def state() -> str:
        return organizations.describe_account(AccountId=account)["Account"]["State"]

    assert state() == "PENDING_CLOSURE"
    eventually(lambda: state() == "SUSPENDED")
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    take = {"RoleArn": role, "RoleSessionName": "test"}
    assert code(aws("sts").assume_role, **take) == "AccessDenied"


def test_a_unit_has_a_name_of_its_own_and_goes_empty(aws: Aws, root: str, name: str) -> None:
    organizations = aws("organizations")
    make = organizations.create_organizational_unit
    unit = make(ParentId=root, Name=name)["OrganizationalUnit"]["Id"]
    assert code(make, ParentId=root, Name=name) == "DuplicateOrganizationalUnitException"
    inner = make(ParentId=unit, Name=name)["OrganizationalUnit"]["Id"]
    delete = organizations.delete_organizational_unit
    assert code(delete, OrganizationalUnitId=unit) == "OrganizationalUnitNotEmptyException"
    organizations.update_organizational_unit(OrganizationalUnitId=inner, Name=name)
    delete(OrganizationalUnitId=inner)
    delete(OrganizationalUnitId=unit)


def test_an_account_is_moved_from_where_it_is(aws: Aws, root: str, name: str) -> None:
    organizations = aws("organizations")
    made = organizations.create_organizational_unit(ParentId=root, Name=name)
    unit = made["OrganizationalUnit"]["Id"]
    account = answered(aws, asked(aws, name)["Id"])["AccountId"]
    move = {"AccountId": account, "SourceParentId": root, "DestinationParentId": unit}
    organizations.move_account(**move)
    assert code(organizations.move_account, **move) == "DuplicateAccountException"
    back = {**move, "DestinationParentId": root}
    assert code(organizations.move_account, **back) == "SourceParentNotFoundException"
