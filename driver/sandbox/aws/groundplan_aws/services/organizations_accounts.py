"""Accounts of an organization: asked for and made later or not at all, young at first, closed.

A request takes its time and may fail: an address is taken for ever, and one account is made at once.
In a young account STS is off at first, then the role cannot be taken yet, and then EC2 does not answer
yet.
"""

from __future__ import annotations

from typing import Any

from groundplan_aws import lifecycle
from groundplan_aws.accounts import ADMINISTRATOR_ACCESS
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.organizations import organizations

from moto.core.utils import unix_time
from moto.iam.models import iam_backends
from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import make_random_create_account_status_id

Status = dict[str, Any]

_requests: dict[str, list[Status]] = {}
"""The requests for accounts, by management account."""

_young: dict[str, str] = {}
"""Accounts that do not answer everything yet: `role`, then `services`."""

_met: set[str] = set()
"""Accounts whose role was asked for while it could not be taken yet."""


@layer("organizations", "CreateAccount")
def ask(call: Call, _: Proceed) -> Output:
    """Answers at once with a request; what comes of it shows later."""
    backend = organizations(call.account)
    asked = _requests.setdefault(call.account, [])
    status: Status = {
        "Id": make_random_create_account_status_id(),
        "AccountName": call.params["AccountName"],
        "State": "IN_PROGRESS",
        "RequestedTimestamp": unix_time(),
    }
    params = dict(call.params)
    refusal = None
    if any(other["State"] == "IN_PROGRESS" for other in asked):
        refusal = "CONCURRENT_ACCOUNT_MODIFICATION"
    elif any(a.email.lower() == params["Email"].lower() for a in backend.accounts):
        refusal = "EMAIL_ALREADY_EXISTS"
    asked.append(status)

    def apply(state: str | None) -> None:
        if state is not None or status["State"] != "IN_PROGRESS":
            return
        status["CompletedTimestamp"] = unix_time()
        if refusal:
            status.update(State="FAILED", FailureReason=refusal)
            return
        status.update(State="SUCCEEDED", AccountId=_make(backend, params))

    lifecycle.follow(status["Id"], apply, ("IN_PROGRESS", "account.create"), last=None)
    return {"CreateAccountStatus": dict(status)}


def _make(backend: OrganizationsBackend, params: dict[str, Any]) -> str:
    """moto makes the role but lets it do nothing."""
    account: str = backend.create_account(**params)["CreateAccountStatus"]["AccountId"]
    role = params.get("RoleName", "OrganizationAccountAccessRole")
    iam_backends[account]["aws"].attach_role_policy(ADMINISTRATOR_ACCESS, role)

    def apply(state: str | None) -> None:
        if state is None:
            _young.pop(account, None)
        else:
            _young[account] = state

    passing = (("role", "account.role"), ("services", "account.services"))
    lifecycle.follow(("young", account), apply, *passing, last=None)
    return account


@layer("organizations", "DescribeCreateAccountStatus")
def describe(call: Call, _: Proceed) -> Output:
    """One request."""
    for status in _requests.get(call.account, []):
        if status["Id"] == call.params["CreateAccountRequestId"]:
            return {"CreateAccountStatus": dict(status)}
    why = "We can't find a create account request with the id that you specified."
    raise Fault("CreateAccountStatusNotFoundException", why)


@layer("organizations", "ListCreateAccountStatus")
def requests(call: Call, _: Proceed) -> Output:
    """Those in some states."""
    states = call.params.get("States") or ("IN_PROGRESS", "SUCCEEDED", "FAILED")
    known = _requests.get(call.account, [])
    return {"CreateAccountStatuses": [dict(one) for one in known if one["State"] in states]}


@check("sts", "AssumeRole")
def account_is_open(call: Call) -> None:
    """Nobody gets into a closed account."""
    arn = str(call.params.get("RoleArn", ""))
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    for manager in _requests:
        known = organizations(manager).accounts
        if any(one.id == account and one.state != "ACTIVE" for one in known):
            why = f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRole"
            raise Fault("AccessDenied", f"{why} on resource: {arn}", 403)


@check("sts", "AssumeRole")
def role_is_known(call: Call) -> None:
    """The role of a young account is not known everywhere yet."""
    arn = str(call.params.get("RoleArn", ""))
    account = arn.split(":")[4]
    if _young.get(account) == "role":
        if account not in _met:
            _met.add(account)
            why = f"STS is not activated in this region for account:{account}."
            raise Fault("RegionDisabledException", why, 403)
        may_not = f"{call.principal.arn} is not authorized to perform: sts:AssumeRole"
        raise Fault("AccessDenied", f"User: {may_not} on resource: {arn}", 403)


@check("ec2", "CreateVpc", "DescribeAvailabilityZones", "DescribeSubnets", "DescribeVpcs")
def services_are_there(call: Call) -> None:
    """EC2 does not know a young account yet."""
    if call.account in _young:
        why = "You are not subscribed to this service."
        raise Fault("OptInRequired", why, 401)


@layer("organizations", "CloseAccount")
def close(call: Call, _: Proceed) -> Output:
    """Closing takes a moment; the account stays listed."""
    account = organizations(call.account).get_account_by_id(call.params["AccountId"])
    if account.id == call.account:
        raise Fault("ConstraintViolationException", "The management account cannot be closed.")
    if account.state != "ACTIVE":
        raise Fault("AccountAlreadyClosedException", "The account is closed already.")
    account.status = "PENDING_CLOSURE"

    def apply(state: str | None) -> None:
        account.state = state
        account.status = "SUSPENDED" if state == "SUSPENDED" else "PENDING_CLOSURE"

    lifecycle.follow(
        ("close", account.id), apply, ("PENDING_CLOSURE", "account.close"), last="SUSPENDED"
    )
    return {}
