"""S3: of many who want to write first, one does."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[..., Any]
CLIENTS, KEYS = 8, 12


def test_a_conditional_write_has_one_winner(aws: Aws, name: str) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    bucket = f"bucket-{name}"
    aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    clients = [aws("s3") for _ in range(CLIENTS)]

    def write(client: Any, key: str, **condition: str) -> bool:
        try:
            client.put_object(Bucket=bucket, Key=key, Body=b"x" * 2000, **condition)
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "PreconditionFailed"
            return False
        return True

    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(KEYS):
            key = str(number)
            won = [pool.submit(write, client, key, IfNoneMatch="*") for client in clients]
            assert sum(future.result() for future in won) == 1
            tag = aws("s3").head_object(Bucket=bucket, Key=key)["ETag"]
            assert write(clients[0], key, IfMatch=tag)
            assert not write(clients[1], key, IfMatch='"0123456789abcdef0123456789abcdef"')


HERE = {"LocationConstraint": "eu-west-1"}


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_new_bucket_is_closed_and_carries_its_tags(aws: Aws, name: str) -> None:
    s3, bucket = aws("s3"), f"bucket-{name}"
    tags = [{"Key": "team", "Value": "data"}]
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={**HERE, "Tags": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True} and len(block) == 4
    owned = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owned == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    with pytest.raises(ClientError) as refused:
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert _code(refused) == "NoSuchLifecycleConfiguration"
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError) as gone:
        s3.get_bucket_tagging(Bucket=bucket)
    assert _code(gone) == "NoSuchBucket"


def test_lifecycle_rules_are_kept_as_sent_unless_s3_refuses_them(aws: Aws, name: str) -> None:
    s3, bucket = aws("s3"), f"rules-{name}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=HERE)
    kept = {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3}
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}}
    rules = [{**rule, "NoncurrentVersionExpiration": kept}]
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    warm = [{"Days": 7, "StorageClass": "STANDARD_IA"}]
    for wrong in ({}, {"Transitions": warm}):
        with pytest.raises(ClientError):
            s3.put_bucket_lifecycle_configuration(
                Bucket=bucket, LifecycleConfiguration={"Rules": [{**rule, **wrong}]}
            )
    s3.delete_bucket_lifecycle(Bucket=bucket)
    s3.delete_bucket(Bucket=bucket)


def test_a_policy_is_kept_and_shuts_nobody_out_here(aws: Aws, name: str) -> None:
    s3, bucket = aws("s3"), f"policy-{name}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=HERE)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    secure = {"Bool": {"aws:SecureTransport": "false"}}
    resource = f"arn:aws:s3:::{bucket}/*"
    policy = {"Statement": [{**statement, "Resource": resource, "Condition": secure}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": resource}
    for wrong, code in ((public, "AccessDenied"), ({**statement}, "MalformedPolicy")):
        with pytest.raises(ClientError) as refused:
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [wrong]}))
        assert _code(refused) == code
