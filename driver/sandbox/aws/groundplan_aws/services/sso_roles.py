"""The roles that permission sets have in accounts: made, changed and removed by Identity Center alone."""

from __future__ import annotations

import json
import secrets

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import check
from groundplan_aws.services.sso_records import PermissionSet
from groundplan_aws.settings import REGION

from moto.iam.models import IAMBackend, Role, iam_backends

RESERVED = "/aws-reserved/"
PATH = f"{RESERVED}sso.amazonaws.com/{REGION}/"
INLINE = "AwsSSOInlinePolicy"
ADMINISTRATION = (
    "AttachRolePolicy",
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
)

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::aws:saml-provider/AWSSSO_DO_NOT_DELETE"},
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        }
    ],
}


def find(of: PermissionSet, account: str) -> Role | None:
    """The role of a set in an account."""
    prefix = f"AWSReservedSSO_{of.name}_"
    length = len(prefix) + 16
    for role in _iam(account).get_roles():
        if role.path == PATH and role.name.startswith(prefix) and len(role.name) == length:
            return role
    return None


def bring(of: PermissionSet, account: str) -> str | None:
    """Makes the role or brings it up to the set; why not, where a policy is not in the account."""
    iam = _iam(account)
    own = [_customer(account, path, name) for path, name in of.customer]
    bound = _boundary(of, account)
    known = {policy.arn for policy in iam.managed_policies.values()}
    for arn in (*own, *([bound] if bound else [])):
        if arn not in known:
            return f"Received a 404 status error: the policy {arn} does not exist in {account}."
    role = find(of, account)
    if role is None:
        name = f"AWSReservedSSO_{of.name}_{secrets.token_hex(8)}"
        role = iam.create_role(name, json.dumps(TRUST), PATH, None, "", [], "43200")
    for arn in list(role.managed_policies):
        iam.detach_role_policy(arn, role.name)
    for arn in (*of.managed, *own):
        iam.attach_role_policy(arn, role.name)
    role.policies.pop(INLINE, None)
    if of.inline:
        role.policies[INLINE] = of.inline
    role.permissions_boundary_arn = bound
    role.description = of.description or ""
    of.provisioned[account] = of.version
    return None


def remove(of: PermissionSet, account: str) -> None:
    """With the last assignment in an account."""
    of.provisioned.pop(account, None)
    if role := find(of, account):
        iam = _iam(account)
        for arn in list(role.managed_policies):
            iam.detach_role_policy(arn, role.name)
        role.policies.clear()
        iam.delete_role(role.name)


def _customer(account: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account}:policy{path}{name}"


def _boundary(of: PermissionSet, account: str) -> str | None:
    if of.boundary is None:
        return None
    if arn := of.boundary.get("ManagedPolicyArn"):
        return str(arn)
    policy = of.boundary["CustomerManagedPolicyReference"]
    return _customer(account, policy.get("Path", "/"), policy["Name"])


def _iam(account: str) -> IAMBackend:
    return iam_backends[account]["aws"]


@check("iam", *ADMINISTRATION)
def is_not_reserved(call: Call) -> None:
    """Whoever has the account may only look at these roles."""
    name = call.params["RoleName"]
    for role in _iam(call.account).get_roles():
        if role.name == name and role.path.startswith(RESERVED):
            why = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
            raise Fault("UnmodifiableEntity", why)
