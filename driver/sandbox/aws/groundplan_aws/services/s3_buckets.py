"""S3's buckets: what a new one has, tags in the call that makes it, whose it is, and what is refused."""

from __future__ import annotations

import json
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends

CLOSED = PublicAccessBlock("true", "true", "true", "true")


# moto reads a bucket's policy without its conditions, so that what refuses plain HTTP would refuse all. Here
# identities' policies decide.
FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]


def bucket_of(name: str) -> FakeBucket | None:
    """A bucket, whichever account has it: names are unique over all of them."""
    account = s3_backends.bucket_accounts.get(name, ("", ""))[1]
    return s3_backends[account]["aws"].buckets.get(name) if account else None


@check(
    "s3",
    "DeleteBucket",
    "DeleteBucketLifecycle",
    "DeleteBucketPolicy",
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetPublicAccessBlock",
    "ListObjectVersions",
    "PutBucketEncryption",
    "PutBucketLifecycleConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutPublicAccessBlock",
)
def whose(call: Call) -> None:
    """A bucket is only its account's, and is in one region."""
    bucket = bucket_of(call.params["Bucket"])
    if bucket is None:
        return
    if bucket.account_id != call.account:
        raise Fault("AccessDenied", "Access Denied", 403)
    if call.params.get("ExpectedBucketOwner", call.account) != bucket.account_id:
        raise Fault("AccessDenied", "Access Denied", 403)
    if bucket.region_name != call.region:
        why = "The bucket you are attempting to access must be addressed using the specified endpoint."
        raise Fault("PermanentRedirect", why, 301)


@layer("s3", "CreateBucket")
def create(call: Call, proceed: Proceed) -> Output:
    """moto forgets the tags, and leaves a new bucket as open as they were before 2023."""
    there = bucket_of(call.params["Bucket"]) is not None
    output = proceed()
    bucket = bucket_of(call.params["Bucket"])
    if bucket is None or there:
        return output
    bucket.public_access_block = CLOSED
    bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
    bucket.encryption = _encryption("AES256")
    tags = (call.params.get("CreateBucketConfiguration") or {}).get("Tags", [])
    if tags:
        pairs = {tag["Key"]: tag["Value"] for tag in tags}
        s3_backends[call.account]["aws"].put_bucket_tagging(bucket.name, pairs)
    return output


def _encryption(algorithm: str) -> dict[str, Any]:
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    return {"Rule": {**default, "BucketKeyEnabled": "false"}}


@layer("s3", "DeleteBucket")
def delete(call: Call, proceed: Proceed) -> Output:
    """moto keeps its tags for the next one of its name."""
    bucket = bucket_of(call.params["Bucket"])
    output = proceed()
    if bucket is not None:
        s3_backends[call.account]["aws"].tagger.delete_all_tags_for_resource(bucket.arn)
    return output


@layer("s3", "GetBucketVersioning")
def versioning(_: Call, proceed: Proceed) -> Output:
    """Passes by, so that the answer gets the name that it has on AWS."""
    return proceed()


@check("s3", "PutBucketPolicy")
def sound_policy(call: Call) -> None:
    """moto takes any text."""
    name = call.params["Bucket"]
    try:
        statements = json.loads(call.params["Policy"])["Statement"]
    except (ValueError, KeyError, TypeError):
        raise Fault("MalformedPolicy", "Policies must be valid JSON with a statement") from None
    bucket = bucket_of(name)
    for statement in statements if isinstance(statements, list) else [statements]:
        resources = statement.get("Resource") or statement.get("NotResource") or []
        resources = [resources] if isinstance(resources, str) else resources
        arn = f"arn:aws:s3:::{name}"
        if not resources or any(r != arn and not r.startswith(f"{arn}/") for r in resources):
            raise Fault("MalformedPolicy", "Policy has invalid resource")
        block = bucket and bucket.public_access_block
        if block and block.block_public_policy and _is_public(statement):
            why = "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"
            raise Fault("AccessDenied", f"User: {call.principal.arn} is not authorized: {why}", 403)


def _is_public(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    everybody = principal == "*" or (isinstance(principal, list) and "*" in principal)
    return everybody and statement.get("Effect") == "Allow" and not statement.get("Condition")
