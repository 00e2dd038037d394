"""The WSGI application in front of moto."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from groundplan_aws import routes
from groundplan_aws.settings import Settings

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

StartResponse = Callable[..., Any]


class Front:
    """Answers the sandbox's own pages, and hands everything else to moto."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if handler := routes.find(environ.get("PATH_INFO", "")):
            return _page(handler, environ)(environ, start)
        return self._moto(environ, start)


def _page(handler: routes.Handler, environ: dict[str, Any]) -> Response:
    request = Request(environ)
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = quote(request.path)
    if request.query_string:
        path += "?" + request.query_string.decode()
    status, answer, body = handler(request.method, path, headers, request.get_data())
    return Response(body, status, answer)
