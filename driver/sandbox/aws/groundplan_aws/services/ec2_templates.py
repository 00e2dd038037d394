"""Launch templates: their tags as they are now, which are no part of a version."""

from __future__ import annotations

from groundplan_aws.call import Call
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services.interfaces import ec2


@layer("ec2", "DescribeLaunchTemplates")
def describe(call: Call, proceed: Proceed) -> Output:
    """moto shows the tags of the create for ever."""
    output, backend = proceed(), ec2(call.place)
    for shown in output.get("LaunchTemplates", []):
        tags = backend.launch_templates[shown["LaunchTemplateId"]].get_tags()
        shown["Tags"] = [{"Key": tag["key"], "Value": tag["value"]} for tag in tags]
    return output


@layer("ec2", "DescribeLaunchTemplateVersions")
def describe_versions(_: Call, proceed: Proceed) -> Output:
    """moto puts the tags of a create into its first version."""
    output = proceed()
    for shown in output.get("LaunchTemplateVersions", []):
        data = shown.get("LaunchTemplateData", {})
        specifications = data.get("TagSpecifications", [])
        data["TagSpecifications"] = [
            one for one in specifications if one["ResourceType"] != "launch-template"
        ]
    return output
