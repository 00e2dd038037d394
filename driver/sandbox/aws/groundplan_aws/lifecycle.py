"""States that pass by themselves, in real seconds.

A course is a list of states with their durations; where it stands is read off the clock when
somebody asks, so there is no thread and nothing to stop. Every duration of the sandbox is in
`SECONDS`, and `--pace` scales all of them.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass, field

SECONDS = {
    "vpc.create": 0.3,
    "subnet.create": 0.3,
    "nat.create": 1.5,
    "nat.delete": 1.0,
    "nat.linger": 3600.0,
    "rds.create": 3.0,
    "rds.modify": 1.0,
    "rds.delete": 1.5,
    "opensearch.create": 3.0,
    "opensearch.update": 1.0,
    "opensearch.delete": 1.5,
    "nodegroup.create": 1.5,
    "nodegroup.update": 1.0,
    "nodegroup.delete": 1.0,
    "addon.create": 1.0,
    "addon.update": 0.5,
    "addon.delete": 0.5,
}
"""How long each takes at pace 1. AWS takes minutes for most; `nat.linger` is as on AWS."""

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
    begun: float = field(default_factory=time.monotonic)

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


class Courses:
    """The courses of all objects of one kind, by a key that is unique in all accounts."""

    def __init__(self) -> None:
        self._courses: dict[Hashable, Course] = {}

    def begin(self, key: Hashable, *passing: tuple[str, str], last: str | None) -> Course:
        """Begins a course, in the place of one that runs."""
        course = Course(passing, last)
        self._courses[key] = course
        return course

    def state(self, key: Hashable, default: str | None = None) -> str | None:
        """The state of an object; `default` for one that no course was begun for."""
        course = self._courses.get(key)
        return course.state() if course else default

    def gone(self) -> list[Hashable]:
        """What has reached its end; it is forgotten with this answer."""
        ended = [key for key, course in self._courses.items() if course.state() is None]
        for key in ended:
            del self._courses[key]
        return ended

    def forget(self, key: Hashable) -> None:
        """Drops the course of an object, if there is one."""
        self._courses.pop(key, None)
