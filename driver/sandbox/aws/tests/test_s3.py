"""S3: of many who want to write first, one does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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
