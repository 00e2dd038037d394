"""AWS's service models at work: which operation a request is, and the forms of its answers.

Parsers and serializers are moto's and botocore's own; this module only brings them together.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

from groundplan_aws.call import Fault

from botocore.exceptions import DataNotFoundError
from botocore.parsers import create_parser
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import (
    ResponseSerializer,
    XFormedAttributePicker,
    get_serializer_class,
)

SIGNED_AS = {
    "elasticloadbalancing": ("elbv2", "elb"),
    "es": ("opensearch", "es"),
    "monitoring": ("cloudwatch",),
    "servicequotas": ("service-quotas",),
    "sso": ("sso-admin", "sso"),
    "tagging": ("resourcegroupstaggingapi",),
}
"""Services whose name in a signature is not botocore's name, or is that of several."""

CBOR = "smithy-rpc-v2-cbor"
"""The protocol in place of which moto speaks AWS's JSON."""

# moto warns of codes that no model has, such as AccessDenied; AWS answers with them all the same.
warnings.filterwarnings("ignore", message=r"Exception\(Fault\) with code")

ROOTS = {("s3", "GetBucketVersioning"): "VersioningConfiguration"}
"""What an answer begins with on AWS where botocore's model does not say so; other SDKs look at it."""

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


def find(signed_as: str, request: Request) -> tuple[OperationModel, dict[str, Any]] | None:
    """The operation of a request to a service, and what its path says; none for an unknown one."""
    for service in SIGNED_AS.get(signed_as, (signed_as,)):
        try:
            operation, uri = get_service_router(service).match(request)
        except (NotFound, NotImplementedError, DataNotFoundError):
            continue
        if _is_version(request, operation.service_model):
            return operation, uri
    return None


def _is_version(request: Request, service: ServiceModel) -> bool:
    """Two services with one name are told apart by the version in the form."""
    version = request.form.get("Version")
    return version is None or version == service.api_version


def parse_input(operation: OperationModel, request: Request, uri: dict[str, Any]) -> dict[str, Any]:
    """The operation's input, by the names of the model."""
    if operation.has_streaming_input:
        return dict(uri)
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    parser = PROTOCOL_PARSERS[protocol](operation)
    return dict(
        parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": uri,
            }
        )
    )


def parse_output(operation: OperationModel, answer: Answer) -> dict[str, Any]:
    """The operation's output, by the names of the model; a `Fault` for an error."""
    status, headers, body = answer
    protocol = operation.service_model.protocol
    if protocol == CBOR and body.startswith(b"{"):
        protocol = "json"
    parser = create_parser(protocol)
    response = {"status_code": status, "headers": headers, "body": body}
    output = parser.parse(response, operation.output_shape)
    output.pop("ResponseMetadata", None)
    if status >= 300:
        error = output.get("Error", {})
        raise Fault(error.get("Code", "InternalFailure"), error.get("Message", ""), status)
    return dict(output)


def serialize(operation: OperationModel, request: Request, result: Any) -> Answer:
    """The answer for an output, or for a `Fault`."""
    service = operation.service_model
    protocol = determine_request_protocol(service, request.content_type)
    serializer: ResponseSerializer = get_serializer_class(service.service_name, protocol)(
        operation, value_picker=_pick
    )
    answer = serializer.serialize(result)
    status, body = answer["status_code"], answer["body"]
    if isinstance(result, Fault) and status == ResponseSerializer.DEFAULT_ERROR_RESPONSE_CODE:
        status = result.status
    body = body.encode() if isinstance(body, str) else body
    if root := ROOTS.get((service.service_name, operation.name)):
        body = body.replace(f"{operation.name}Response".encode(), root.encode())
    return status, dict(answer["headers"]), body


def _pick(context: Any) -> Any:
    """Takes members of a dict by their exact names, of moto's objects as moto does."""
    if isinstance(context.obj, dict):
        return context.obj.get(context.key)
    if isinstance(context.obj, Fault) and context.key in context.obj.members:
        return context.obj.members[context.key]
    return _pick_as_moto(context)


_pick_as_moto = XFormedAttributePicker()


def error_code(answer: Answer) -> str | None:
    """The code of an error answer of any form; none where it is no error."""
    status, headers, body = answer
    if status < 400:
        return None
    lowered = {name.lower(): value for name, value in headers.items()}
    if kind := lowered.get("x-amzn-errortype"):
        return kind.split(":")[0].split("#")[-1]
    text = body[:65536].decode(errors="replace")
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except ValueError:
            return str(status)
        return str(document.get("__type") or document.get("code") or status).split("#")[-1]
    _, found, rest = text.partition("<Code>")
    return rest.partition("</Code>")[0] if found else str(status)
