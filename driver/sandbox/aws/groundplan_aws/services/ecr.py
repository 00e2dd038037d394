"""ECR: what is left out of a request is off."""

from __future__ import annotations

from groundplan_aws.call import Call
from groundplan_aws.operations import Output, Proceed, layer

from moto.ecr.models import ecr_backends


@layer("ecr", "PutImageScanningConfiguration")
def scan(call: Call, proceed: Proceed) -> Output:
    """moto keeps what was there; some SDKs send nothing for off."""
    output = proceed()
    account, region = call.place
    on = call.params["imageScanningConfiguration"].get("scanOnPush", False)
    repository = ecr_backends[account][region].repositories[call.params["repositoryName"]]
    repository.image_scanning_configuration = {"scanOnPush": on}
    output["imageScanningConfiguration"] = {"scanOnPush": on}
    return output
