"""Organizations: the role in a new account, by which its management account administers it."""

from __future__ import annotations

from groundplan_aws.accounts import ADMINISTRATOR_ACCESS
from groundplan_aws.call import Call
from groundplan_aws.operations import Output, Proceed, layer

from moto.iam.models import iam_backends


@layer("organizations", "CreateAccount")
def create_account(call: Call, proceed: Proceed) -> Output:
    """Moto makes the role but lets it do nothing."""
    output = proceed()
    account = output["CreateAccountStatus"]["AccountId"]
    name = call.params.get("RoleName", "OrganizationAccountAccessRole")
    iam_backends[account]["aws"].attach_role_policy(ADMINISTRATOR_ACCESS, name)
    return output
