"""Flow logs: alike are those of one configuration, and options of what is written to S3."""

from __future__ import annotations

from groundplan_aws.call import Call
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services.interfaces import ec2

CONFIGURATION = ("traffic_type", "log_format", "max_aggregation_interval")


@layer("ec2", "CreateFlowLogs")
def create(call: Call, proceed: Proceed) -> Output:
    """moto takes two for alike that only have the same destination, and forgets S3's options."""
    backend, params = ec2(call.place), call.params
    wanted = (
        params.get("TrafficType"),
        params.get("LogFormat"),
        params.get("MaxAggregationInterval", 600),
    )
    known = dict(backend.flow_logs)
    for identity, log in known.items():
        asked = getattr(log, "asked_format", None)
        if (log.traffic_type, asked, log.max_aggregation_interval) != wanted:
            del backend.flow_logs[identity]
    try:
        output = proceed()
    finally:
        backend.flow_logs = {**known, **backend.flow_logs}
    for identity in output.get("FlowLogIds", []):
        log = backend.flow_logs[identity]
        log.asked_format = params.get("LogFormat")  # type: ignore[attr-defined]
        log.destination_options = params.get("DestinationOptions")  # type: ignore[attr-defined]
    return output


@layer("ec2", "DescribeFlowLogs")
def describe(call: Call, proceed: Proceed) -> Output:
    """With the options."""
    output = proceed()
    for shown in output.get("FlowLogs", []):
        log = ec2(call.place).flow_logs[shown["FlowLogId"]]
        if options := getattr(log, "destination_options", None):
            shown["DestinationOptions"] = options
    return output
