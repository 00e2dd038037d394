"""How an operation of EKS is declared: a function named after it, from a request to an answer.

Both have the member names of the service model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundplan_aws import call as base
from groundplan_aws import operations

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True)
class Call:
    """One request."""

    world: World
    base: base.Call

    @property
    def params(self) -> dict[str, Any]:
        """Its input."""
        return self.base.params

    @property
    def account(self) -> str:
        """The account it is about."""
        return self.base.account

    @property
    def region(self) -> str:
        """The region it is about."""
        return self.base.region

    @property
    def token(self) -> str | None:
        """The client token."""
        return self.params.get("clientRequestToken")

    def sent(self) -> dict[str, Any]:
        """The input without the client token: what two requests have to agree in."""
        return {name: value for name, value in self.params.items() if name != "clientRequestToken"}

    def caller(self) -> str:
        """The user or role that calls."""
        return self.base.principal.iam_arn


Operation = Callable[[Call], dict[str, Any]]

_operations: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    """Declares the function to be the operation that its name says."""
    action = "".join(word.capitalize() for word in function.__name__.split("_"))
    _operations[action] = function
    return function


def attach(world: World) -> None:
    """Has all declared operations answer in place of moto's."""
    for action, function in _operations.items():
        operations.layer("eks", action)(_layer(world, function))


def _layer(world: World, function: Operation) -> operations.Layer:
    def answer(call: base.Call, _: operations.Proceed) -> dict[str, Any]:
        world.settle()
        return function(Call(world, call))

    return answer


def page(names: list[Any], call: Call, default: int = 100) -> tuple[list[Any], str | None]:
    """The part of a list that a request asks for, and the token of the next one."""
    start = int(call.params.get("nextToken") or 0)
    end = start + (call.params.get("maxResults") or default)
    return names[start:end], str(end) if end < len(names) else None
