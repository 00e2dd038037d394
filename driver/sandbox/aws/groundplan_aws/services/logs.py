"""CloudWatch Logs: classes and keys of groups, and what moto takes though AWS does not."""

from __future__ import annotations

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.kms.models import kms_backends
from moto.logs.models import LogGroup, LogsBackend, logs_backends

RETENTIONS = {
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
}  # fmt: skip


def logs(call: Call) -> LogsBackend:
    """moto's groups of a call."""
    account, region = call.place
    return logs_backends[account][region]


def _group(call: Call) -> LogGroup:
    group = logs(call).groups.get(call.params["logGroupName"])
    if group is None:
        raise Fault("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _class(group: LogGroup) -> str:
    return str(getattr(group, "log_group_class", "STANDARD"))


@check("logs", "CreateLogGroup", "AssociateKmsKey")
def may_use_key(call: Call) -> None:
    """The key's policy lets the service use it."""
    arn = call.params.get("kmsKeyId")
    if arn is None:
        return
    account, region = call.place
    key = kms_backends[account][region].keys.get(arn.rsplit("/", 1)[-1])
    if key is None or f"logs.{region}.amazonaws.com" not in key.policy:
        name = call.params.get("logGroupName")
        why = f"The specified KMS key does not exist or is not allowed to be used with {name}"
        raise Fault("InvalidParameterException", why)


@layer("logs", "CreateLogGroup")
def create(call: Call, proceed: Proceed) -> Output:
    """moto forgets the class."""
    output = proceed()
    group = _group(call)
    group.log_group_class = call.params.get("logGroupClass", "STANDARD")  # type: ignore[attr-defined]
    if _class(group) == "DELIVERY":
        group.retention_in_days = 1
    return output


@layer("logs", "DescribeLogGroups")
def describe(call: Call, proceed: Proceed) -> Output:
    """With the class, and the ARN that stands for the group alone."""
    output = proceed()
    for shown in output["logGroups"]:
        group = logs(call).groups[shown["logGroupName"]]
        shown["logGroupClass"] = _class(group)
        shown["logGroupArn"] = group.arn
    return output


@check("logs", "PutRetentionPolicy")
def is_a_retention(call: Call) -> None:
    """Certain numbers of days only."""
    if call.params["retentionInDays"] not in RETENTIONS or _class(_group(call)) == "DELIVERY":
        raise Fault("InvalidParameterException", "Invalid retention value.")


@layer("logs", "AssociateKmsKey")
def associate(call: Call, _: Proceed) -> Output:
    """For the logs that come from now on."""
    _group(call).kms_key_id = call.params["kmsKeyId"]
    return {}


@layer("logs", "DisassociateKmsKey")
def disassociate(call: Call, _: Proceed) -> Output:
    """Back to the service's own key."""
    _group(call).kms_key_id = None
    return {}


@check("logs", "ListTagsForResource", "TagResource", "UntagResource")
def is_there(call: Call) -> None:
    """moto keeps tags of groups that are not there."""
    arn = call.params["resourceArn"]
    if ":log-group:" in arn and arn.split(":log-group:")[1] not in logs(call).groups:
        raise Fault("ResourceNotFoundException", "The specified log group does not exist.")


@check("logs", "PutResourcePolicy")
def is_a_policy(call: Call) -> None:
    """Not longer than AWS takes."""
    if len(call.params.get("policyDocument", "")) > 5120:
        raise Fault("InvalidParameterException", "Policy document is longer than 5120 characters.")
