"""The identities and people that a sandbox begins with."""

from __future__ import annotations

import json

from groundplan_aws.settings import OUTSIDER_ACCOUNT, Credentials, Settings

from moto.iam.models import IAMBackend, iam_backends
from moto.identitystore.models import identitystore_backends
from moto.organizations.models import organizations_backends
from moto.ssoadmin.models import ssoadmin_backends

ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"

GROUPS = ("administrators", "developers")
USER = "jane@example.com"


def bootstrap(settings: Settings) -> None:
    """Makes an administrator of the sandbox's account, which manages an organization and its identity
    store, and a user of another one with no policy.
    """
    own = _iam(settings.account)
    settings.admin = _user(own, "groundplan-administrator")
    own.attach_user_policy(ADMINISTRATOR_ACCESS, "groundplan-administrator")
    organizations_backends[settings.account]["aws"].create_organization(settings.region)
    _people(settings)
    settings.outsider = _user(_iam(OUTSIDER_ACCOUNT), "groundplan-outsider")
    _guest(_iam(OUTSIDER_ACCOUNT), settings.account)


def _iam(account: str) -> IAMBackend:
    return iam_backends[account]["aws"]


def _people(settings: Settings) -> None:
    """Groups and a user, as a directory brings them in."""
    of = ssoadmin_backends[settings.account][settings.region].list_instances()[0].identity_store_id
    store = identitystore_backends[settings.account][settings.region]
    for name in GROUPS:
        store.create_group(of, name, "")
    name = {"GivenName": "Jane", "FamilyName": "Doe"}
    store.create_user(of, USER, name, "Jane Doe", "", "", [], [], [], "", "", "", "", "")


def _guest(iam: IAMBackend, of: str) -> None:
    """A role in an account outside the organization, that the sandbox's own account may take."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{of}:root"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role("groundplan-guest", trust, "/", "", "", [], "3600")
    iam.attach_role_policy(ADMINISTRATOR_ACCESS, "groundplan-guest")


def _user(iam: IAMBackend, name: str) -> Credentials:
    user = iam.create_user(iam.region_name, user_name=name)
    key = iam.create_access_key(name)
    return Credentials(key.access_key_id, key.secret_access_key, user.arn)
