"""How an operation of EKS gets into moto.

A function named after the operation takes a `Call` and returns the answer by the member names of the
service model. Parameters are read, and answers are written, by that model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.eks import urls
from moto.eks.responses import EKSResponse

if TYPE_CHECKING:
    from .world import World

PATHS = (
    "clusters/(?P<rest>.+)$",
    "addons/(?P<rest>.+)$",
    "cluster-versions$",
    "access-policies$",
)
"""The paths that moto does not route to EKS by itself."""


@dataclass(frozen=True)
class Call:
    """One request."""

    world: World
    params: Mapping[str, Any]
    account: str
    region: str
    access_key: str
    """Whose request it is."""

    def sent(self) -> dict[str, Any]:
        """The parameters without the client token: what two requests have to agree in."""
        return {name: value for name, value in self.params.items() if name != "clientRequestToken"}

    @property
    def token(self) -> str | None:
        """The client token."""
        return self.params.get("clientRequestToken")


Operation = Callable[[Call], dict[str, Any]]

_operations: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    """Declares the function to be the operation that its name says."""
    _operations[function.__name__] = function
    return function


def attach(world: World) -> None:
    """Puts all declared operations into moto."""
    for name, function in _operations.items():
        setattr(EKSResponse, name, _method(world, function))
    for path in PATHS:
        urls.url_paths["{0}/" + path] = EKSResponse.dispatch


def _method(world: World, function: Operation) -> Callable[[EKSResponse], ActionResult]:
    def method(response: EKSResponse) -> ActionResult:
        response.parse_parameters(response.normalized_request)
        call = Call(
            world=world,
            params=_plain(response.params),
            account=response.current_account,
            region=response.region,
            access_key=response.get_access_key(),
        )
        with world.lock:
            world.settle()
            return ActionResult(function(call))

    return method


def _plain(value: Any) -> Any:
    """moto's own kinds of mappings and lists as ordinary ones."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def page(names: list[Any], call: Call, default: int = 100) -> tuple[list[Any], str | None]:
    """The part of a sorted list that a request asks for, and the token of the next one."""
    start = int(call.params.get("nextToken") or 0)
    end = start + (call.params.get("maxResults") or default)
    return names[start:end], str(end) if end < len(names) else None
