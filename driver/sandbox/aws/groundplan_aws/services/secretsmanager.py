"""Secrets Manager: a secret that waits for its deletion keeps its name, and a description can go.

Client tokens are known to moto itself.
"""

from __future__ import annotations

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.secretsmanager.models import secretsmanager_backends


@check("secretsmanager", "CreateSecret")
def name_is_free(call: Call) -> None:
    """Until the recovery window has passed, the name can only be restored."""
    account, region = call.place
    secrets = secretsmanager_backends[account][region].secrets
    name = call.params["Name"]
    if name in secrets and secrets[name].is_deleted():
        why = (
            "You can't create this secret because a secret with this name is already scheduled for"
            " deletion."
        )
        raise Fault("InvalidRequestException", why)


@layer("secretsmanager", "UpdateSecret")
def take_description_away(call: Call, proceed: Proceed) -> Output:
    """moto takes an empty description for none."""
    output = proceed()
    if call.params.get("Description") == "":
        account, region = call.place
        secrets = secretsmanager_backends[account][region].secrets
        secrets[call.params["SecretId"]].description = ""
    return output
