"""The HTTP server of one sandbox: from its port to its orderly end."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundplan_aws import (
    accounts,
    environment,  # noqa: F401  (moto reads it on import)
    lifecycle,
    routes,
)
from groundplan_aws.front import Front
from groundplan_aws.settings import Settings

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server


class QuietHandler(MotoRequestHandler):
    """Requests are logged by `requestlog`, in full; the console stays for what goes wrong."""

    def log_request(self, *_: Any) -> None:
        """Says nothing."""


def run(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT."""
    with _claim(settings.dir / "aws.lock") as claimed:
        if not claimed:
            print(f"error: another server runs in {settings.dir}", file=sys.stderr)
            return 1
        return _serve(settings)


def _serve(settings: Settings) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    if settings.while_locked is not None:
        threading.Thread(target=_end_after, args=[settings.while_locked], daemon=True).start()
    lifecycle.set_pace(settings.pace)
    try:
        listener = socket.create_server((settings.host, settings.port), backlog=128)
    except OSError as error:
        why = f"could not listen on port {settings.port} of {settings.host}: {error.strerror}"
        print(f"error: {why}", file=sys.stderr)
        return 1
    settings.port = listener.getsockname()[1]
    http = make_server(
        settings.host,
        settings.port,
        Front(settings),
        threaded=True,
        request_handler=QuietHandler,
        fd=listener.fileno(),
    )
    accounts.bootstrap(settings)
    routes.register("/_groundplan/status", lambda *_: _status(settings))
    eks = _install_eks(settings)
    try:
        # The port listens already; who reads the file is answered as soon as this loop runs.
        _write_answer(settings)
        http.serve_forever()
    except SystemExit:
        pass
    finally:
        if eks is not None:
            eks.stop()
        http.server_close()
        listener.close()
    return 0


def _end(*_: Any) -> None:
    raise SystemExit


def _end_after(path: Path) -> None:
    """Ends this process as soon as nobody has the lock, which dies with whoever had it."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    os.kill(os.getpid(), signal.SIGTERM)


def _install_eks(settings: Settings) -> Any:
    if importlib.util.find_spec("groundplan_aws.eks") is None:
        return None
    return importlib.import_module("groundplan_aws.eks").install(settings)


def _status(settings: Settings) -> routes.Reply:
    page = {"id": settings.id, "mode": settings.mode, "pid": os.getpid()}
    return 200, {"content-type": "application/json"}, json.dumps(page).encode()


def _write_answer(settings: Settings) -> None:
    """`aws.json`: whole or not there, for its owner alone."""
    admin, outsider = settings.admin, settings.outsider
    if admin is None or outsider is None:
        raise RuntimeError("BUG: identities are made before the server answers")
    answer = {
        "id": settings.id,
        "endpoint": settings.endpoint,
        "account": settings.account,
        "region": settings.region,
        **admin.document(),
        "outsider": {"account": outsider.account, **outsider.document()},
    }
    path = settings.dir / "aws.json"
    temporary = path.with_suffix(".json.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(answer, file, indent=2)
    temporary.rename(path)


@contextmanager
def _claim(path: Path) -> Iterator[bool]:
    """Holds a lock while the server lives, so that a folder never has two; says whether it does."""
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        claimed = True
    except BlockingIOError:
        claimed = False
    try:
        yield claimed
    finally:
        os.close(file)
