"""RAM: shares and their associations, which come and go in their time."""

from __future__ import annotations

from collections.abc import Iterable

from groundplan_aws import lifecycle, tokens
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services import ram_subnets
from groundplan_aws.services.iam_linked import ensure_linked_role
from groundplan_aws.services.organizations import organizations
from groundplan_aws.services.ram_records import (
    PRINCIPAL,
    RESOURCE,
    Association,
    Invitation,
    Share,
    covers,
    invitations,
    manager,
    shares,
    sharing,
)

SERVICE = "ram.amazonaws.com"


@layer("ram", "CreateResourceShare")
def create(call: Call, _: Proceed) -> Output:
    """Pending for a moment."""
    tags = {tag["key"]: tag.get("value", "") for tag in call.params.get("tags", [])}
    share = Share(
        call.account,
        call.region,
        call.params["name"],
        call.params.get("allowExternalPrincipals", True),
        list(call.params.get("permissionArns", [])),
        tags,
    )
    _check(share, call.params.get("principals", []), call.params.get("resourceArns", []))
    shares[share.arn] = share

    def apply(state: str | None) -> None:
        share.status = state

    lifecycle.follow(share.arn, apply, ("PENDING", "ram.create"), last="ACTIVE")
    _associate(share, PRINCIPAL, call.params.get("principals", []))
    _associate(share, RESOURCE, call.params.get("resourceArns", []))
    return {"resourceShare": share.document(tags=True)}


@layer("ram", "GetResourceShares")
def get(call: Call, _: Proceed) -> Output:
    """One's own, or those of others that one may use."""
    own = call.params["resourceOwner"] == "SELF"
    known = [share for share in shares.values() if share.region == call.region]
    found = [
        share
        for share in known
        if (share.account == call.account if own else _is_others(share, call.account))
    ]
    if asked := call.params.get("resourceShareArns"):
        for arn in asked:
            if arn not in shares:
                raise _unknown(arn)
        found = [share for share in found if share.arn in asked]
    if name := call.params.get("name"):
        found = [share for share in found if share.name == name]
    if status := call.params.get("resourceShareStatus"):
        found = [share for share in found if (share.status or "DELETED") == status]
    for wanted in call.params.get("tagFilters", []):
        key, values = wanted["tagKey"], wanted.get("tagValues", [])
        found = [share for share in found if share.tags.get(key) in values]
    return {"resourceShares": [share.document(tags=own) for share in found]}


def _is_others(share: Share, account: str) -> bool:
    return share.account != account and share.reaches(account)


@layer("ram", "UpdateResourceShare")
def update(call: Call, _: Proceed) -> Output:
    """What is left out stays as it is; moto empties it."""
    share = _own(call)
    share.name = call.params.get("name", share.name)
    share.external = call.params.get("allowExternalPrincipals", share.external)
    return {"resourceShare": share.document(tags=True)}


@layer("ram", "DeleteResourceShare")
def delete(call: Call, _: Proceed) -> Output:
    """Takes a moment; deleted ones stay listed."""
    share = _own(call)
    if share.status not in ("DELETING", None):
        for association in (*share.of(PRINCIPAL), *share.of(RESOURCE)):
            _end(share, association)

        def apply(state: str | None) -> None:
            share.status = state

        lifecycle.follow(share.arn, apply, ("DELETING", "ram.delete"), last=None)
    return {"returnValue": True}


@layer("ram", "AssociateResourceShare")
def associate(call: Call, _: Proceed) -> Output:
    """Takes a moment."""
    share = _own(call)
    principals = call.params.get("principals", [])
    resources = call.params.get("resourceArns", [])
    _check(share, principals, resources)
    made = [*_associate(share, PRINCIPAL, principals), *_associate(share, RESOURCE, resources)]
    return {"resourceShareAssociations": [one.document(share) for one in made]}


@layer("ram", "DisassociateResourceShare")
def disassociate(call: Call, _: Proceed) -> Output:
    """By the owner; an account may leave a share by itself."""
    share = shares.get(call.params["resourceShareArn"])
    leaves = call.params.get("principals") == [call.account]
    if share is None or (share.account != call.account and not leaves):
        raise _unknown(call.params["resourceShareArn"])
    asked = [(PRINCIPAL, one) for one in call.params.get("principals", [])]
    asked += [(RESOURCE, one) for one in call.params.get("resourceArns", [])]
    found = [share.associations.get(key) for key in asked]
    ending = [one for one in found if one is not None and one.state]
    for one in ending:
        _end(share, one)
    return {"resourceShareAssociations": [one.document(share) for one in ending]}


@layer("ram", "GetResourceShareAssociations")
def get_associations(call: Call, _: Proceed) -> Output:
    """Those that ended stay listed."""
    kind, asked = call.params["associationType"], call.params.get("resourceShareArns")
    for arn in asked or []:
        if arn not in shares:
            raise _unknown(arn)
    own = [share for share in shares.values() if share.account == call.account]
    own = [share for share in own if share.region == call.region]
    return {
        "resourceShareAssociations": [
            one.document(share)
            for share in own
            if asked is None or share.arn in asked
            for one in share.associations.values()
            if one.kind == kind
        ]
    }


@layer("ram", "ListResourceSharePermissions")
def permissions(call: Call, _: Proceed) -> Output:
    """Those that were given."""
    share = _own(call)
    return {"permissions": [{"arn": arn} for arn in share.permissions]}


@layer("ram", "TagResource")
def tag(call: Call, _: Proceed) -> Output:
    """moto has none."""
    for one in call.params["tags"]:
        _own(call).tags[one["key"]] = one.get("value", "")
    return {}


@layer("ram", "UntagResource")
def untag(call: Call, _: Proceed) -> Output:
    """moto has none."""
    for key in call.params["tagKeys"]:
        _own(call).tags.pop(key, None)
    return {}


@layer("ram", "EnableSharingWithAwsOrganization")
def enable(call: Call, _: Proceed) -> Output:
    """By the management account; Organizations knows of it then."""
    if not organizations(call.account).org:
        why = "The operation is not permitted: this is not the management account."
        raise Fault("OperationNotPermittedException", why)
    sharing.add(call.account)
    ensure_linked_role(call.account, SERVICE)
    organizations(call.account).enable_aws_service_access(ServicePrincipal=SERVICE)
    return {"returnValue": True}


@layer("ram", "GetResourceShareInvitations")
def get_invitations(call: Call, _: Proceed) -> Output:
    """Those that the caller got."""
    asked = call.params.get("resourceShareArns")
    mine = [one for one in invitations if one.account == call.account]
    found = [one for one in mine if asked is None or one.share.arn in asked]
    return {"resourceShareInvitations": [one.document() for one in found]}


@layer("ram", "AcceptResourceShareInvitation")
def accept(call: Call, _: Proceed) -> Output:
    """From then on the association comes about."""
    arn = call.params["resourceShareInvitationArn"]
    found = [one for one in invitations if one.arn == arn and one.account == call.account]
    if not found:
        why = f"The invitation {arn} could not be found."
        raise Fault("ResourceShareInvitationArnNotFoundException", why)
    if found[0].status != "PENDING":
        why = f"The invitation {arn} was answered already."
        raise Fault("ResourceShareInvitationAlreadyAcceptedException", why)
    found[0].status = "ACCEPTED"
    share = found[0].share
    _come(share, share.associations[PRINCIPAL, call.account])
    return {"resourceShareInvitation": found[0].document()}


def _own(call: Call) -> Share:
    arn = call.params["resourceShareArn"]
    share = shares.get(arn)
    if share is None or share.account != call.account:
        raise _unknown(arn)
    return share


def _check(share: Share, principals: Iterable[str], resources: Iterable[str]) -> None:
    """What cannot be associated is refused before anything is."""
    for principal in principals:
        inside = _is_inside(share, principal)
        if not inside and ":ou/" in principal or ":organization/" in principal and not inside:
            why = f"{principal} is in no organization that shares with {share.account}."
            raise Fault("UnknownResourceException", why)
        if not inside and not share.external:
            why = "The resource share does not allow principals outside the organization."
            raise Fault("OperationNotPermittedException", why)
    for resource in resources:
        ram_subnets.check(share, resource)


def _is_inside(share: Share, principal: str) -> bool:
    """Whether nobody has to be invited."""
    of = manager(share.account)
    if of is None or of not in sharing:
        return False
    members = [account.id for account in organizations(of).accounts]
    if ":ou/" in principal:
        return any(principal == unit.arn for unit in organizations(of).ou)
    if ":organization/" in principal:
        return principal.rsplit("/", 1)[-1] == getattr(organizations(of).org, "id", None)
    return any(covers(principal, account) for account in members)


def _associate(share: Share, kind: str, entities: Iterable[str]) -> list[Association]:
    made = []
    for entity in entities:
        known = share.associations.get((kind, entity))
        if known and known.state not in (None, "DISASSOCIATING"):
            made.append(known)
            continue
        outside = kind == PRINCIPAL and not _is_inside(share, entity)
        one = share.associations[kind, entity] = Association(kind, entity, outside)
        made.append(one)
        if outside:
            invitations.append(Invitation(share, entity))
        else:
            _come(share, one)
    return made


def _come(share: Share, one: Association) -> None:
    def apply(state: str | None) -> None:
        one.state = state
        ram_subnets.project()

    passing = (("ASSOCIATING", "ram.associate"), ("ASSOCIATED", "ram.lag"))
    lifecycle.follow((share.arn, one.kind, one.entity), apply, *passing, last="SEEN")


def _end(share: Share, one: Association) -> None:
    def apply(state: str | None) -> None:
        one.state = state
        ram_subnets.project()

    passing = (("DISASSOCIATING", "ram.disassociate"),)
    lifecycle.follow((share.arn, one.kind, one.entity), apply, *passing, last=None)


def _unknown(arn: str) -> Fault:
    return Fault("UnknownResourceException", f"ResourceShare {arn} could not be found.")


tokens.honour(
    "ram",
    "AcceptResourceShareInvitation",
    "AssociateResourceShare",
    "CreateResourceShare",
    parameter="clientToken",
    mismatch=lambda token: Fault(
        "IdempotentParameterMismatchException",
        f"The client token {token} was used with other parameters before.",
    ),
)
