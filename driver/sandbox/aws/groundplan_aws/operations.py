"""What the sandbox adds to moto's operations, each beside the operation's name.

A check runs before the operation and may refuse it with a `Fault`. A layer runs around it: it may
change what goes in, call `proceed` for moto's answer, change that, or answer by itself. Both are
functions of a `Call` and see inputs and outputs as the service model names them, so they know
nothing of XML, JSON or HTTP. Only one call runs at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from groundplan_aws.call import Call

Output = dict[str, Any]
Proceed = Callable[[], Output]
Check = Callable[[Call], None]
Layer = Callable[[Call, Proceed], Output]

_checks: dict[tuple[str, str], list[Check]] = defaultdict(list)
_layers: dict[tuple[str, str], list[Layer]] = defaultdict(list)


def check(service: str, *actions: str) -> Callable[[Check], Check]:
    """Decorates a function that may refuse these operations."""

    def add(function: Check) -> Check:
        for action in actions:
            _checks[service, action].append(function)
        return function

    return add


def layer(service: str, *actions: str) -> Callable[[Layer], Layer]:
    """Decorates a function around these operations. The one added last is the outermost."""

    def add(function: Layer) -> Layer:
        for action in actions:
            _layers[service, action].append(function)
        return function

    return add


def run_checks(call: Call) -> None:
    """Refuses the call, or not."""
    for function in _checks.get((call.service, call.action), ()):
        function(call)


def has_layers(call: Call) -> bool:
    """Whether moto's answer is not the answer."""
    return (call.service, call.action) in _layers


def run_layers(call: Call, moto: Proceed) -> Output:
    """The answer to a call that has layers."""
    proceed = moto
    for function in _layers[call.service, call.action]:
        proceed = _around(function, call, proceed)
    return proceed()


def _around(function: Layer, call: Call, inner: Proceed) -> Proceed:
    return lambda: function(call, inner)
