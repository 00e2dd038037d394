"""Assuming a role: the role has to exist and to trust the caller."""

from __future__ import annotations

from groundplan_aws.access.policy import Question, Verdict, decide
from groundplan_aws.access.principal import Principal
from groundplan_aws.call import Call, Fault

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends


def check_trust(call: Call) -> None:
    """Passes, or raises a `Fault`. The caller's own policies count unless the role is in the same
    account and names the caller itself, as on AWS.
    """
    principal = call.principal
    arn = str(call.params.get("RoleArn", ""))
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    context = {
        "aws:principalarn": (principal.iam_arn,),
        "aws:principalaccount": (principal.account,),
    }
    if external := call.params.get("ExternalId"):
        context["sts:externalid"] = (external,)
    try:
        trust = iam_backends[account]["aws"].get_role_by_arn(arn).assume_role_policy_document
    except NotFoundException:
        raise _refusal(principal, arn) from None
    named = Question("sts:AssumeRole", (), context, (principal.arn, principal.iam_arn))
    root = f"arn:aws:iam::{principal.account}:root"
    by_account = Question("sts:AssumeRole", (), context, (root, principal.account))
    own = Question("sts:AssumeRole", (arn,), context)
    allowed = decide(principal.policies(), own)
    trusts = decide([trust], named), decide([trust], by_account)
    if Verdict.DENIED in (allowed, *trusts):
        raise _refusal(principal, arn)
    if trusts[0] is Verdict.ALLOWED and account == principal.account:
        return
    if Verdict.ALLOWED not in trusts or allowed is not Verdict.ALLOWED:
        raise _refusal(principal, arn)


def _refusal(principal: Principal, arn: str) -> Fault:
    message = (
        f"User: {principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )
    return Fault("AccessDenied", message, 403)
