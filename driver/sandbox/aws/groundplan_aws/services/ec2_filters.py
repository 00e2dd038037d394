"""Filters by what an object has several of, such as the subnets of a route table."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Any

from moto.ec2 import utils

_matches = utils.is_filter_matching


def any_matches(thing: Any, name: str, wanted: Any) -> bool:
    """EC2 is content with one that fits; moto wants all of them to."""
    value = thing.get_filter_value(name)
    several = isinstance(value, Iterable) and not isinstance(value, (str, dict))
    if several and isinstance(wanted, list):
        return any(fnmatch.fnmatch(str(part), str(like)) for part in value for like in wanted)
    return bool(_matches(thing, name, wanted))


utils.is_filter_matching = any_matches
