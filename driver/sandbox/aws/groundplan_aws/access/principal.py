"""From an access key to an IAM user or the session of an assumed role."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from groundplan_aws.access.signature import Signature, fits
from groundplan_aws.call import Fault

from moto.core.model import OperationModel
from moto.core.request import Request
from moto.iam.exceptions import NotFoundException
from moto.iam.models import Group, IAMBackend, Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends


@dataclass(frozen=True)
class Principal:
    """Who calls."""

    arn: str
    account: str
    identity: User | Role | None
    """Whose policies count; none for a caller without credentials."""
    session_policy: str | None = None
    """What the session was narrowed to when the role was assumed."""

    @property
    def iam_arn(self) -> str:
        """The user's or the role's own ARN, without the session."""
        return self.identity.arn if self.identity else self.arn

    def policies(self) -> Iterator[str]:
        """The documents of all policies of the identity."""
        identity = self.identity
        if identity is None:
            return
        yield from _own(identity)
        if isinstance(identity, User):
            for group in _iam(self.account).get_groups_for_user(identity.name):
                yield from _own(group)


ANONYMOUS = Principal(arn="anonymous", account="", identity=None)


def authenticate(request: Request, signature: Signature, operation: OperationModel) -> Principal:
    """The signer of a request; a `Fault` where there is none or the secret key is another."""
    found = of_key(signature.access_key_id)
    if found is None:
        raise _unknown_key(operation)
    principal, secret, token = found
    if token != signature.token:
        raise _unknown_key(operation)
    if not fits(signature, request, secret):
        raise _wrong_secret(operation)
    return principal


def of_key(access_key_id: str) -> tuple[Principal, str, str | None] | None:
    """The principal of an access key, with its secret key and session token."""
    for account in list(iam_backends):
        key = _iam(account).access_keys.get(access_key_id)
        if key is None or key.status != "Active":
            continue
        if key.user_name is not None:
            user = _iam(account).users.get(key.user_name)
            return (
                (Principal(user.arn, account, user), key.secret_access_key, None) if user else None
            )
        return _of_session(account, access_key_id)
    return None


def _of_session(account: str, access_key_id: str) -> tuple[Principal, str, str | None] | None:
    session: AssumedRole | None = sts_backends[account]["aws"].get_assumed_role_from_access_key(
        access_key_id
    )
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    if session is None or session.expiration < now:
        return None
    try:
        role = _iam(account).get_role_by_arn(session.role_arn)
    except NotFoundException:
        return None
    principal = Principal(session.arn, account, role, session.policy or None)
    return principal, session.secret_access_key, session.session_token


def _iam(account: str) -> IAMBackend:
    return iam_backends[account]["aws"]


def _own(identity: User | Role | Group) -> Iterator[str]:
    inline = identity.policies
    yield from inline.values()
    for policy in identity.managed_policies.values():
        yield next(version.document for version in policy.versions if version.is_default)


def _unknown_key(operation: OperationModel) -> Fault:
    message = "The security token included in the request is invalid."
    service = operation.service_model
    if service.protocol == "ec2":
        return Fault(
            "AuthFailure", "AWS was not able to validate the provided access credentials", 401
        )
    if service.service_name == "s3":
        return Fault(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
        )
    code = "InvalidClientTokenId" if service.protocol == "query" else "UnrecognizedClientException"
    return Fault(code, message, 403)


def _wrong_secret(operation: OperationModel) -> Fault:
    service = operation.service_model
    if service.protocol == "ec2":
        return _unknown_key(operation)
    xml = service.protocol == "query" or service.service_name == "s3"
    return Fault(
        "SignatureDoesNotMatch" if xml else "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check your"
        " AWS Secret Access Key and signing method.",
        403,
    )
