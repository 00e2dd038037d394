"""MSK configurations, which moto does not have: revisions of broker properties."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services.kafka_cluster import users_of


@dataclass
class Configuration:
    """A configuration with all its revisions."""

    arn: str
    name: str
    description: str
    versions: list[str]
    created: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    revisions: list[tuple[str, bytes]] = field(default_factory=list)
    """Description and properties of each, the first one first."""


_all: dict[str, Configuration] = {}


def find(arn: str) -> Configuration:
    """The configuration of an ARN."""
    if arn not in _all:
        why = f"The configuration ARN {arn} does not exist."
        raise Fault("BadRequestException", why)
    return _all[arn]


@layer("kafka", "CreateConfiguration")
def create(call: Call, _: Proceed) -> Output:
    """A name of the account and region that is not taken."""
    name = call.params["Name"]
    prefix = call.arn("configuration/")
    if any(one.name == name and one.arn.startswith(prefix) for one in _all.values()):
        why = "A resource with this name already exists."
        raise Fault("ConflictException", why, 409)
    made = Configuration(
        call.arn(f"configuration/{name}/{uuid.uuid4()}-2"),
        name,
        call.params.get("Description", ""),
        call.params.get("KafkaVersions", []),
    )
    made.revisions.append((made.description, _properties(call)))
    _all[made.arn] = made
    return _shown(made)


@layer("kafka", "UpdateConfiguration")
def update(call: Call, _: Proceed) -> Output:
    """Another revision; those before it stay."""
    there = find(call.params["Arn"])
    there.revisions.append((call.params.get("Description", ""), _properties(call)))
    return {"Arn": there.arn, "LatestRevision": _revision(there, len(there.revisions))}


@layer("kafka", "DescribeConfiguration")
def describe(call: Call, _: Proceed) -> Output:
    """Without properties, as on AWS."""
    return _shown(find(call.params["Arn"]))


@layer("kafka", "DescribeConfigurationRevision")
def describe_revision(call: Call, _: Proceed) -> Output:
    """With properties."""
    there, number = find(call.params["Arn"]), int(call.params["Revision"])
    if not 1 <= number <= len(there.revisions):
        raise Fault("BadRequestException", f"The revision {number} does not exist.")
    properties = there.revisions[number - 1][1]
    revision = _revision(there, number)
    return {"Arn": there.arn, "ServerProperties": properties, **revision}


@layer("kafka", "ListConfigurations")
def list_all(call: Call, _: Proceed) -> Output:
    """Those of the account and region."""
    prefix = call.arn("configuration/")
    return {"Configurations": [_shown(one) for one in _all.values() if one.arn.startswith(prefix)]}


@layer("kafka", "DeleteConfiguration")
def delete(call: Call, _: Proceed) -> Output:
    """Gone at once; on AWS after a moment."""
    there = find(call.params["Arn"])
    if users := users_of(there.arn):
        why = f"Configuration is in use by one or more clusters: {', '.join(users)}"
        raise Fault("BadRequestException", why)
    del _all[there.arn]
    return {"Arn": there.arn, "State": "DELETING"}


def _properties(call: Call) -> bytes:
    given = call.params["ServerProperties"]
    return given if isinstance(given, bytes) else str(given).encode()


def _revision(of: Configuration, number: int) -> dict[str, Any]:
    description = of.revisions[number - 1][0]
    return {"CreationTime": of.created, "Description": description, "Revision": number}


def _shown(of: Configuration) -> dict[str, Any]:
    return {
        "Arn": of.arn,
        "CreationTime": of.created,
        "Description": of.description,
        "KafkaVersions": of.versions,
        "LatestRevision": _revision(of, len(of.revisions)),
        "Name": of.name,
        "State": "ACTIVE",
    }
