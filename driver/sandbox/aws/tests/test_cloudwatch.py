"""CloudWatch: what it tells of alarms, and its faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[..., Any]

ALARM = {
    "Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60,
    "EvaluationPeriods": 3, "Threshold": 80.5, "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


def test_an_alarm_is_told_as_it_was_made(aws: Aws) -> None:
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="busy", Tags=[{"Key": "a", "Value": "b"}], **ALARM)
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["busy"])["MetricAlarms"]
    assert {name: alarm[name] for name in ALARM} == ALARM
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    # A second write leaves the tags alone.
    cloudwatch.put_metric_alarm(AlarmName="busy", Tags=[{"Key": "a", "Value": "c"}], **ALARM)
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == tags
    cloudwatch.delete_alarms(AlarmNames=["busy"])
    assert cloudwatch.describe_alarms(AlarmNames=["busy"])["MetricAlarms"] == []


def test_a_fault_has_the_code_of_the_older_protocol(aws: Aws) -> None:
    with pytest.raises(ClientError) as refused:
        aws("cloudwatch").get_dashboard(DashboardName="nowhere")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"
