"""The parts that need no server: policies, lifecycles, names of actions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from groundplan_aws import lifecycle, requestlog
from groundplan_aws.access.policy import Question, Verdict, decide


def ask(statement: dict[str, Any], action: str, *resources: str, **context: str) -> Verdict:
    keys = {key.replace("__", ":").replace("_", "/"): (value,) for key, value in context.items()}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    return decide([document], Question(action, resources, keys))


ALLOW = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}


def test_actions_and_resources_are_patterns() -> None:
    assert ask(ALLOW, "s3:GetObject", "arn:aws:s3:::b/k") is Verdict.ALLOWED
    assert ask(ALLOW, "S3:getobject", "arn:aws:s3:::b/k") is Verdict.ALLOWED
    assert ask(ALLOW, "s3:GetObject", "arn:aws:s3:::c/k") is Verdict.SILENT
    assert ask(ALLOW, "s3:PutObject", "arn:aws:s3:::b/k") is Verdict.SILENT
    both = ("arn:aws:s3:::b/k", "arn:aws:s3:::c/k")
    assert ask(ALLOW, "s3:GetObject", *both) is Verdict.SILENT, "all of them have to be allowed"
    assert ask({**ALLOW, "Effect": "Deny"}, "s3:GetObject", *both) is Verdict.DENIED


def test_everything_but() -> None:
    but = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret*"}
    assert ask(but, "s3:GetObject", "arn:aws:s3:::b") is Verdict.ALLOWED
    assert ask(but, "iam:GetRole", "arn:aws:iam::1:role/r") is Verdict.SILENT
    assert ask(but, "s3:GetObject", "arn:aws:s3:::secret-1") is Verdict.SILENT


@pytest.mark.parametrize(
    ("condition", "tag", "verdict"),
    [
        ({"StringEquals": {"aws:RequestTag/team": "data"}}, "data", Verdict.ALLOWED),
        ({"StringEquals": {"aws:RequestTag/team": ["a", "data"]}}, "data", Verdict.ALLOWED),
        ({"StringEquals": {"aws:RequestTag/team": "data"}}, None, Verdict.SILENT),
        ({"StringEqualsIfExists": {"aws:RequestTag/team": "data"}}, None, Verdict.ALLOWED),
        ({"StringNotEquals": {"aws:RequestTag/team": "data"}}, None, Verdict.ALLOWED),
        ({"StringNotEquals": {"aws:RequestTag/team": "data"}}, "data", Verdict.SILENT),
        ({"StringLike": {"aws:RequestTag/team": "d?ta*"}}, "data", Verdict.ALLOWED),
        ({"Null": {"aws:RequestTag/team": "false"}}, "data", Verdict.ALLOWED),
        ({"Null": {"aws:RequestTag/team": "false"}}, None, Verdict.SILENT),
        ({"DateLessThan": {"aws:RequestTag/team": "data"}}, "data", Verdict.SILENT),
    ],
)
def test_conditions(condition: dict[str, Any], tag: str | None, verdict: Verdict) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    context = {"aws__requesttag_team": tag} if tag else {}
    assert ask(statement, "ec2:CreateVpc", **context) is verdict


def test_a_course_is_read_off_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(lifecycle.time, "monotonic", lambda: now)
    monkeypatch.setitem(lifecycle.SECONDS, "slow", 2.0)
    applied: list[str | None] = []
    lifecycle.follow("x", applied.append, ("one", "slow"), ("two", "slow"), last=None)
    assert applied == ["one"]
    now = 101.9
    lifecycle.settle()
    assert applied == ["one"]
    now = 102.1
    lifecycle.settle()
    assert applied == ["one", "two"]
    now = 200.0
    lifecycle.settle()
    lifecycle.settle()
    assert applied == ["one", "two", None], "its end is applied once"


def test_a_course_may_end_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lifecycle.SECONDS, "instant", 0.0)
    monkeypatch.setitem(lifecycle.SECONDS, "long", 3600.0)
    applied: list[str | None] = []

    def fail(state: str | None) -> None:
        applied.append(state)
        lifecycle.follow("y", applied.append, ("failed", "long"), last=None)

    lifecycle.follow("y", fail, ("pending", "instant"), last="done")
    lifecycle.settle()
    assert applied == ["done", "failed"]
    assert lifecycle._followed["y"].course.last is None


def test_which_actions_change_something() -> None:
    for reading in ("DescribeVpcs", "GetRole", "ListTags", "AssumeRole", "GetCallerIdentity"):
        assert not requestlog.is_mutating(reading), reading
    for changing in ("CreateVpc", "PutObject", "AuthorizeSecurityGroupIngress", "TagResource"):
        assert requestlog.is_mutating(changing), changing
