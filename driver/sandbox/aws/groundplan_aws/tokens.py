"""Client tokens: the same token with the same input is answered as the first time."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Layer, Output, Proceed, layer

_answers: dict[tuple[str, ...], tuple[str, Output]] = {}


def honour(service: str, *actions: str, parameter: str, mismatch: Callable[[str], Fault]) -> Layer:
    """Makes these operations idempotent by a parameter. `mismatch` is the fault for a token that
    was used with other input. AWS forgets tokens after a day or so; here they last.
    """

    @layer(service, *actions)
    def answer_again(call: Call, proceed: Proceed) -> Output:
        token = call.params.get(parameter)
        if not token:
            return proceed()
        key = (*call.place, service, call.action, token)
        asked = fingerprint(
            {name: value for name, value in call.params.items() if name != parameter}
        )
        if key not in _answers:
            output = proceed()
            _answers[key] = (asked, copy.deepcopy(output))
            return output
        before, output = _answers[key]
        if before != asked:
            raise mismatch(token)
        return copy.deepcopy(output)

    return answer_again


def fingerprint(params: dict[str, object]) -> str:
    """A digest of an input, which may hold a secret."""
    text = json.dumps(params, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
