"""IAM Identity Center: what is assigned comes later, as a role, and follows only when provisioned."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import eventually
from sandbox import code

Aws = Callable[..., Any]
ACCOUNT = "123456789012"
VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


class Center:
    """A permission set, and who may have it."""

    def __init__(self, aws: Aws, name: str) -> None:
        self.sso, self.iam, self.name = aws("sso-admin"), aws("iam"), name
        found = self.sso.list_instances()["Instances"][0]
        self.of = {"InstanceArn": found["InstanceArn"]}
        made = self.sso.create_permission_set(**self.of, Name=name)["PermissionSet"]
        self.set = {**self.of, "PermissionSetArn": made["PermissionSetArn"]}
        group = aws("identitystore").get_group_id(
            IdentityStoreId=found["IdentityStoreId"],
            AlternateIdentifier={
                "UniqueAttribute": {
                    "AttributePath": "displayName",
                    "AttributeValue": "developers",
                }
            },
        )
        self.assignment = {
            **self.set,
            "TargetId": ACCOUNT,
            "TargetType": "AWS_ACCOUNT",
            "PrincipalType": "GROUP",
            "PrincipalId": group["GroupId"],
        }

    def assign(self) -> str | None:
        """Why it failed, once it is done."""
        asked = self.sso.create_account_assignment(**self.assignment)
        request = asked["AccountAssignmentCreationStatus"]
        assert request["Status"] == "IN_PROGRESS"

        def status() -> Any:
            return self.sso.describe_account_assignment_creation_status(
                **self.of, AccountAssignmentCreationRequestId=request["RequestId"]
            )["AccountAssignmentCreationStatus"]

        eventually(True, lambda: status()["Status"] != "IN_PROGRESS")
        return status().get("FailureReason")

    def unassign(self) -> None:
        """Until it has ended."""
        self.sso.delete_account_assignment(**self.assignment)
        eventually([], self.assigned)

    def assigned(self) -> list[Any]:
        """Who has the set in the account."""
        found = self.sso.list_account_assignments(**self.set, AccountId=ACCOUNT)
        return list(found["AccountAssignments"])

    def roles(self) -> list[str]:
        """The names of the set's roles in the account."""
        found = self.iam.list_roles(PathPrefix="/aws-reserved/sso.amazonaws.com/")["Roles"]
        prefix = f"AWSReservedSSO_{self.name}_"
        return [role["RoleName"] for role in found if role["RoleName"].startswith(prefix)]

    def outdated(self) -> list[str]:
        """The accounts that lack the latest changes."""
        found = self.sso.list_accounts_for_provisioned_permission_set(
            **self.set, ProvisioningStatus="LATEST_PERMISSION_SET_NOT_PROVISIONED"
        )
        return list(found["AccountIds"])


@pytest.fixture
def center(aws: Aws, name: str) -> Center:
    return Center(aws, name)


def test_the_role_comes_with_the_first_assignment_and_goes_with_the_last(center: Center) -> None:
    assert center.roles() == []
    assert center.assign() is None
    (role,) = center.roles()
    assert len(role.rsplit("_", 1)[-1]) == 16
    assert code(center.iam.delete_role, RoleName=role) == "UnmodifiableEntity"
    assert code(center.sso.delete_permission_set, **center.set) == "ConflictException"
    center.unassign()
    assert center.roles() == []
    assert center.assign() is None
    assert center.roles() != [role], "the digits are others"
    center.unassign()
    center.sso.delete_permission_set(**center.set)


def test_what_changes_comes_to_accounts_only_when_it_is_provisioned(center: Center) -> None:
    center.assign()
    (role,) = center.roles()
    center.sso.attach_managed_policy_to_permission_set(**center.set, ManagedPolicyArn=VIEW)
    assert center.outdated() == [ACCOUNT]
    attached = lambda: center.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]  # noqa: E731
    assert attached() == []
    center.sso.provision_permission_set(**center.set, TargetType="ALL_PROVISIONED_ACCOUNTS")
    changed = {**center.set, "InlinePolicy": json.dumps({"Statement": []})}
    assert code(center.sso.put_inline_policy_to_permission_set, **changed) == "ConflictException"
    eventually([], center.outdated)
    assert [policy["PolicyArn"] for policy in attached()] == [VIEW]
    center.unassign()


def test_a_policy_that_the_account_lacks_lets_an_assignment_fail(center: Center) -> None:
    center.sso.attach_customer_managed_policy_reference_to_permission_set(
        **center.set, CustomerManagedPolicyReference={"Name": f"own-{center.name}"}
    )
    why = center.assign()
    assert why and f"policy/own-{center.name} does not exist" in why
    assert center.roles() == center.assigned() == []
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    center.iam.create_policy(
        PolicyName=f"own-{center.name}", PolicyDocument=json.dumps(document)
    )
    assert center.assign() is None
    center.unassign()


def test_names_are_unique_and_an_update_empties_what_it_leaves_out(center: Center) -> None:
    sso = center.sso
    assert code(sso.create_permission_set, **center.of, Name=center.name) == "ConflictException"
    sso.update_permission_set(**center.set, Description="one", RelayState="https://example.com")
    sso.update_permission_set(**center.set, Description="two")
    found = sso.describe_permission_set(**center.set)["PermissionSet"]
    assert (found["Description"], found.get("RelayState")) == ("two", None)
    assert found["SessionDuration"] == "PT1H"


def test_only_the_organizations_management_account_has_an_instance(aws: Aws, server: Any) -> None:
    outsider = server.answer["outsider"]
    keys = {name: outsider[name] for name in ("access_key_id", "secret_access_key")}
    other = aws("sso-admin", **{f"aws_{name}": value for name, value in keys.items()})
    assert code(other.list_instances) == "AccessDeniedException"
