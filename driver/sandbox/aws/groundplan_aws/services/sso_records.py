"""IAM Identity Center's records: permission sets, who has them where, and what was asked for."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.settings import REGION

from moto.core.utils import unix_time
from moto.ssoadmin.models import Instance, ssoadmin_backends

Boundary = dict[str, Any]


@dataclass
class PermissionSet:
    """A permission set, and which accounts have which version of it."""

    instance: str
    name: str
    tags: dict[str, str]
    description: str | None = None
    session: str = "PT1H"
    relay_state: str | None = None
    managed: list[str] = field(default_factory=list)
    customer: list[tuple[str, str]] = field(default_factory=list)
    """Path and name of each."""
    inline: str = ""
    boundary: Boundary | None = None
    created: float = field(default_factory=unix_time)
    version: int = 1
    provisioned: dict[str, int] = field(default_factory=dict)
    """The version that each account has."""
    arn: str = ""

    def __post_init__(self) -> None:
        of = self.instance.rsplit("/", 1)[-1]
        self.arn = f"arn:aws:sso:::permissionSet/{of}/ps-{secrets.token_hex(8)}"

    def document(self) -> dict[str, Any]:
        """The form of the API."""
        described = {
            "Name": self.name,
            "PermissionSetArn": self.arn,
            "Description": self.description,
            "CreatedDate": self.created,
            "SessionDuration": self.session,
            "RelayState": self.relay_state,
        }
        return {name: value for name, value in described.items() if value is not None}

    def changed(self) -> None:
        """What changes shows in accounts only when it is provisioned again."""
        self.version += 1


@dataclass(frozen=True)
class Assignment:
    """Somebody may take on a set in an account."""

    set: str
    account: str
    kind: str
    principal: str

    @classmethod
    def of(cls, call: Call) -> Assignment:
        """The one that a call is about."""
        given = call.params
        return cls(
            given["PermissionSetArn"], given["TargetId"], given["PrincipalType"], given["PrincipalId"]
        )


@dataclass
class Request:
    """Something that was asked for, and what came of it."""

    what: str
    """`assign`, `unassign` or `provision`."""
    set: str
    assignment: Assignment | None = None
    state: str = "IN_PROGRESS"
    reason: str | None = None
    begun: float = field(default_factory=unix_time)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def document(self) -> dict[str, Any]:
        """The form of the API."""
        described: dict[str, Any] = {
            "Status": self.state,
            "RequestId": self.id,
            "PermissionSetArn": self.set,
            "CreatedDate": self.begun,
        }
        if self.reason:
            described["FailureReason"] = self.reason
        if one := self.assignment:
            described |= {
                "TargetId": one.account,
                "TargetType": "AWS_ACCOUNT",
                "PrincipalType": one.kind,
                "PrincipalId": one.principal,
            }
        return described


sets: dict[str, PermissionSet] = {}
assignments: list[Assignment] = []
requests: dict[str, Request] = {}


def instance(account: str) -> Instance:
    """moto's instance of a management account, in its home region."""
    found: Instance = ssoadmin_backends[account][REGION].list_instances()[0]
    return found


def set_of(call: Call) -> PermissionSet:
    """The set that a call names; a `Fault` where there is none of the caller's."""
    arn = call.params.get("PermissionSetArn") or call.params["ResourceArn"]
    found = sets.get(arn)
    if found is None or found.instance != instance(call.account).instance_arn:
        why = f"Could not find PermissionSet with id {arn.rsplit('/', 1)[-1]}"
        raise Fault("ResourceNotFoundException", why)
    return found


def of_set(arn: str, account: str | None = None) -> Iterator[Assignment]:
    """Who has a set, everywhere or in an account."""
    of = (one for one in assignments if one.set == arn)
    return (one for one in of if account in (None, one.account))


def is_busy(arn: str) -> bool:
    """Whether something of a set is under way."""
    return any(one.set == arn and one.state == "IN_PROGRESS" for one in requests.values())
