"""Organizations: names of units, what is in them, and where accounts are."""

from __future__ import annotations

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.organizations.models import OrganizationsBackend, organizations_backends


def organizations(account: str) -> OrganizationsBackend:
    """Moto's organization of its management account."""
    return organizations_backends[account]["aws"]


@check("organizations", "CreateOrganizationalUnit")
def parent_has_no_such_unit(call: Call) -> None:
    """moto makes a second one."""
    backend = organizations(call.account)
    parent = backend.validate_parent_id(call.params["ParentId"])
    _is_free(backend, parent, call.params["Name"])


@layer("organizations", "UpdateOrganizationalUnit")
def rename(call: Call, _: Proceed) -> Output:
    """moto compares the name with those of all units, this one's too."""
    backend = organizations(call.account)
    unit = backend.get_organizational_unit_by_id(call.params["OrganizationalUnitId"])
    name = call.params.get("Name", unit.name)
    if name != unit.name:
        _is_free(backend, unit.parent_id, name)
    unit.name = name
    return unit.describe()


@check("organizations", "DeleteOrganizationalUnit")
def unit_is_empty(call: Call) -> None:
    """Accounts and units in it keep it."""
    backend = organizations(call.account)
    identity = call.params["OrganizationalUnitId"]
    if any(child.parent_id == identity for child in (*backend.ou, *backend.accounts)):
        why = "The organizational unit is not empty."
        raise Fault("OrganizationalUnitNotEmptyException", why)


@check("organizations", "MoveAccount")
def account_is_there(call: Call) -> None:
    """In the source, and not in the destination already."""
    account = organizations(call.account).get_account_by_id(call.params["AccountId"])
    if account.parent_id == call.params["DestinationParentId"]:
        raise Fault("DuplicateAccountException", "The account is already in the destination.")
    if account.parent_id != call.params["SourceParentId"]:
        raise Fault("SourceParentNotFoundException", "The account is not in the source parent.")


def _is_free(backend: OrganizationsBackend, parent: str | None, name: str) -> None:
    if any(unit.parent_id == parent and unit.name == name for unit in backend.ou):
        why = "An organizational unit with the same name exists in the parent."
        raise Fault("DuplicateOrganizationalUnitException", why)
