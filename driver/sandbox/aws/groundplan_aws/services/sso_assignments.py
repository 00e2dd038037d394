"""IAM Identity Center: who has a permission set in which account, and how sets come to accounts.

Assigning, ending that and provisioning each take their time, and say in a request of their own how it
goes; moto does all of it at once, and in no account.
"""

from __future__ import annotations

from collections.abc import Callable

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services import sso_roles
from groundplan_aws.services.organizations import organizations
from groundplan_aws.services.sso_records import (
    Assignment,
    PermissionSet,
    Request,
    assignments,
    instance,
    of_set,
    requests,
    set_of,
    sets,
)

from moto.identitystore.models import identitystore_backends

CREATION, DELETION = "AccountAssignmentCreationStatus", "AccountAssignmentDeletionStatus"
PROVISIONING = "PermissionSetProvisioningStatus"
LATEST, OLD = "LATEST_PERMISSION_SET_PROVISIONED", "LATEST_PERMISSION_SET_NOT_PROVISIONED"


@layer("sso-admin", "CreateAccountAssignment")
def assign(call: Call, _: Proceed) -> Output:
    """With the first in an account the set's role comes there; a second time changes nothing."""
    found, one = set_of(call), Assignment.of(call)
    _is_known(call, one)
    _is_free(one)
    members = [account.id for account in organizations(call.account).accounts]

    def come() -> str | None:
        if one.account not in members:
            return f"The account {one.account} is not in the organization."
        why = sso_roles.bring(found, one.account)
        if why is None and one not in assignments:
            assignments.append(one)
        return why

    request = _begin(Request("assign", found.arn, one), come)
    return {CREATION: request.document()}


@layer("sso-admin", "DeleteAccountAssignment")
def unassign(call: Call, _: Proceed) -> Output:
    """With the last in an account the set's role goes."""
    found, one = set_of(call), Assignment.of(call)
    _is_free(one)
    if one not in assignments:
        raise Fault("ResourceNotFoundException", "The account assignment could not be found.")

    def go() -> None:
        assignments.remove(one)
        if not any(of_set(found.arn, one.account)):
            sso_roles.remove(found, one.account)

    request = _begin(Request("unassign", found.arn, one), go)
    return {DELETION: request.document()}


@layer("sso-admin", "ProvisionPermissionSet")
def provision(call: Call, _: Proceed) -> Output:
    """To one account, or to all that have it."""
    found, target = set_of(call), call.params.get("TargetId")

    def come() -> str | None:
        wanted = [target] if target else list(found.provisioned)
        reasons = [sso_roles.bring(found, account) for account in wanted]
        return next((why for why in reasons if why), None)

    request = _begin(Request("provision", found.arn), come)
    return {PROVISIONING: request.document()}


@layer("sso-admin", "DescribeAccountAssignmentCreationStatus")
def describe_creation(call: Call, _: Proceed) -> Output:
    """How it goes."""
    found = _request("assign", call.params["AccountAssignmentCreationRequestId"])
    return {CREATION: found.document()}


@layer("sso-admin", "DescribeAccountAssignmentDeletionStatus")
def describe_deletion(call: Call, _: Proceed) -> Output:
    """How it goes."""
    found = _request("unassign", call.params["AccountAssignmentDeletionRequestId"])
    return {DELETION: found.document()}


@layer("sso-admin", "DescribePermissionSetProvisioningStatus")
def describe_provisioning(call: Call, _: Proceed) -> Output:
    """How it goes."""
    found = _request("provision", call.params["ProvisionPermissionSetRequestId"])
    return {PROVISIONING: found.document()}


@layer("sso-admin", "ListAccountAssignmentCreationStatus")
def list_creations(call: Call, _: Proceed) -> Output:
    """What was asked for, without what it is about."""
    state = call.params.get("Filter", {}).get("Status")
    asked = [one for one in requests.values() if one.what == "assign" and _is_of(call, one)]
    return {
        "AccountAssignmentsCreationStatus": [
            {"Status": one.state, "RequestId": one.id, "CreatedDate": one.begun}
            for one in asked
            if state in (None, one.state)
        ]
    }


@layer("sso-admin", "ListAccountAssignments")
def list_assignments(call: Call, _: Proceed) -> Output:
    """Until an end has come about."""
    found = of_set(set_of(call).arn, call.params["AccountId"])
    return {
        "AccountAssignments": [
            {
                "AccountId": one.account,
                "PermissionSetArn": one.set,
                "PrincipalType": one.kind,
                "PrincipalId": one.principal,
            }
            for one in found
        ]
    }


@layer("sso-admin", "ListAccountsForProvisionedPermissionSet")
def list_accounts(call: Call, _: Proceed) -> Output:
    """Those that have it, in its latest version or an older one."""
    found, wanted = set_of(call), call.params.get("ProvisioningStatus")
    having = found.provisioned.items()
    state = {account: LATEST if has == found.version else OLD for account, has in having}
    return {"AccountIds": [account for account, is_ in state.items() if wanted in (None, is_)]}


def _begin(request: Request, then: Callable[[], str | None]) -> Request:
    requests[request.id] = request

    def apply(state: str | None) -> None:
        if state is None and request.state == "IN_PROGRESS":
            request.reason = then()
            request.state = "FAILED" if request.reason else "SUCCEEDED"

    lifecycle.follow(request.id, apply, ("IN_PROGRESS", f"sso.{request.what}"), last=None)
    return request


def _request(what: str, identity: str) -> Request:
    found = requests.get(identity)
    if found is None or found.what != what:
        raise Fault("ResourceNotFoundException", f"Could not find the request {identity}")
    return found


def _is_of(call: Call, request: Request) -> bool:
    of: PermissionSet | None = sets.get(request.set)
    return of is None or of.instance == instance(call.account).instance_arn


def _is_free(one: Assignment) -> None:
    under_way = (r for r in requests.values() if r.state == "IN_PROGRESS")
    if any(request.assignment == one for request in under_way):
        why = "There is a conflicting operation in process for this account assignment."
        raise Fault("ConflictException", why)


def _is_known(call: Call, one: Assignment) -> None:
    store = identitystore_backends[call.account][call.region]
    of = store.identity_stores.get(instance(call.account).identity_store_id)
    known = (of.groups if one.kind == "GROUP" else of.users) if of else {}
    if one.principal not in known:
        why = f"The {one.kind} {one.principal} could not be found."
        raise Fault("ResourceNotFoundException", why)
