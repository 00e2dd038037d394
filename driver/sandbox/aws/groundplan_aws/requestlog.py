"""`requests.jsonl`: one line for every AWS request, without any of what was said in it.

A field is added when needed, and none is ever renamed: time, id, service, action, mutating, status,
error, account, region, principal, milliseconds; needed, the actions that the caller had to be
allowed, each with its resource; and fault, for one on purpose. Control planes write the same lines
for the requests that their clusters get from those with an access entry.
"""

from __future__ import annotations

import datetime
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundplan_aws.access.policy import Question

READING = (
    "AssumeRole", "Check", "Decode", "Decrypt", "Describe", "Encrypt", "Estimate", "Filter",
    "GenerateDataKey", "GenerateMac", "GenerateRandom", "Get", "Head", "List", "Lookup", "Preview",
    "Query", "Scan", "Search", "Select", "Sign", "Simulate", "Test", "Validate", "Verify",
    "BatchGet", "BatchDescribe", "BatchCheck",
)  # fmt: skip
"""How the names of the actions begin that change nothing. All others do."""


def is_mutating(action: str) -> bool:
    """Whether an action of this name changes something."""
    return not action.startswith(READING)


class RequestLog:
    """The file, appended to line by line."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def begin(self, request_id: str) -> Entry:
        """A line that is written when the request was answered."""
        return Entry(self._file, request_id)


class Entry:
    """One line."""

    def __init__(self, file: int, request_id: str) -> None:
        self._file = file
        self._begun = time.monotonic()
        self.request_id = request_id
        self._line: dict[str, Any] = {
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "id": request_id,
            "service": None,
            "action": None,
            "mutating": False,
            "status": None,
            "error": None,
            "account": None,
            "region": None,
            "principal": None,
        }

    def about(self, service: str, action: str) -> None:
        """Says which operation it is."""
        self._line |= {"service": service, "action": action, "mutating": is_mutating(action)}

    def by(self, principal: str, account: str, region: str) -> None:
        """Says whose request it is."""
        self._line |= {"principal": principal, "account": account, "region": region}

    def needed(self, questions: Iterable[Question]) -> None:
        """Says what its sender had to be allowed."""
        asked = ([question.action, *question.resources] for question in questions)
        self._line["needed"] = list(asked)

    @property
    def mutating(self) -> bool:
        """Whether it changes something."""
        return bool(self._line["mutating"])

    def befell(self, fault: str) -> None:
        """Says which fault on purpose was in its way."""
        self._line["fault"] = fault

    def end(self, status: int | None, error: str | None) -> None:
        """Writes the line. Without a status it was not answered."""
        took = round((time.monotonic() - self._begun) * 1000, 1)
        self._line |= {"status": status, "error": error, "milliseconds": took}
        os.write(self._file, json.dumps(self._line).encode() + b"\n")
