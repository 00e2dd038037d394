"""CloudWatch: tags of an alarm, which only its first write sets."""

from __future__ import annotations

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends


def _cloudwatch(call: Call) -> CloudWatchBackend:
    account, region = call.place
    return cloudwatch_backends[account][region]


@layer("cloudwatch", "PutMetricAlarm")
def put(call: Call, proceed: Proceed) -> Output:
    """moto adds the tags of every write."""
    backend = _cloudwatch(call)
    known = backend.alarms.get(call.params["AlarmName"])
    before = dict(backend.tagger.get_tag_dict_for_resource(known.alarm_arn)) if known else None
    output = proceed()
    if known and before is not None:
        backend.tagger.delete_all_tags_for_resource(known.alarm_arn)
        tags = backend.tagger.convert_dict_to_tags_input(before)
        backend.tagger.tag_resource(known.alarm_arn, tags)
    return output


@check("cloudwatch", "ListTagsForResource", "TagResource", "UntagResource")
def alarm_is_there(call: Call) -> None:
    """moto knows tags of alarms that are not there."""
    arn = call.params["ResourceARN"]
    alarms = _cloudwatch(call).alarms.values()
    if ":alarm:" in arn and not any(alarm.alarm_arn == arn for alarm in alarms):
        raise Fault("ResourceNotFoundException", f"Unknown alarm {arn}", 404)
