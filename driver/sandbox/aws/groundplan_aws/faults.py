"""Faults on purpose: `faults.json` in the runtime folder names calls, and what is to befall them.

Tests write the file (whole, by a rename) and remove it; it is looked at before every call, and each
new file counts anew. Control planes read the same file. Without one, nothing here does anything.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from groundplan_aws.call import Fault
from groundplan_aws.client import Client

FILE = "faults.json"

THROTTLES = {"ec2": ("RequestLimitExceeded", 503), "s3": ("SlowDown", 503)}
THROTTLES |= dict.fromkeys(("eks", "opensearch", "secretsmanager"), ("ThrottlingException", 429))
"""The code and status with which a service says "slower"; the others say `Throttling`."""


class Dropped(ConnectionError):
    """The call is not answered."""


@dataclass
class Rule:
    """One rule, in the words of the file."""

    call: str
    """`ec2:CreateVpc`, or `create deployments` in a cluster; `*` stands for any text."""
    do: Literal["delay", "error", "freeze", "kill", "reset", "throttle"]
    when: Literal["before", "after"] = "before"
    """Before the call is handled, or after it was, with its answer lost."""
    nth: int = 1
    """The first call that it befalls, of those that match."""
    times: int | None = 1
    """How many it befalls; without a number all."""
    about: str = ""
    """A text that must be in the call's path or body."""
    changed: bool = False
    """Only once something else was changed, so that polls are met and not the reads of a plan."""
    seconds: float = 0
    """How long a delay takes."""
    code: str = "InternalFailure"
    message: str = "a fault on purpose"
    status: int = 500
    matched: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(re.escape(self.call).replace(r"\*", ".*"))

    def fires(self, call: str, text: str, changed: bool) -> bool:
        """Whether it befalls this call, which counts."""
        if (
            not self._pattern.fullmatch(call)
            or self.about not in text
            or (self.changed and not changed)
        ):
            return False
        self.matched += 1
        last = None if self.times is None else self.nth + self.times
        return self.matched >= self.nth and (last is None or self.matched < last)

    @property
    def name(self) -> str:
        """What the request log says of it."""
        return f"{self.do} {self.when}"

    def strike(self, service: str, client: Client) -> None:
        """Does it. A `Fault` is the answer; without one the call takes its course."""
        match self.do:
            case "delay":
                time.sleep(self.seconds)
            case "error":
                raise Fault(self.code, self.message, self.status)
            case "throttle":
                code, status = THROTTLES.get(service, ("Throttling", 400))
                raise Fault(code, "Rate exceeded", status)
            case "freeze":
                client.freeze()
                # A call that was on its way arrives when its sender goes on.
                if self.when == "before" and not client.wait_until_it_goes_on():
                    raise Dropped
            case "kill":
                client.kill()
                raise Dropped
            case "reset":
                raise Dropped


class Faults:
    """The rules as the file has them now."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._rules: list[Rule] = []
        self._changed = False

    def find(self, call: str, text: Callable[[], str]) -> Rule | None:
        """The rule that befalls a call. All that the call says is only asked for if need be."""
        with self._lock:
            self._look()
            if not self._rules:
                return None
            said = text()
            firing = [rule for rule in self._rules if rule.fires(call, said, self._changed)]
            return firing[0] if firing else None

    def note_change(self) -> None:
        """Something was changed by a call."""
        self._changed = True

    def _look(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen, self._rules = None, []
            return
        seen = (stat.st_ino, stat.st_mtime_ns)
        if seen != self._seen:
            self._seen, self._changed = seen, False
            self._rules = [Rule(**rule) for rule in json.loads(self._path.read_text())]
