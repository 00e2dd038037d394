"""The actions that a call needs besides its own, from the services' authorization references.

AWS checks them against the caller's policies and fails the call; moto does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from groundplan_aws.access import resources
from groundplan_aws.access.policy import Question
from groundplan_aws.call import Call

from moto.iam.models import iam_backends


@dataclass(frozen=True)
class Dependent:
    """An action that is needed when `where` says so."""

    action: str
    where: Callable[[Call], bool]


def _has(*names: str) -> Callable[[Call], bool]:
    return lambda call: any(call.params.get(name) for name in names)


def _always(_: Call) -> bool:
    return True


def _no_role(name: str) -> Callable[[Call], bool]:
    """A service-linked role that is made with the first resource."""
    return lambda call: all(
        role.name != name for role in iam_backends[call.account]["aws"].get_roles()
    )


DEPENDENTS: dict[tuple[str, str], tuple[Dependent, ...]] = {
    ("eks", "CreateCluster"): (
        Dependent("eks:TagResource", _has("tags")),
        Dependent("kms:DescribeKey", _has("encryptionConfig")),
        Dependent("kms:CreateGrant", _has("encryptionConfig")),
    ),
    ("eks", "AssociateEncryptionConfig"): (
        Dependent("kms:DescribeKey", _always),
        Dependent("kms:CreateGrant", _always),
    ),
    ("eks", "CreateNodegroup"): (
        Dependent("eks:TagResource", _has("tags")),
        Dependent("iam:GetRole", _always),
        Dependent("ec2:DescribeSubnets", _always),
    ),
    ("eks", "CreateAddon"): (Dependent("eks:TagResource", _has("tags")),),
    ("eks", "CreateAccessEntry"): (Dependent("eks:TagResource", _has("tags")),),
    ("iam", "CreateRole"): (Dependent("iam:TagRole", _has("Tags")),),
    ("iam", "CreatePolicy"): (Dependent("iam:TagPolicy", _has("Tags")),),
    ("iam", "CreateOpenIDConnectProvider"): (
        Dependent("iam:TagOpenIDConnectProvider", _has("Tags")),
    ),
    ("kms", "CreateKey"): (Dependent("kms:TagResource", _has("Tags")),),
    ("logs", "CreateLogGroup"): (Dependent("logs:TagResource", _has("tags")),),
    ("opensearch", "CreateDomain"): (
        Dependent("es:AddTags", _has("TagList")),
        Dependent("ec2:DescribeSubnets", _has("VPCOptions")),
        Dependent("ec2:DescribeSecurityGroups", _has("VPCOptions")),
        Dependent("ec2:DescribeVpcs", _has("VPCOptions")),
        Dependent(
            "kms:DescribeKey",
            lambda call: bool(call.params.get("EncryptionAtRestOptions", {}).get("KmsKeyId")),
        ),
        Dependent(
            "kms:CreateGrant",
            lambda call: bool(call.params.get("EncryptionAtRestOptions", {}).get("KmsKeyId")),
        ),
    ),
    ("rds", "CreateDBInstance"): (
        Dependent("rds:AddTagsToResource", _has("Tags")),
        Dependent("secretsmanager:CreateSecret", _has("ManageMasterUserPassword")),
        Dependent("secretsmanager:TagResource", _has("ManageMasterUserPassword")),
        Dependent("kms:DescribeKey", _has("ManageMasterUserPassword", "KmsKeyId")),
        Dependent("kms:CreateGrant", _has("KmsKeyId")),
        Dependent("iam:CreateServiceLinkedRole", _no_role("AWSServiceRoleForRDS")),
    ),
    ("rds", "DeleteDBInstance"): (
        Dependent("rds:CreateDBSnapshot", _has("FinalDBSnapshotIdentifier")),
    ),
    ("rds", "CreateDBSubnetGroup"): (
        Dependent("rds:AddTagsToResource", _has("Tags")),
        Dependent("ec2:DescribeSubnets", _always),
    ),
    ("rds", "CreateDBParameterGroup"): (Dependent("rds:AddTagsToResource", _has("Tags")),),
    ("secretsmanager", "CreateSecret"): (
        Dependent("secretsmanager:TagResource", _has("Tags")),
        Dependent("kms:GenerateDataKey", _has("KmsKeyId")),
        Dependent("kms:Decrypt", _has("KmsKeyId")),
    ),
}

PASSED_ROLES = {
    ("ec2", "CreateFlowLogs"): ("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    ("eks", "CreateAddon"): ("serviceAccountRoleArn", "eks.amazonaws.com"),
    ("eks", "UpdateAddon"): ("serviceAccountRoleArn", "eks.amazonaws.com"),
    ("eks", "CreateCluster"): ("roleArn", "eks.amazonaws.com"),
    ("eks", "CreateNodegroup"): ("nodeRole", "eks.amazonaws.com"),
    ("eks", "CreatePodIdentityAssociation"): ("roleArn", "pods.eks.amazonaws.com"),
    ("rds", "CreateDBInstance"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
    ("rds", "ModifyDBInstance"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
}
"""Operations that hand a role to a service: the parameter with its ARN, and the service."""


def questions(call: Call) -> Iterator[Question]:
    """What else the caller has to be allowed."""
    context = resources.context(call)
    if call.service == "ec2" and call.params.get("TagSpecifications"):
        yield Question("ec2:CreateTags", (), {**context, "ec2:createaction": (call.action,)})
    for dependent in DEPENDENTS.get((call.service, call.action), ()):
        if dependent.where(call):
            yield Question(dependent.action, (), context)
    parameter, service = PASSED_ROLES.get((call.service, call.action), ("", ""))
    if arn := call.params.get(parameter):
        yield Question("iam:PassRole", (arn,), {**context, "iam:passedtoservice": (service,)})
