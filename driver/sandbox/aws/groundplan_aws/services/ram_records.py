"""RAM's records: shares, what is in them, who may use them, who was invited."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from groundplan_aws.services.organizations import organizations

from moto.core.utils import unix_time
from moto.organizations.models import organizations_backends

PRINCIPAL, RESOURCE = "PRINCIPAL", "RESOURCE"


@dataclass
class Association:
    """Something in a share, or somebody who may use it."""

    kind: str
    entity: str
    external: bool = False
    state: str | None = "ASSOCIATING"
    begun: float = field(default_factory=unix_time)

    @property
    def status(self) -> str:
        """As RAM says it. What is associated shows to others a little later."""
        return {"SEEN": "ASSOCIATED", None: "DISASSOCIATED"}.get(self.state, str(self.state))

    def document(self, share: Share) -> dict[str, Any]:
        """The form of the API."""
        return {
            "resourceShareArn": share.arn,
            "resourceShareName": share.name,
            "associatedEntity": self.entity,
            "associationType": self.kind,
            "status": self.status,
            "creationTime": self.begun,
            "lastUpdatedTime": self.begun,
            "external": self.external,
        }


@dataclass
class Share:
    """A share."""

    account: str
    region: str
    name: str
    external: bool
    permissions: list[str]
    tags: dict[str, str]
    arn: str = ""
    status: str | None = "PENDING"
    begun: float = field(default_factory=unix_time)
    associations: dict[tuple[str, str], Association] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arn = f"arn:aws:ram:{self.region}:{self.account}:resource-share/{uuid.uuid4()}"

    def document(self, tags: bool) -> dict[str, Any]:
        """The form of the API. Only its owner sees its tags."""
        listed = [{"key": key, "value": value} for key, value in self.tags.items()]
        return {
            "resourceShareArn": self.arn,
            "name": self.name,
            "owningAccountId": self.account,
            "allowExternalPrincipals": self.external,
            "status": self.status or "DELETED",
            "creationTime": self.begun,
            "lastUpdatedTime": self.begun,
            "featureSet": "STANDARD",
            **({"tags": listed} if tags else {}),
        }

    def of(self, kind: str) -> Iterator[Association]:
        """Its associations of a sort that have not ended."""
        return (one for one in self.associations.values() if one.kind == kind and one.state)

    def resources(self) -> list[str]:
        """What others see in it."""
        return [one.entity for one in self.of(RESOURCE) if one.state == "SEEN"]

    def reaches(self, account: str) -> bool:
        """Whether an account may use it."""
        allowed = [one.entity for one in self.of(PRINCIPAL) if one.state == "SEEN"]
        return any(covers(principal, account) for principal in allowed)


@dataclass
class Invitation:
    """An account outside the organization is asked to take a share."""

    share: Share
    account: str
    status: str = "PENDING"
    begun: float = field(default_factory=unix_time)
    arn: str = ""

    def __post_init__(self) -> None:
        place = f"{self.share.region}:{self.share.account}"
        self.arn = f"arn:aws:ram:{place}:resource-share-invitation/{uuid.uuid4()}"

    def document(self) -> dict[str, Any]:
        """The form of the API."""
        return {
            "resourceShareInvitationArn": self.arn,
            "resourceShareArn": self.share.arn,
            "resourceShareName": self.share.name,
            "senderAccountId": self.share.account,
            "receiverAccountId": self.account,
            "invitationTimestamp": self.begun,
            "status": self.status,
        }


shares: dict[str, Share] = {}
"""All shares, by ARN."""

invitations: list[Invitation] = []

sharing: set[str] = set()
"""The management accounts of organizations within which nobody is invited."""


def manager(account: str) -> str | None:
    """The management account of the organization that an account is in."""
    if organizations(account).org:
        return account
    found = organizations_backends.master_accounts.get(account)
    return found[0] if found else None


def covers(principal: str, account: str) -> bool:
    """Whether a principal is the account, or a unit or organization that it is in."""
    if ":organization/" in principal or ":ou/" in principal:
        of = manager(account)
        return of is not None and principal.rsplit("/", 1)[-1] in _above(of, account)
    return principal == account or f":{account}:" in principal


def _above(manager_account: str, account: str) -> Iterator[str]:
    """The units that an account is in, and its organization."""
    backend = organizations(manager_account)
    parents = {one.id: one.parent_id for one in (*backend.ou, *backend.accounts)}
    parents[account] = next((a.parent_id for a in backend.accounts if a.id == account), None)
    at = parents.get(account)
    while at:
        yield at
        at = parents.get(at)
    if backend.org:
        yield backend.org.id
