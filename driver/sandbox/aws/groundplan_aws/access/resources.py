"""What a call is about in the terms of IAM: its action, its resources, its condition keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from groundplan_aws.access.policy import Question
from groundplan_aws.call import Call

IAM_PREFIX = {
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "opensearch": "es",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
    "sso-admin": "sso",
}
"""The services whose IAM prefix is not botocore's name."""

S3_ACTION = {
    "CreateBucket": "CreateBucket",
    "DeleteBucket": "DeleteBucket",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "ListObjectVersions": "ListBucketVersions",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""S3's actions are not named after its operations."""

EC2_TYPE = {
    "VpcId": "vpc",
    "SubnetId": "subnet",
    "InternetGatewayId": "internet-gateway",
    "NatGatewayId": "natgateway",
    "AllocationId": "elastic-ip",
    "RouteTableId": "route-table",
    "GroupId": "security-group",
    "VpcEndpointId": "vpc-endpoint",
}


def question(call: Call) -> Question:
    """Whether the caller may do this."""
    prefix = IAM_PREFIX.get(call.service, call.service)
    action = S3_ACTION.get(call.action, call.action) if call.service == "s3" else call.action
    find = _FINDERS.get(call.service)
    arns = tuple(find(call)) if find else ()
    return Question(f"{prefix}:{action}", arns, context(call))


def context(call: Call) -> dict[str, tuple[str, ...]]:
    """The global condition keys."""
    keys: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (call.principal.iam_arn,),
        "aws:principalaccount": (call.principal.account,),
        "aws:requestedregion": (call.region,),
        "aws:securetransport": ("false",),
    }
    tags = request_tags(call.params)
    if tags:
        keys["aws:tagkeys"] = tuple(tags)
        keys.update({f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()})
    return keys


def request_tags(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags in a request, whatever the service calls them."""
    tags = params.get("Tags") or params.get("tags") or params.get("TagList") or []
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    tags = list(tags)
    for specification in params.get("TagSpecifications") or []:
        tags += specification.get("Tags", [])
    return {
        tag["Key"]: tag.get("Value", "") for tag in tags if isinstance(tag, dict) and "Key" in tag
    }


def _ec2(call: Call) -> list[str]:
    if call.action.startswith("Describe"):
        return []
    found = [(kind, call.params[name]) for name, kind in EC2_TYPE.items() if call.params.get(name)]
    return [call.arn(f"{kind}/{identity}") for kind, identity in found]


def _iam(call: Call) -> list[str]:
    params, root = call.params, f"arn:aws:iam::{call.account}"
    if name := params.get("RoleName"):
        return [role_arn(call.account, name)]
    if name := params.get("UserName"):
        return [f"{root}:user/{name}"]
    for name in ("OpenIDConnectProviderArn", "PolicyArn"):
        if arn := params.get(name):
            return [arn]
    return []


def _eks(call: Call) -> list[str]:
    name = first(call.params, "clusterName", "name")
    return [call.arn(f"cluster/{name}")] if name else []


def _rds(call: Call) -> list[str]:
    kinds = {
        "DBInstanceIdentifier": "db",
        "DBSubnetGroupName": "subgrp",
        "DBParameterGroupName": "pg",
    }
    return [
        call.arn(f"{kind}:{call.params[name]}")
        for name, kind in kinds.items()
        if call.params.get(name)
    ]


def _opensearch(call: Call) -> list[str]:
    name = call.params.get("DomainName")
    return [call.arn(f"domain/{name}", "es")] if name else []


def _secretsmanager(call: Call) -> list[str]:
    name = first(call.params, "SecretId", "Name")
    if not name:
        return []
    return [name if name.startswith("arn:") else call.arn(f"secret:{name}-??????")]


def _s3(call: Call) -> list[str]:
    bucket, key = call.params.get("Bucket"), call.params.get("Key")
    return [f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")] if bucket else []


def first(params: Mapping[str, Any], *names: str) -> str | None:
    """The first of these parameters that is given."""
    return next((str(params[name]) for name in names if params.get(name)), None)


def role_arn(account: str, name: str) -> str:
    """A role's ARN; its path is known for one that is there."""
    from moto.iam.models import iam_backends

    for role in iam_backends[account]["aws"].get_roles():
        if role.name == name:
            return role.arn
    return f"arn:aws:iam::{account}:role/{name}"


_FINDERS: dict[str, Callable[[Call], list[str]]] = {
    "ec2": _ec2,
    "eks": _eks,
    "iam": _iam,
    "opensearch": _opensearch,
    "rds": _rds,
    "s3": _s3,
    "secretsmanager": _secretsmanager,
}
