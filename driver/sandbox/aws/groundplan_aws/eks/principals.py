"""Who an access key or an ARN is, as moto's IAM and STS know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

PARTITION = "aws"


@dataclass(frozen=True)
class Caller:
    """Who signed a request."""

    arn: str
    """As GetCallerIdentity gives it."""
    principal: str
    """The user or role behind it, as access entries name them."""
    principal_id: str
    account: str
    secret: str
    session: str | None = None
    """The name of a role's session."""
    token: str | None = None
    """The session token that belongs to the key."""

    def __repr__(self) -> str:
        return f"Caller({self.arn})"


def of_key(access_key: str) -> Caller | None:
    """Whose access key it is; none for a key that nobody has, or whose session is over."""
    for account, partitions in list(iam_backends.items()):
        for user in list(partitions[PARTITION].users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key and key.status == "Active":
                    return Caller(user.arn, user.arn, user.id, account, key.secret_access_key)
    for account, partitions in list(sts_backends.items()):
        for session in list(partitions[PARTITION].assumed_roles):
            if session.access_key_id == access_key:
                return _session(account, session)
    return None


def _session(account: str, session: Any) -> Caller | None:
    expiration = session.expiration
    if expiration.tzinfo is None:
        expiration = expiration.replace(tzinfo=timezone.utc)
    role = find_role(session.role_arn)
    if role is None or expiration < datetime.now(timezone.utc):
        return None
    return Caller(
        arn=session.arn,
        principal=role.arn,
        principal_id=role.id,
        account=session.role_arn.split(":")[4] or account,
        secret=session.secret_access_key,
        session=session.session_name,
        token=session.session_token,
    )


def find_role(arn: str) -> Any | None:
    """The role with this ARN."""
    account = _account(arn)
    if account is None:
        return None
    roles = iam_backends[account][PARTITION].roles.values()
    return next((role for role in list(roles) if role.arn == arn), None)


def principal_id(arn: str) -> str | None:
    """The id of the user or role with this ARN; none if there is none."""
    if role := find_role(arn):
        return role.id
    account = _account(arn)
    users = iam_backends[account][PARTITION].users.values() if account else []
    return next((user.id for user in list(users) if user.arn == arn), None)


def attached(role: Any) -> set[str]:
    """The ARNs of the managed policies of a role."""
    return set(role.managed_policies)


def _account(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[2] == "iam" and parts[4].isdigit() else None
