"""Refuses a call that its caller's policies do not allow, naming the action that is missing."""

from __future__ import annotations

from groundplan_aws.access import dependents, resources
from groundplan_aws.access.policy import Question, Verdict, decide
from groundplan_aws.access.principal import Principal
from groundplan_aws.access.trust import check_trust
from groundplan_aws.call import Call, Fault

ALWAYS_ALLOWED = {("sts", "GetCallerIdentity"), ("sts", "AssumeRoleWithWebIdentity")}


def authorize(call: Call) -> list[Question]:
    """What the caller had to be allowed, or a `Fault` where that is refused."""
    if (call.service, call.action) in ALWAYS_ALLOWED:
        return []
    if call.action == "AssumeRole":
        check_trust(call)
        return resources.questions(call)
    asked = [*resources.questions(call), *dependents.questions(call)]
    for question in asked:
        verdict = verdict_of(call.principal, question)
        if verdict is not Verdict.ALLOWED:
            raise denial(call, question, verdict)
    return asked


def verdict_of(principal: Principal, question: Question) -> Verdict:
    """What the caller's policies say, and what the session was narrowed to."""
    verdict = decide(principal.policies(), question)
    if verdict is Verdict.ALLOWED and principal.session_policy:
        verdict = decide([principal.session_policy], question)
    return verdict


def denial(call: Call, question: Question, verdict: Verdict) -> Fault:
    """AWS's refusal, in the service's own words."""
    resource = f" on resource: {question.resources[0]}" if question.resources else ""
    why = (
        "with an explicit deny in an identity-based policy"
        if verdict is Verdict.DENIED
        else f"because no identity-based policy allows the {question.action} action"
    )
    may_not = f"{call.principal.arn} is not authorized to perform: {question.action}"
    message = f"User: {may_not}{resource} {why}"
    service = call.operation.service_model
    if service.protocol == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
        return Fault("UnauthorizedOperation", message, 403)
    if service.protocol == "query" or service.service_name == "s3":
        return Fault("AccessDenied", message, 403)
    return Fault("AccessDeniedException", message, 400 if service.protocol == "json" else 403)
