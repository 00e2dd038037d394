"""IAM: trust policies looked at, OIDC audiences, and what moto forgets or lets pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.iam.models import IAMBackend, OpenIDConnectProvider, iam_backends
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator


def _iam(call: Call) -> IAMBackend:
    return iam_backends[call.account]["aws"]


@check("iam", "CreateRole")
def trust_is_sound(call: Call) -> None:
    """Moto looks at a trust policy only when it is updated."""
    document = call.params["AssumeRolePolicyDocument"]
    IAMTrustPolicyDocumentValidator(document).validate()
    _check_principals(document)


@check("iam", "UpdateAssumeRolePolicy")
def new_trust_is_sound(call: Call) -> None:
    """Its principals; the rest is moto's."""
    try:
        _check_principals(call.params["PolicyDocument"])
    except ValueError:
        return


def _check_principals(document: str) -> None:
    """Each statement has principals, and roles and users among them exist."""
    statements = json.loads(document).get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        if not principal:
            raise _malformed("Missing required field Principal")
        if principal == "*":
            continue
        if not isinstance(principal, dict):
            raise _malformed("Invalid principal in policy")
        for arn in _listed(principal.get("AWS", [])):
            if not _exists(arn):
                raise _malformed(f'Invalid principal in policy: "AWS":"{arn}"')


def _exists(arn: str) -> bool:
    if arn == "*" or (arn.isdigit() and len(arn) == 12):
        return True
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] not in ("iam", "sts"):
        return False
    if parts[5] == "root" or parts[2] == "sts":
        return True
    backend = iam_backends[parts[4]]["aws"]
    identities = (*backend.get_roles(), *backend.users.values())
    return any(identity.arn == arn for identity in identities)


def _listed(value: Any) -> Iterator[str]:
    yield from value if isinstance(value, list) else [value]


def _malformed(message: str) -> Fault:
    return Fault("MalformedPolicyDocument", message)


@layer("iam", "UpdateRole")
def update_what_is_given(call: Call, _: Proceed) -> Output:
    """Moto empties what is left out."""
    role = _iam(call).get_role(call.params["RoleName"])
    role.description = call.params.get("Description", role.description)
    role.max_session_duration = call.params.get("MaxSessionDuration", role.max_session_duration)
    return {}


@check("iam", "DeleteRole")
def role_is_nobodys(call: Call) -> None:
    """A service's role is deleted with DeleteServiceLinkedRole only."""
    name = call.params["RoleName"]
    for role in _iam(call).get_roles():
        if role.name == name and role.path.startswith("/aws-service-role/"):
            why = f"Cannot perform the operation on the protected role '{name}'"
            raise Fault("UnmodifiableEntity", why)


@check("iam", "CreateOpenIDConnectProvider")
def provider_is_new(call: Call) -> None:
    """One for each URL."""
    url = call.params["Url"]
    if not url.startswith("https://"):
        raise Fault("InvalidInput", f"Invalid Open ID Connect Provider URL: {url}")
    bare = url.removeprefix("https://").rstrip("/")
    if any(provider.url.rstrip("/") == bare for provider in _iam(call).open_id_providers.values()):
        raise Fault("EntityAlreadyExists", f"Provider with url {url} already exists.", 409)


@check("iam", "DeleteOpenIDConnectProvider")
def provider_is_there(call: Call) -> None:
    """Moto deletes what is not there."""
    _provider(call)


@layer("iam", "AddClientIDToOpenIDConnectProvider")
def add_audience(call: Call, _: Proceed) -> Output:
    """One that is there already changes nothing."""
    provider = _provider(call)
    if call.params["ClientID"] not in provider.client_id_list:
        provider.client_id_list = [*provider.client_id_list, call.params["ClientID"]]
    return {}


@layer("iam", "RemoveClientIDFromOpenIDConnectProvider")
def remove_audience(call: Call, _: Proceed) -> Output:
    """One that is not there changes nothing."""
    provider = _provider(call)
    gone = call.params["ClientID"]
    provider.client_id_list = [known for known in provider.client_id_list if known != gone]
    return {}


def _provider(call: Call) -> OpenIDConnectProvider:
    arn = call.params["OpenIDConnectProviderArn"]
    provider = _iam(call).open_id_providers.get(arn)
    if provider is None:
        why = f"OpenIDConnect Provider not found for arn {arn}"
        raise Fault("NoSuchEntity", why, 404)
    return provider
