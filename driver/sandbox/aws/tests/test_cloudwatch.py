"""CloudWatch: what it tells of alarms, and its faults."""

from __future__ import annotations

import datetime
import io
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import create_serializer
from sandbox import Sandbox

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


def over_cbor(server: Sandbox, operation: str, **params: Any) -> tuple[int, dict[str, str], Any]:
    """A call as SDKs send it that speak CBOR; status, headers and what was answered."""
    client = server.client("cloudwatch")
    model = client.meta.service_model.operation_model(operation)
    sent = create_serializer("smithy-rpc-v2-cbor").serialize_to_request(params, model)
    url = client.meta.endpoint_url + sent["url_path"]
    request = AWSRequest("POST", url, dict(sent["headers"]), sent["body"])
    keys = client._request_signer._credentials
    SigV4Auth(keys, "monitoring", client.meta.region_name).add_auth(request)
    raw = urllib.request.Request(url, request.body, dict(request.headers), method="POST")
    try:
        answer = urllib.request.urlopen(raw)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = answer.read()
    return answer.status, headers, RpcV2CBORParser().parse_data_item(io.BytesIO(body)) if body else {}


def test_cbor_is_spoken(server: Sandbox, aws: Aws) -> None:
    status, headers, _ = over_cbor(server, "PutMetricAlarm", AlarmName="over-cbor", **ALARM)
    assert (status, headers["smithy-protocol"]) == (200, "rpc-v2-cbor")
    status, _, told = over_cbor(server, "DescribeAlarms", AlarmNames=["over-cbor"])
    [alarm] = told["MetricAlarms"]
    assert (status, {name: alarm[name] for name in ALARM}) == (200, ALARM)
    assert isinstance(alarm["StateUpdatedTimestamp"], datetime.datetime)
    status, headers, told = over_cbor(server, "GetDashboard", DashboardName="nowhere")
    assert status == 404
    assert headers["x-amzn-query-error"] == "ResourceNotFound;Sender"
    assert "does not exist" in told["message"]
    aws("cloudwatch").delete_alarms(AlarmNames=["over-cbor"])
