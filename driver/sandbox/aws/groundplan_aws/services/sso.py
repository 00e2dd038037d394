"""IAM Identity Center: permission sets with their tags, and what they allow.

moto makes two of one name, has no tags and no boundaries, and deletes what somebody has.
"""

from __future__ import annotations

import re
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.organizations import organizations
from groundplan_aws.services.sso_records import (
    PermissionSet,
    instance,
    is_busy,
    set_of,
    sets,
)
from groundplan_aws.settings import REGION

from moto.iam.models import iam_backends

MOST_POLICIES = 20
HOUR = 3600
SESSION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
CHANGES = (
    "AttachCustomerManagedPolicyReferenceToPermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "DeleteInlinePolicyFromPermissionSet",
    "DeletePermissionSet",
    "DeletePermissionsBoundaryFromPermissionSet",
    "DetachCustomerManagedPolicyReferenceFromPermissionSet",
    "DetachManagedPolicyFromPermissionSet",
    "ProvisionPermissionSet",
    "PutInlinePolicyToPermissionSet",
    "PutPermissionsBoundaryToPermissionSet",
    "UpdatePermissionSet",
)


@layer("sso-admin", "ListInstances")
def list_instances(call: Call, proceed: Proceed) -> Output:
    """One, of the management account in its home region; moto has one everywhere."""
    manages = call.region == REGION and organizations(call.account).org
    return proceed() if manages else {"Instances": []}


@check("sso-admin", *CHANGES)
def nothing_is_under_way(call: Call) -> None:
    """One change of a set at a time."""
    if is_busy(set_of(call).arn):
        raise _conflict("There is a conflicting operation in process for this permission set.")


@layer("sso-admin", "CreatePermissionSet")
def create(call: Call, _: Proceed) -> Output:
    """Names are unique."""
    given = call.params
    of = given["InstanceArn"]
    if of != instance(call.account).instance_arn:
        raise Fault("ResourceNotFoundException", f"Could not find Instance {of}")
    if any(one.instance == of and one.name == given["Name"] for one in sets.values()):
        raise _conflict(f"PermissionSet with name {given['Name']} already exists.")
    tags = {tag["Key"]: tag["Value"] for tag in given.get("Tags", [])}
    made = PermissionSet(of, given["Name"], tags)
    _take(made, given)
    sets[made.arn] = made
    return {"PermissionSet": made.document()}


@layer("sso-admin", "UpdatePermissionSet")
def update(call: Call, _: Proceed) -> Output:
    """What is left out is emptied."""
    changed = set_of(call)
    _take(changed, call.params)
    changed.changed()
    return {}


def _take(of: PermissionSet, given: dict[str, Any]) -> None:
    session = given.get("SessionDuration", of.session)
    parts = SESSION.fullmatch(session)
    hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
    if not HOUR <= hours * HOUR + minutes * 60 + seconds <= 12 * HOUR:
        raise Fault("ValidationException", "Session duration is between one and twelve hours.")
    of.session = session
    of.description = given.get("Description")
    of.relay_state = given.get("RelayState")


@layer("sso-admin", "DescribePermissionSet")
def describe(call: Call, _: Proceed) -> Output:
    """One set."""
    return {"PermissionSet": set_of(call).document()}


@layer("sso-admin", "ListPermissionSets")
def list_sets(call: Call, _: Proceed) -> Output:
    """ARNs alone."""
    of = call.params["InstanceArn"]
    return {"PermissionSets": [one.arn for one in sets.values() if one.instance == of]}


@layer("sso-admin", "DeletePermissionSet")
def delete(call: Call, _: Proceed) -> Output:
    """Not while an account has it."""
    found = set_of(call)
    if found.provisioned:
        raise _conflict("PermissionSet has ApplicationProfile associated with it.")
    del sets[found.arn]
    return {}


@layer("sso-admin", "ListTagsForResource")
def tags(call: Call, _: Proceed) -> Output:
    """moto has none."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in set_of(call).tags.items()]}


@layer("sso-admin", "TagResource")
def tag(call: Call, _: Proceed) -> Output:
    """moto has none."""
    set_of(call).tags.update({tag["Key"]: tag["Value"] for tag in call.params["Tags"]})
    return {}


@layer("sso-admin", "UntagResource")
def untag(call: Call, _: Proceed) -> Output:
    """moto has none."""
    for key in call.params["TagKeys"]:
        set_of(call).tags.pop(key, None)
    return {}


@layer("sso-admin", "AttachManagedPolicyToPermissionSet")
def attach(call: Call, _: Proceed) -> Output:
    """One of AWS, once."""
    found, arn = set_of(call), call.params["ManagedPolicyArn"]
    policies = iam_backends[call.account]["aws"].managed_policies
    if ":iam::aws:policy/" not in arn or arn not in {one.arn for one in policies.values()}:
        raise Fault("ResourceNotFoundException", f"Policy does not exist with ARN: {arn}")
    if arn in found.managed:
        raise _conflict(f"The permission set has {arn} already.")
    _is_room(found)
    found.managed.append(arn)
    found.changed()
    return {}


@layer("sso-admin", "ListManagedPoliciesInPermissionSet")
def managed(call: Call, _: Proceed) -> Output:
    """Those of AWS."""
    arns = set_of(call).managed
    return {
        "AttachedManagedPolicies": [{"Arn": arn, "Name": arn.rsplit("/", 1)[-1]} for arn in arns]
    }


@layer("sso-admin", "DetachManagedPolicyFromPermissionSet")
def detach(call: Call, _: Proceed) -> Output:
    """One that is there."""
    found, arn = set_of(call), call.params["ManagedPolicyArn"]
    if arn not in found.managed:
        raise Fault("ResourceNotFoundException", f"Could not find ManagedPolicy with arn {arn}")
    found.managed.remove(arn)
    found.changed()
    return {}


@layer("sso-admin", "AttachCustomerManagedPolicyReferenceToPermissionSet")
def refer(call: Call, _: Proceed) -> Output:
    """By name: whether accounts have it shows when it is brought there."""
    found, policy = set_of(call), _reference(call)
    if policy in found.customer:
        raise _conflict(f"The permission set refers to {''.join(policy)} already.")
    _is_room(found)
    found.customer.append(policy)
    found.changed()
    return {}


@layer("sso-admin", "ListCustomerManagedPolicyReferencesInPermissionSet")
def references(call: Call, _: Proceed) -> Output:
    """Those of the accounts."""
    found = [{"Name": name, "Path": path} for path, name in set_of(call).customer]
    return {"CustomerManagedPolicyReferences": found}


@layer("sso-admin", "DetachCustomerManagedPolicyReferenceFromPermissionSet")
def refer_no_more(call: Call, _: Proceed) -> Output:
    """One that is there."""
    found, policy = set_of(call), _reference(call)
    if policy not in found.customer:
        raise Fault("ResourceNotFoundException", f"There is no reference to {''.join(policy)}.")
    found.customer.remove(policy)
    found.changed()
    return {}


@layer("sso-admin", "PutInlinePolicyToPermissionSet")
def put_inline(call: Call, _: Proceed) -> Output:
    """In the place of the one before."""
    found = set_of(call)
    found.inline = call.params["InlinePolicy"]
    found.changed()
    return {}


@layer("sso-admin", "GetInlinePolicyForPermissionSet")
def get_inline(call: Call, _: Proceed) -> Output:
    """Empty where there is none."""
    return {"InlinePolicy": set_of(call).inline}


@layer("sso-admin", "DeleteInlinePolicyFromPermissionSet")
def delete_inline(call: Call, _: Proceed) -> Output:
    """One that is there."""
    found = set_of(call)
    if not found.inline:
        raise Fault("ResourceNotFoundException", "The permission set has no inline policy.")
    found.inline = ""
    found.changed()
    return {}


@layer("sso-admin", "PutPermissionsBoundaryToPermissionSet")
def put_boundary(call: Call, _: Proceed) -> Output:
    """A policy of AWS or of the accounts, not both."""
    found, boundary = set_of(call), call.params["PermissionsBoundary"]
    if len(boundary) != 1:
        why = "Only ManagedPolicyArn or CustomerManagedPolicyReference should be given."
        raise Fault("ValidationException", why)
    found.boundary = boundary
    found.changed()
    return {}


@layer("sso-admin", "GetPermissionsBoundaryForPermissionSet")
def get_boundary(call: Call, _: Proceed) -> Output:
    """A fault where there is none."""
    return {"PermissionsBoundary": _bounded(call).boundary}


@layer("sso-admin", "DeletePermissionsBoundaryFromPermissionSet")
def delete_boundary(call: Call, _: Proceed) -> Output:
    """One that is there."""
    found = _bounded(call)
    found.boundary = None
    found.changed()
    return {}


def _bounded(call: Call) -> PermissionSet:
    found = set_of(call)
    if found.boundary is None:
        raise Fault("ResourceNotFoundException", "The permission set has no boundary.")
    return found


def _reference(call: Call) -> tuple[str, str]:
    policy = call.params["CustomerManagedPolicyReference"]
    return policy.get("Path", "/"), policy["Name"]


def _is_room(of: PermissionSet) -> None:
    if len(of.managed) + len(of.customer) >= MOST_POLICIES:
        why = f"You have exceeded AWS SSO limits: {MOST_POLICIES} policies in a permission set."
        raise Fault("ServiceQuotaExceededException", why)


def _conflict(why: str) -> Fault:
    return Fault("ConflictException", why)
