"""KMS: keys that wait for their deletion, rotation with a period, and policies that lock out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.kms.models import Key, KmsBackend, kms_backends

NOT_WHILE_LEAVING = (
    "CreateAlias",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
)
"""What KMS refuses for a key that waits for its deletion: Developer Guide, Key states."""


def kms(call: Call) -> KmsBackend:
    """moto's KMS of a call."""
    account, region = call.place
    return kms_backends[account][region]


def key_of(call: Call) -> Key | None:
    """The key that a call names by id, ARN or alias, if it is there."""
    given = call.params.get("KeyId") or call.params.get("TargetKeyId")
    backend = kms(call)
    if given is None and (alias := call.params.get("AliasName")):
        given = next((k.id for k in backend.keys.values() if alias in k.aliases), None)
    return backend.keys.get(backend.any_id_to_key_id(given)) if given else None


@check("kms", *NOT_WHILE_LEAVING)
def is_not_leaving(call: Call) -> None:
    """Until its deletion is cancelled."""
    key = key_of(call)
    if key and key.key_state == "PendingDeletion":
        raise Fault("KMSInvalidStateException", f"{key.arn} is pending deletion.")


@check("kms", "CancelKeyDeletion")
def is_leaving(call: Call) -> None:
    """Only the deletion of a key that waits for it can be cancelled."""
    key = key_of(call)
    if key and key.key_state != "PendingDeletion":
        raise Fault("KMSInvalidStateException", f"{key.arn} is not pending deletion.")


@check("kms", "EnableKeyRotation", "DisableKeyRotation")
def can_rotate(call: Call) -> None:
    """Symmetric keys can, while they are enabled."""
    key = key_of(call)
    if key and key.key_spec != "SYMMETRIC_DEFAULT":
        raise Fault("UnsupportedOperationException", f"{key.arn} is not symmetric.")
    if key and not key.enabled:
        raise Fault("DisabledException", f"{key.arn} is disabled.")


@layer("kms", "EnableKeyRotation")
def rotate(call: Call, proceed: Proceed) -> Output:
    """moto forgets the period."""
    days = call.params.get("RotationPeriodInDays", 365)
    if not 90 <= days <= 2560:
        raise Fault("ValidationException", f"Rotation period {days} is not between 90 and 2560.")
    output = proceed()
    if key := key_of(call):
        key.rotation_period_in_days = days  # type: ignore[attr-defined]
    return output


@layer("kms", "GetKeyRotationStatus")
def rotation(call: Call, proceed: Proceed) -> Output:
    """With the period."""
    output = proceed()
    key = key_of(call)
    if key and output["KeyRotationEnabled"]:
        output["KeyId"] = key.arn
        output["RotationPeriodInDays"] = getattr(key, "rotation_period_in_days", 365)
    return output


@check("kms", "PutKeyPolicy")
def locks_nobody_out(call: Call) -> None:
    """Whoever puts a policy has to be able to put another one afterwards."""
    if call.params.get("BypassPolicyLockoutSafetyCheck"):
        return
    try:
        statements = json.loads(call.params["Policy"])["Statement"]
    except (ValueError, KeyError):
        raise Fault("MalformedPolicyDocumentException", "Policy is not valid.") from None
    callers = (
        "*",
        call.account,
        f"arn:aws:iam::{call.account}:root",
        call.principal.arn,
        call.principal.iam_arn,
    )
    for statement in _listed(statements):
        allows = any(
            action in ("*", "kms:*", "kms:Put*", "kms:PutKeyPolicy")
            for action in _listed(statement.get("Action", []))
        )
        if statement["Effect"] == "Allow" and allows and "Condition" not in statement:
            principal = statement.get("Principal", {})
            named = [principal] if isinstance(principal, str) else _listed(principal.get("AWS", []))
            if set(named) & set(callers):
                return
    why = "The new key policy will not allow you to update the key policy in the future."
    raise Fault("MalformedPolicyDocumentException", why)


def _listed(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else [value]
