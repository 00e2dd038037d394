"""The actions that a call needs besides its own: AWS checks them against the caller's policies and
fails the call; moto does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan_aws.access import resources, table
from groundplan_aws.access.policy import Question
from groundplan_aws.call import Call
from groundplan_aws.services.iam_linked import has_linked_role

PASSED_ROLES = {
    ("rds", "CreateDBInstance"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
    ("rds", "ModifyDBInstance"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
    ("ec2", "CreateFlowLogs"): ("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    ("eks", "CreatePodIdentityAssociation"): ("roleArn", "pods.eks.amazonaws.com"),
}
"""Operations that hand a role to a service and that no kind makes like this: the parameter with the
role's ARN, and the service.
"""


def questions(call: Call) -> Iterator[Question]:
    """What else the caller has to be allowed."""
    row = table.row(resources.action(call)) or {}
    for also in row.get("also", []):
        if _is_needed(call, also):
            yield from _asked(call, also)
    parameter, service = PASSED_ROLES.get((call.service, call.action), ("", ""))
    if arn := call.params.get(parameter):
        context = {**resources.context(call), "iam:passedtoservice": (service,)}
        yield Question("iam:PassRole", (arn,), context)


def _is_needed(call: Call, also: Mapping[str, Any]) -> bool:
    if also.get("linked"):
        return not has_linked_role(call.account, also["fill"]["service"])
    given = also.get("given")
    return given is None or any(resources.parameter(call.params, path) for path in given)


def _asked(call: Call, also: Mapping[str, Any]) -> Iterator[Question]:
    action = also["action"]
    service = action.partition(":")[0]
    holes = resources.holes(call)
    holes |= {hole: table.fill(text, holes) for hole, text in also.get("fill", {}).items()}
    for hole, path in also.get("from", {}).items():
        if value := resources.parameter(call.params, path):
            holes[hole] = resources.part(hole, str(value))
    row = table.row(action) or {}
    if action == "ec2:CreateTags":
        holes["create"] = call.action
    kinds = [also["on"]] if "on" in also else table.types_of(row)
    arns = [table.arn(service, kind, holes) for kind in kinds] or ["*"]
    for arn in arns:
        context = {**resources.context(call), **resources.keys(row, service, holes)}
        yield Question(action, (arn,), context)
