"""What AWS checks for an action: the committed table that policies are built from as well."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_HOLE = re.compile(r"\{([a-z-]+)\}")

Row = Mapping[str, Any]


@cache
def services() -> dict[str, Any]:
    """The table, by the services' IAM prefixes."""
    return tomllib.loads(Path(__file__).with_name("actions.toml").read_text())


def row(action: str) -> Row | None:
    """What there is to know of an action such as `ec2:CreateVpc`, if the table has it."""
    service, _, name = action.partition(":")
    found: Row | None = services().get(service, {}).get("actions", {}).get(name)
    return found


def arn(service: str, kind: str, holes: Mapping[str, str]) -> str:
    """The ARN of a resource of this type, with `*` where nothing is known."""
    known = {**services()[service].get("unknown", {}), **holes}
    pattern = services()[service]["types"][kind]
    return fill(fill(pattern, known), holes)


def types_of(row: Row) -> list[str]:
    """The types of the resources that an action is on."""
    single = (row.get("makes"), row.get("all"))
    return [kind for kind in single if kind] + row.get("on", [])


def fill(pattern: str, holes: Mapping[str, str]) -> str:
    """A text with its holes filled, with `*` where nothing is known."""
    return _HOLE.sub(lambda hole: holes.get(hole[1], "*"), pattern)
