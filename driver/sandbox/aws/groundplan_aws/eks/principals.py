"""Users and roles by their ARNs."""

from __future__ import annotations

from moto.iam.models import Role, User, iam_backends


def find_role(arn: str) -> Role | None:
    """The role with this ARN."""
    found = find(arn)
    return found if isinstance(found, Role) else None


def find(arn: str) -> User | Role | None:
    """The user or role with this ARN."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or parts[4] not in iam_backends:
        return None
    iam = iam_backends[parts[4]]["aws"]
    known: list[User | Role] = [*iam.roles.values(), *iam.users.values()]
    return next((identity for identity in known if identity.arn == arn), None)
