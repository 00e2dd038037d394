"""IAM: managed policies and instance profiles, and what keeps them and roles from being deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import check

from moto.iam.models import IAMBackend, iam_backends


def _iam(call: Call) -> IAMBackend:
    return iam_backends[call.account]["aws"]


@check("iam", "CreatePolicy")
def name_is_free(call: Call) -> None:
    """Names are unique whatever the path."""
    known = _iam(call).managed_policies.values()
    own = (policy for policy in known if f"::{call.account}:" in policy.arn)
    if any(policy.name == call.params["PolicyName"] for policy in own):
        why = f"A policy called {call.params['PolicyName']} already exists. Duplicate names are not allowed."
        raise Fault("EntityAlreadyExists", why, 409)


@check("iam", "CreatePolicy", "CreatePolicyVersion")
def is_short(call: Call) -> None:
    """White space does not count."""
    try:
        document = json.loads(call.params["PolicyDocument"])
    except ValueError:
        return
    if len("".join(json.dumps(document, separators=(",", ":")).split())) > 6144:
        raise Fault("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409)


@check("iam", "DeletePolicy")
def is_nobodys(call: Call) -> None:
    """Detached everywhere, nobody's boundary, and with one version."""
    arn = call.params["PolicyArn"]
    policy = _iam(call).managed_policies.get(arn)
    if policy is None:
        return
    if any(_holders(call, arn)):
        raise Fault("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy.versions) > 1:
        why = "This policy has more than one version. Before you delete a policy, you must delete"
        raise Fault("DeleteConflict", f"{why} the policy's versions.", 409)


def _holders(call: Call, arn: str) -> Iterator[str]:
    iam = _iam(call)
    for entity in (*iam.get_roles(), *iam.users.values(), *iam.groups.values()):
        boundary = getattr(entity, "permissions_boundary", None)
        if arn in entity.managed_policies or boundary == arn:
            yield entity.name


@check("iam", "DeleteRole")
def role_is_in_no_profile(call: Call) -> None:
    """moto deletes a role that is in an instance profile."""
    name = call.params["RoleName"]
    for profile in _iam(call).instance_profiles.values():
        if any(role.name == name for role in profile.roles):
            why = "Cannot delete entity, must remove roles from instance profile first."
            raise Fault("DeleteConflict", why, 409)


@check("iam", "RemoveRoleFromInstanceProfile")
def role_is_in_profile(call: Call) -> None:
    """moto fails where it is not."""
    profile = _iam(call).get_instance_profile(call.params["InstanceProfileName"])
    name = call.params["RoleName"]
    if not any(role.name == name for role in profile.roles):
        raise Fault("NoSuchEntity", f"The role {name} is not in the instance profile.", 404)
