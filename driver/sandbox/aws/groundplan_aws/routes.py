"""Pages of the server that are not AWS calls, such as the status page.

A handler may be called from several threads at once. The longest prefix wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""

Handler = Callable[[str, str, Mapping[str, str], bytes], Reply]
"""Called with method, path with query, headers (by lower-case name) and body."""

_handlers: dict[str, Handler] = {}


def register(path_prefix: str, handler: Handler) -> None:
    """Answers every path that begins with the prefix by the handler."""
    if path_prefix in _handlers:
        raise ValueError(f"BUG: {path_prefix} is registered twice")
    _handlers[path_prefix] = handler


def find(path: str) -> Handler | None:
    """The handler of a path; none where it is an AWS call."""
    fitting = [prefix for prefix in _handlers if path.startswith(prefix)]
    return _handlers[max(fitting, key=len)] if fitting else None
