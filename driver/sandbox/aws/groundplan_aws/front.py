"""The WSGI application in front of moto: understand, befall, authorise, check, answer, log.

One call runs at a time. moto itself never runs two at once to any use (it is Python), but it may
stop between a check and the act that depends on it, which would give an S3 key two winners and a
client token two resources.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import struct
import threading
import traceback
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from groundplan_aws import access, cbor, extensions, lifecycle, model, operations, routes
from groundplan_aws.access.signature import Signature
from groundplan_aws.call import Call, Fault
from groundplan_aws.client import Client
from groundplan_aws.faults import Dropped, Faults
from groundplan_aws.model import Answer
from groundplan_aws.requestlog import Entry, RequestLog
from groundplan_aws.settings import Settings

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.moto_server.werkzeug_app import (
    BackendRequest,
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.wrappers import Request, Response

Environ = dict[str, Any]

_REQUEST_ID = re.compile(rb"<(requestid)>[^<]*</", re.IGNORECASE)

turn = threading.RLock()
"""Held while a call runs. Take it to touch moto from anywhere else."""


@dataclass
class Asked:
    """A request, as far as it can be understood without knowing who sent it."""

    environ: Environ
    body: bytes
    signed: Request
    """As it was sent and signed."""
    request: Request
    """In a protocol that moto speaks, as are environment and body."""
    signature: Signature
    operation: OperationModel
    uri: dict[str, Any]
    """What its path says."""

    @property
    def service(self) -> str:
        """botocore's name of the service."""
        return str(self.operation.service_model.service_name)

    @property
    def client(self) -> Client:
        """Who is at the other end."""
        return Client(self.environ["REMOTE_ADDR"], int(self.environ["REMOTE_PORT"]))

    @property
    def text(self) -> str:
        """All that it says."""
        return self.environ["PATH_INFO"] + "\n" + unquote_plus(self.body.decode(errors="replace"))


def _understand(environ: Environ, body: bytes) -> Asked | Answer:
    signed = _request(environ, body)
    signature = access.signature.read(signed)
    if signature is None:
        return _refused("MissingAuthenticationToken", "the request is not signed", 403)
    request = signed
    if cbor.is_cbor(environ):
        environ, body = cbor.as_json(environ, body)
        request = _request(environ, body)
    found = model.find(signature.service, request)
    if found is None:
        why = f"the sandbox knows no operation of `{signature.service}` like this"
        return _refused("UnknownOperationException", why, 404)
    return Asked(environ, body, signed, request, signature, *found)


def _request(environ: Environ, body: bytes) -> BackendRequest:
    request = BackendRequest(_again(environ, body))
    request.get_data()  # Keeps the body: once a form is parsed it cannot be had any more.
    return request


class Front:
    """Answers the sandbox's own pages, and AWS calls through moto."""

    def __init__(self, settings: Settings) -> None:
        extensions.load()
        self._moto = DomainDispatcherApplication(_create_backend)
        self._log = RequestLog(settings.dir / "requests.jsonl")
        self._faults = Faults(settings.dir)

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answers one request."""
        if handler := routes.find(environ.get("PATH_INFO", "")):
            return _page(handler, environ)(environ, start)
        body = Request(environ).get_data()
        entry = self._log.begin(str(uuid.uuid4()))
        asked = _understand(environ, body)
        try:
            if isinstance(asked, Asked):
                entry.about(asked.service, asked.operation.name)
                answer = self._befallen(asked, entry)
            else:
                answer = asked
        except Dropped:
            entry.end(None, None)
            _hang_up(environ)
            raise
        entry.end(answer[0], model.error_code(answer))
        if isinstance(asked, Asked) and asked.request is not asked.signed:
            answer = cbor.as_cbor(asked.operation, answer)
        return _response(answer, entry.request_id, environ["REQUEST_METHOD"])(environ, start)

    def _befallen(self, asked: Asked, entry: Entry) -> Answer:
        """The answer, unless a fault on purpose is in the way."""
        call = f"{asked.service}:{asked.operation.name}"
        rule = self._faults.find(call, lambda: asked.text)
        if rule is None:
            return self._handled(asked, entry)
        entry.befell(rule.name)
        answer = None if rule.when == "before" else self._handled(asked, entry)
        try:
            rule.strike(asked.service, asked.client)
        except Fault as fault:
            return model.serialize(asked.operation, asked.request, fault)
        return answer or self._handled(asked, entry)

    def _handled(self, asked: Asked, entry: Entry) -> Answer:
        with turn:
            lifecycle.settle()
            answer = self._answer(asked, entry)
        if entry.mutating and answer[0] < 400:
            self._faults.note_change()
        return answer

    def _answer(self, asked: Asked, entry: Entry) -> Answer:
        request, operation, signature = asked.request, asked.operation, asked.signature
        body = asked.body
        try:
            principal = access.authenticate(asked.signed, signature, operation)
            entry.by(principal.arn, principal.account, signature.region)
            call = Call(
                service=asked.service,
                action=operation.name,
                params=model.parse_input(operation, request, asked.uri),
                region=signature.region,
                account=principal.account,
                principal=principal,
                request_id=entry.request_id,
                operation=operation,
                http=request,
            )
            entry.needed(access.authorize(call))
            operations.run_checks(call)
            environ = _for_moto(asked.environ, call, signature)
            if not operations.has_layers(call):
                return self._ask_moto(environ, body, call)
            output = operations.run_layers(
                call, lambda: model.parse_output(operation, self._ask_moto(environ, body, call))
            )
            return model.serialize(operation, request, output)
        except ServiceException as fault:  # ours, or moto's own where a layer called it
            return model.serialize(operation, request, fault)
        except Exception as error:
            traceback.print_exc()
            why = f"the sandbox failed, not the request: {type(error).__name__}; see aws.log"
            return model.serialize(operation, request, Fault("InternalFailure", why, 500))

    def _ask_moto(self, environ: Environ, body: bytes, call: Call) -> Answer:
        try:
            response = Response.from_app(self._moto, _again(environ, body), buffered=True)
        except NotImplementedError:
            raise _lacking(call) from None
        # An operation of an older API than moto's has no path there.
        if response.status_code == 404 and response.mimetype == "text/html":
            raise _lacking(call)
        return response.status_code, dict(response.headers), response.get_data()


def _create_backend(backend: str | None) -> Any:
    """Moto's application for a service; it has none for some that AWS has."""
    if backend is None:
        raise NotImplementedError
    return create_backend_app(backend)


def _lacking(call: Call) -> Fault:
    why = f"the sandbox has no {call.service}:{call.action}; it works on AWS"
    return Fault("NotImplemented", why, 501)


def _again(environ: Environ, body: bytes) -> Environ:
    """A request whose body can be read once more."""
    fresh = {name: value for name, value in environ.items() if not name.startswith("werkzeug.")}
    fresh.pop("HTTP_TRANSFER_ENCODING", None)
    return {**fresh, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _for_moto(environ: Environ, call: Call, signature: Signature) -> Environ:
    """Says to moto what it could not know or would guess: the account, and who presigned a URL."""
    told = {**environ, "HTTP_X_MOTO_ACCOUNT_ID": call.account}
    if signature.presigned and call.service != "s3":
        told["HTTP_AUTHORIZATION"] = signature.header
    return told


def _refused(code: str, message: str, status: int) -> Answer:
    document = json.dumps({"__type": code, "message": message}).encode()
    return status, {"content-type": "application/json", "x-amzn-errortype": code}, document


def _response(answer: Answer, request_id: str, method: str) -> Response:
    status, headers, body = answer
    kept = {name: value for name, value in headers.items() if name.lower() not in _OWN_HEADERS}
    if body.lstrip()[:1] == b"<":
        body = _REQUEST_ID.sub(rb"<\g<1>>" + request_id.encode() + b"</", body, count=1)
    response = Response(body, status, kept)
    response.headers["x-amzn-requestid"] = response.headers["x-amz-request-id"] = request_id
    if method == "HEAD" and (length := headers.get("Content-Length")):
        response.headers["content-length"] = length
    return response


_OWN_HEADERS = {"content-length", "status", "x-amz-crc32"}


def _hang_up(environ: Environ) -> None:
    """Resets the connection, so that the client cannot take it for an answer cut short."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


def _page(handler: routes.Handler, environ: Environ) -> Response:
    request = BackendRequest(environ)
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = request.raw_path
    if request.query_string:
        path += "?" + request.query_string.decode()
    status, answer, body = handler(request.method, path, headers, request.get_data())
    return Response(body, status, answer)
