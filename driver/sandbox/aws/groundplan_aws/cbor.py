"""Smithy's RPC over CBOR, which moto does not speak: a request becomes one of AWS's JSON, and its answer
CBOR again. Some SDKs speak nothing else to CloudWatch.
"""

from __future__ import annotations

import datetime
import io
import json
import re
from typing import Any

from botocore.parsers import RpcV2CBORParser, create_parser
from botocore.serialize import RpcV2CBORSerializer
from moto.core.model import OperationModel

_PATH = re.compile(r"/service/(?P<service>\w+)/operation/(?P<operation>\w+)")

Environ = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


def is_cbor(environ: Environ) -> bool:
    """Whether a request is in this protocol."""
    return bool(environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor")


def as_json(environ: Environ, body: bytes) -> tuple[Environ, bytes]:
    """The same request in AWS's JSON."""
    found = _PATH.fullmatch(environ["PATH_INFO"])
    if found is None:
        return environ, body
    # Maps without a length are read with a look ahead.
    stream = io.BufferedReader(io.BytesIO(body))
    params = RpcV2CBORParser().parse_data_item(stream) if body else {}
    told = {
        **environ,
        "PATH_INFO": "/",
        "REQUEST_URI": "/",
        "RAW_URI": "/",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "HTTP_X_AMZ_TARGET": f"{found['service']}.{found['operation']}",
    }
    return told, json.dumps(params, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    raise TypeError(f"BUG: no JSON for {type(value)}")


def as_cbor(operation: OperationModel, answer: Answer) -> Answer:
    """An answer in AWS's JSON, in this protocol."""
    status, headers, body = answer
    kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    kept |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    serializer, encoded = RpcV2CBORSerializer(), bytearray()
    if status >= 300:
        error = json.loads(body or b"{}")
        code = str(error.get("__type", "InternalFailure")).split("#")[-1]
        message = str(error.get("message") or error.get("Message") or "")
        for text in (b"\xa2", "__type", code, "message", message):
            if isinstance(text, bytes):
                encoded += text
            else:
                serializer._serialize_type_string(encoded, text, None, None)
        # Codes are still those of the older protocol.
        kept["x-amzn-query-error"] = f"{_OLDER.get(code, code)};Sender"
        return status, kept, bytes(encoded)
    response = {"status_code": status, "headers": headers, "body": body or b"{}"}
    output = create_parser("json").parse(response, operation.output_shape)
    output.pop("ResponseMetadata", None)
    if operation.output_shape is None:
        return status, kept, b""
    serializer._serialize_data_item(encoded, output, operation.output_shape)
    return status, kept, bytes(encoded)


_OLDER = {
    "DashboardInvalidInputError": "InvalidParameterInput",
    "DashboardNotFoundError": "ResourceNotFound",
    "LimitExceededFault": "LimitExceeded",
    "ResourceNotFound": "ResourceNotFound",
}
"""Codes by the names of the model's shapes, where they differ."""
