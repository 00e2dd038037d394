"""States that pass by themselves, in real seconds.

A course is a list of states with their durations; where it stands is read off the clock when
somebody asks, so there is no thread and nothing to stop. Every duration of the sandbox is in
`SECONDS`, and `--pace` scales all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

SECONDS = {
    "account.create": 1.5,
    "account.role": 5.0,
    "account.services": 2.0,
    "account.close": 0.5,
    "vpc.create": 0.3,
    "subnet.create": 0.3,
    "nat.create": 1.5,
    "nat.delete": 1.0,
    "nat.linger": 3600.0,
    "endpoint.create": 1.0,
    "endpoint.delete": 0.5,
    "endpoint.linger": 3600.0,
    "ram.create": 0.3,
    "ram.associate": 1.0,
    "ram.lag": 1.0,
    "ram.disassociate": 0.5,
    "ram.delete": 0.5,
    "peering.create": 0.5,
    "peering.accept": 0.5,
    "peering.delete": 0.5,
    "rds.create": 3.0,
    "rds.lag": 0.2,
    "rds.modify": 1.0,
    "rds.delete": 1.5,
    "kafka.create": 3.0,
    "kafka.lag": 0.2,
    "kafka.update": 0.7,
    "kafka.delete": 1.5,
    "opensearch.create": 3.0,
    "opensearch.lag": 1.0,
    "opensearch.check": 0.5,
    "opensearch.update": 1.0,
    "opensearch.delete": 1.5,
    "route53.change": 0.5,
    "acm.lag": 0.3,
    "acm.issue": 1.0,
    "nodegroup.create": 1.5,
    "nodegroup.update": 1.0,
    "nodegroup.delete": 1.0,
    "addon.create": 1.0,
    "addon.update": 0.5,
    "addon.delete": 0.5,
    "sso.assign": 1.0,
    "sso.unassign": 0.7,
    "sso.provision": 0.5,
}
"""How long each takes at pace 1. AWS takes minutes for most; what lingers does so as on AWS."""

_pace = 1.0


def set_pace(factor: float) -> None:
    """Scales every duration from now on."""
    if factor < 0:
        raise ValueError("the pace is not negative")
    global _pace
    _pace = factor


def seconds(name: str) -> float:
    """How long something of this name takes."""
    return SECONDS[name] * _pace


@dataclass(frozen=True)
class Course:
    """States that follow each other, and the one that stays."""

    passing: tuple[tuple[str, str], ...]
    """Each state with the name of its duration, in order."""
    last: str | None
    """The state that stays; none when the object is gone."""
    begun: float = field(default_factory=lambda: time.monotonic())

    def state(self) -> str | None:
        """The state now."""
        elapsed = time.monotonic() - self.begun
        for state, duration in self.passing:
            elapsed -= seconds(duration)
            if elapsed < 0:
                return state
        return self.last

    @property
    def over(self) -> bool:
        """Whether the last state is reached."""
        return self.state() == self.last


class _Followed:
    """A course and what it does to an object of moto."""

    def __init__(self, course: Course, apply: Callable[[str | None], None]) -> None:
        self.course = course
        self.apply = apply
        self.applied: list[str | None] = []

    def settle(self) -> bool:
        """Brings the object up to the clock; says whether the last state is reached."""
        state = self.course.state()
        if self.applied != [state]:
            self.apply(state)
            self.applied = [state]
        return state == self.course.last


_followed: dict[Hashable, _Followed] = {}


def follow(
    key: Hashable,
    apply: Callable[[str | None], None],
    *passing: tuple[str, str],
    last: str | None,
) -> None:
    """Begins a course for an object, in the place of one that runs, and applies its first state.

    `apply` is called with each state when it is reached; a state in between may be left out when
    nobody looked. With None it removes the object.
    """
    followed = _Followed(Course(passing, last), apply)
    _followed[key] = followed
    _settle(key, followed)


def settle() -> None:
    """Brings every object up to the clock. Called before each call."""
    for key, followed in list(_followed.items()):
        _settle(key, followed)


def _settle(key: Hashable, followed: _Followed) -> None:
    try:
        over = followed.settle()
    except Exception:
        # A mistake in one course is told once, and does not stand in the way of every call to come.
        _followed.pop(key, None)
        raise
    # The last state may begin a course of its own, in the place of this one.
    if over and _followed.get(key) is followed:
        del _followed[key]
