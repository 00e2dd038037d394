"""What a call is about in the terms of IAM: its action, its resources, its condition keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundplan_aws.access import objects, table
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
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
}
"""S3's actions are not named after its operations."""


def action(call: Call) -> str:
    """The action's name in policies."""
    prefix = IAM_PREFIX.get(call.service, call.service)
    name = S3_ACTION.get(call.action, call.action) if call.service == "s3" else call.action
    return f"{prefix}:{name}"


def questions(call: Call) -> list[Question]:
    """Whether the caller may do this: one question for each resource, as each has its own tags."""
    name = action(call)
    row = table.row(name)
    if row is None:
        return [Question(name, (), context(call))]
    service = name.partition(":")[0]
    tagged = table.services()[service].get("resource_tags", False)
    return [
        Question(
            name,
            (arn,),
            {
                **context(call),
                **keys(row, service, known),
                **(objects.tags(call, arn) if tagged else {}),
            },
        )
        for known in _each(call, holes(call))
        for arn in _arns(call, row, service, known)
    ]


def _each(call: Call, known: dict[str, str]) -> list[dict[str, str]]:
    """The holes once for each object of a call that names several of one type."""
    lists = objects.LISTS.get((call.service, call.action))
    if lists is None:
        return [known]
    hole, parameter = lists
    return [{**known, hole: str(value)} for value in call.params.get(parameter, [])]


def _arns(call: Call, row: table.Row, service: str, known: Mapping[str, str]) -> list[str]:
    if row.get("own"):
        return objects.own(call, known)
    if "all" in row:
        return [table.arn(service, row["all"], _place(call))]
    given = row.get("given", {}).items()
    kinds = table.types_of(row) + [kind for kind, parameter in given if call.params.get(parameter)]
    return [table.arn(service, kind, known) for kind in kinds] or ["*"]


def holes(call: Call) -> dict[str, str]:
    """The parts of ARNs that a call names."""
    found = _place(call)
    service = table.services().get(IAM_PREFIX.get(call.service, call.service), {})
    for hole, names in service.get("holes", {}).items():
        if value := first(call.params, *names):
            found[hole] = part(hole, value)
    for hole, find in objects.FURTHER.get(call.service, {}).items():
        if hole not in found and (value := find(call)):
            found[hole] = value
    if "role" in found and call.service == "iam":
        path = str(call.params.get("Path", "/")) if call.action == "CreateRole" else "/"
        found["role"] = part("role", role_arn(call.account, found["role"], path))
    return found


def part(hole: str, value: str) -> str:
    """What of a parameter stands in an ARN, where that may be an ARN itself."""
    if not value.startswith("arn:"):
        return value
    if hole == "role":
        return value.split(":role/", 1)[-1]
    if hole == "secret":
        return value.split(":secret:", 1)[-1][: -len("-abcdef")]
    return value


def parameter(params: Mapping[str, Any], path: str) -> Any:
    """A parameter, or a part of one: `encryptionConfig.0.provider.keyArn`."""
    value: Any = params
    for step in path.split("."):
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def keys(row: table.Row, service: str, known: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The condition keys of an action whose values the call gives."""
    of = table.services()[service].get("keys", {})
    return {
        key.lower(): (known[of[key]["hole"]],)
        for key in row.get("keys", [])
        if of[key]["hole"] in known
    }


def _place(call: Call) -> dict[str, str]:
    return {"partition": "aws", "region": call.region, "account": call.account}


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


PAIRS = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))
"""How services call the two halves of a tag."""


def request_tags(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags in a request, whatever the service calls them."""
    tags = params.get("Tags") or params.get("tags") or params.get("TagList") or []
    tags = tags or (params.get("CreateBucketConfiguration") or {}).get("Tags", [])
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    tags = list(tags)
    for specification in params.get("TagSpecifications") or []:
        tags += specification.get("Tags", [])
    return {
        tag[key]: tag.get(value, "")
        for tag in tags
        if isinstance(tag, dict)
        for key, value in PAIRS
        if key in tag
    }


def first(params: Mapping[str, Any], *names: str) -> str | None:
    """The first of these parameters that is given."""
    return next((str(params[name]) for name in names if params.get(name)), None)


def role_arn(account: str, name: str, path: str = "/") -> str:
    """A role's ARN; its path is known for one that is there, and `path` that of another."""
    from moto.iam.models import iam_backends

    for role in iam_backends[account]["aws"].get_roles():
        if role.name == name:
            return role.arn
    return f"arn:aws:iam::{account}:role{path}{name}"
