"""S3's lifecycle rules: kept as they were sent, after what S3 refuses; moto forgets some of it."""

from __future__ import annotations

from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.s3_buckets import bucket_of

WARM = {"STANDARD_IA", "ONEZONE_IA"}

_rules: dict[tuple[str, str], list[dict[str, Any]]] = {}
"""By account and bucket."""


def _malformed() -> Fault:
    why = "The XML you provided was not well-formed or did not validate against our published schema"
    return Fault("MalformedXML", why)


@check("s3", "PutBucketLifecycleConfiguration")
def sound(call: Call) -> None:
    """<https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>"""
    rules = call.params["LifecycleConfiguration"].get("Rules", [])
    names = [rule.get("ID") for rule in rules]
    if len(set(names)) != len(names):
        raise Fault("InvalidArgument", "Rule ID must be unique. Found same ID for one or more rules")
    for rule in rules:
        _check(rule)


def _check(rule: dict[str, Any]) -> None:
    acts = {
        "Expiration",
        "Transitions",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionTransitions",
        "AbortIncompleteMultipartUpload",
    }
    filter_ = rule.get("Filter")
    if not acts & set(rule) or (filter_ is None and "Prefix" not in rule):
        raise _malformed()
    if len(filter_ or {}) > 1:
        raise _malformed()
    tagged = bool(filter_ and ("Tag" in filter_ or filter_.get("And", {}).get("Tags")))
    if tagged and "AbortIncompleteMultipartUpload" in rule:
        why = "AbortIncompleteMultipartUpload cannot be specified with Tags."
        raise Fault("InvalidRequest", why)
    expiration = rule.get("Expiration", {})
    if len(expiration) > 1:
        raise _malformed()
    if tagged and "ExpiredObjectDeleteMarker" in expiration:
        raise Fault("InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags.")
    for step in rule.get("Transitions", []):
        if step["StorageClass"] in WARM and step.get("Days", 30) < 30:
            why = "'Days' in Transition action must be greater than or equal to 30 for storageClass"
            raise Fault("InvalidArgument", f"{why} '{step['StorageClass']}'")
        if step.get("Days", 0) >= expiration.get("Days", 2**31):
            why = "'Days' in the Expiration action must be greater than 'Days' in the Transition action"
            raise Fault("InvalidArgument", why)


@layer("s3", "PutBucketLifecycleConfiguration")
def put(call: Call, _: Proceed) -> Output:
    """All of them at once."""
    name = call.params["Bucket"]
    if bucket_of(name) is None:
        raise Fault("NoSuchBucket", "The specified bucket does not exist", 404)
    _rules[call.account, name] = call.params["LifecycleConfiguration"]["Rules"]
    return {}


@layer("s3", "GetBucketLifecycleConfiguration")
def get(call: Call, _: Proceed) -> Output:
    """As they were sent."""
    name = call.params["Bucket"]
    if bucket_of(name) is None:
        raise Fault("NoSuchBucket", "The specified bucket does not exist", 404)
    if not (rules := _rules.get((call.account, name))):
        why = "The lifecycle configuration does not exist"
        raise Fault("NoSuchLifecycleConfiguration", why, 404)
    return {"Rules": rules}


@layer("s3", "DeleteBucketLifecycle", "DeleteBucket")
def delete(call: Call, proceed: Proceed) -> Output:
    """They go with their bucket."""
    output = proceed()
    _rules.pop((call.account, call.params["Bucket"]), None)
    return output
