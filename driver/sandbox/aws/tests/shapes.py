"""Holds answers against the service models that botocore ships."""

from __future__ import annotations

from typing import Any

from botocore.model import OperationModel, Shape
from botocore.parsers import create_parser
from botocore.validate import ParamValidator


def check_answers(client: Any) -> None:
    """Has a client refuse answers that AWS could not give."""
    client.meta.events.register("after-call", _check)


def _check(http_response: Any, model: OperationModel, **_: Any) -> None:
    if http_response.status_code >= 300 or model.output_shape is None:
        return
    if model.has_streaming_output:
        return
    # Parsed once more: to a caller, botocore gives policy documents as more than text.
    answer = {
        "status_code": http_response.status_code,
        "headers": http_response.headers,
        "body": http_response.content,
    }
    protocol = model.service_model.protocol
    # Of a service with several, the client chose another.
    if protocol == "smithy-rpc-v2-cbor" and http_response.content.startswith(b"{"):
        protocol = "json"
    output = create_parser(protocol).parse(answer, model.output_shape)
    output.pop("ResponseMetadata", None)
    report = ParamValidator().validate(output, model.output_shape)
    strange = list(_strange(output, model.output_shape, model.name))
    assert not report.has_errors(), f"{model.name}: {report.generate_report()}"
    assert not strange, strange


def _strange(value: Any, shape: Shape, path: str) -> Any:
    """Values that are not in the enumeration of their shape."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from _strange(value[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        for one in value:
            yield from _strange(one, shape.member, path)
    elif shape.type_name == "map":
        for one in value.values():
            yield from _strange(one, shape.value, path)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path}: {value}"
