"""The identity store: ARNs of groups and users, which moto's answers lack."""

from __future__ import annotations

from groundplan_aws.call import Call
from groundplan_aws.operations import Output, Proceed, layer


@layer("identitystore", "GetGroupId")
def group_id(_: Call, proceed: Proceed) -> Output:
    """With its ARN."""
    found = proceed()
    return {**found, "GroupArn": f"arn:aws:identitystore:::group/{found['GroupId']}"}


@layer("identitystore", "GetUserId")
def user_id(_: Call, proceed: Proceed) -> Output:
    """With its ARN."""
    found = proceed()
    return {**found, "UserArn": f"arn:aws:identitystore:::user/{found['UserId']}"}
