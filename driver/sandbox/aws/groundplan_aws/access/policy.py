"""Policy documents: whether they allow an action on resources in a context.

Not known here: permission boundaries, service control policies, resource policies other than a
role's trust. A condition with an operator that is not known is not met.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any


class Verdict(Enum):
    """What policies say of a question."""

    ALLOWED = "allowed"
    DENIED = "denied explicitly"
    SILENT = "not mentioned"


@dataclass(frozen=True)
class Question:
    """May this be done?"""

    action: str
    """With its service, such as `ec2:CreateVpc`."""
    resources: tuple[str, ...] = ()
    """ARNs that all have to be allowed; empty where it is not known what the call touches: then
    the resource elements of policies are not looked at."""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of condition keys, by lower-case key."""
    principal: tuple[str, ...] = ()
    """The names a trust policy may call the caller by; empty for identity policies."""


def decide(documents: Iterable[str], question: Question) -> Verdict:
    """What the documents say together."""
    verdict = Verdict.SILENT
    for document in documents:
        for statement in _statements(document):
            if not _is_about(statement, question):
                continue
            if statement.get("Effect") == "Deny":
                return Verdict.DENIED
            verdict = Verdict.ALLOWED
    return verdict


@lru_cache(maxsize=4096)
def _statements(document: str) -> tuple[Mapping[str, Any], ...]:
    try:
        statements = json.loads(document).get("Statement", [])
    except (ValueError, AttributeError):
        return ()
    return tuple([statements] if isinstance(statements, dict) else statements)


def _is_about(statement: Mapping[str, Any], question: Question) -> bool:
    return (
        _element(statement, "Action", (question.action,), ignore_case=True)
        and _resource(statement, question)
        and _principal(statement, question.principal)
        and all(
            _condition(operator, keys, question.context)
            for operator, keys in statement.get("Condition", {}).items()
        )
    )


def _element(
    statement: Mapping[str, Any], name: str, values: tuple[str, ...], ignore_case: bool = False
) -> bool:
    """Whether an element such as Action, or its Not form, covers all values."""
    if name in statement:
        patterns = _list(statement[name])
        return all(any(_like(p, v, ignore_case) for p in patterns) for v in values)
    patterns = _list(statement.get(f"Not{name}", []))
    return not any(_like(p, v, ignore_case) for p in patterns for v in values)


def _resource(statement: Mapping[str, Any], question: Question) -> bool:
    if not question.resources or not {"Resource", "NotResource"} & statement.keys():
        return True
    if statement.get("Effect") == "Deny":
        return any(_element(statement, "Resource", (arn,)) for arn in question.resources)
    return _element(statement, "Resource", question.resources)


def _principal(statement: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    if not names:
        return True
    principal = statement.get("Principal", {})
    if principal == "*":
        return True
    given = [value for values in principal.values() for value in _list(values)]
    return "*" in given or any(name in given for name in names)


def _condition(
    operator: str, keys: Mapping[str, Any], context: Mapping[str, tuple[str, ...]]
) -> bool:
    quantifier, _, base = operator.rpartition(":")
    if_exists = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    for key, wanted in keys.items():
        actual = context.get(key.lower())
        if base == "Null":
            if (str(_list(wanted)[0]).lower() == "true") != (not actual):
                return False
            continue
        if not actual:
            negated = "Not" in base
            if not (if_exists or negated or quantifier == "ForAllValues"):
                return False
            continue
        results = [_compare(base, value, _list(wanted)) for value in actual]
        if not (all(results) if quantifier == "ForAllValues" else any(results)):
            return False
    return True


def _compare(operator: str, value: str, wanted: list[Any]) -> bool:
    if "Not" in operator:
        return not _compare(operator.replace("Not", ""), value, wanted)
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in wanted]
    match operator:
        case "StringEquals":
            return value in texts
        case "StringEqualsIgnoreCase" | "Bool":
            return value.lower() in (text.lower() for text in texts)
        case "StringLike" | "ArnEquals" | "ArnLike":
            return any(_like(text, value) for text in texts)
    return False


def _like(pattern: str, value: str, ignore_case: bool = False) -> bool:
    return pattern == "*" or _pattern(pattern, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=8192)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
