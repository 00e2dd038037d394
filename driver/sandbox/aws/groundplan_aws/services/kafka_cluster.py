"""MSK clusters with brokers of their own: one change at a time, each an operation for one version
of the cluster. Moto's clusters have no life and no operations, so these are not in moto.
"""

from __future__ import annotations

import copy
import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services import interfaces
from groundplan_aws.services.iam_linked import ensure_linked_role

ACTIVE = "ACTIVE"
PORTS = {"plain": 9092, "tls": 9094, "scram": 9096, "iam": 9098}


@dataclass
class Operation:
    """A change of a cluster."""

    arn: str
    cluster: str
    kind: str
    state: str = "PENDING"
    begun: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))


@dataclass
class Cluster:
    """A cluster by the names of `Provisioned` in the service's model."""

    arn: str
    name: str
    place: tuple[str, str]
    parts: dict[str, Any]
    tags: dict[str, str]
    state: str = "CREATING"
    version: str = field(default_factory=lambda: f"K{uuid.uuid4().hex[:13].upper()}")
    made: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    asked: int = 0
    """How often somebody asked for its brokers."""
    users: set[str] = field(default_factory=set)
    """The secrets of those who sign in with a password."""


_clusters: dict[str, Cluster] = {}
_operations: dict[str, Operation] = {}


def named(place: tuple[str, str], name: str) -> Cluster | None:
    """The cluster of a name, in an account and region."""
    return next((one for one in _of(place) if one.name == name), None)


def users_of(configuration: str) -> list[str]:
    """The names of the clusters that use a configuration."""
    used = ((one, one.parts["CurrentBrokerSoftwareInfo"]) for one in _clusters.values())
    return [one.name for one, info in used if info.get("ConfigurationArn") == configuration]


def _of(place: tuple[str, str]) -> list[Cluster]:
    return [one for one in _clusters.values() if one.place == place]


def find(call: Call) -> Cluster:
    """The cluster that a call names."""
    arn = call.params["ClusterArn"]
    if arn not in _clusters:
        raise Fault("NotFoundException", f"The cluster ARN {arn} does not exist.", 404)
    return _clusters[arn]


@check("kafka", "CreateCluster")
def can_be_made(call: Call) -> None:
    """A free name, brokers spread evenly over known subnets, a way to sign in that fits."""
    if named(call.place, call.params["ClusterName"]):
        raise Fault("ConflictException", "A resource with this name already exists.", 409)
    nodes = call.params["BrokerNodeGroupInfo"]
    known, wanted = interfaces.subnets(call.place), nodes["ClientSubnets"]
    if unknown := [subnet for subnet in wanted if subnet not in known]:
        raise Fault("BadRequestException", f"Subnets {unknown} do not exist")
    if call.params["NumberOfBrokerNodes"] % len(wanted):
        why = "The number of broker nodes must be a multiple of Availability Zones"
        raise Fault("BadRequestException", why)
    clients = call.params.get("EncryptionInfo", {}).get("EncryptionInTransit", {})
    _check_ways(clients.get("ClientBroker"), call.params.get("ClientAuthentication", {}))


def _check_ways(clients: str | None, ways: dict[str, Any]) -> None:
    if clients == "TLS_PLAINTEXT" and not ways.get("Unauthenticated", {}).get("Enabled"):
        why = "Unauthenticated access has to be enabled for PLAINTEXT between clients and brokers."
        raise Fault("BadRequestException", why)


@layer("kafka", "CreateCluster")
def create(call: Call, _: Proceed) -> Output:
    """Creating at first, with interfaces from the beginning."""
    ensure_linked_role(call.account, "kafka.amazonaws.com")
    given, name = call.params, call.params["ClusterName"]
    arn = call.arn(f"cluster/{name}/{uuid.uuid4()}-1")
    software = {"KafkaVersion": given["KafkaVersion"]}
    if info := given.get("ConfigurationInfo"):
        software |= {"ConfigurationArn": info["Arn"], "ConfigurationRevision": info["Revision"]}
    encryption = copy.deepcopy(given.get("EncryptionInfo", {}))
    encryption.setdefault("EncryptionInTransit", {}).setdefault("ClientBroker", "TLS_PLAINTEXT")
    encryption.setdefault("EncryptionAtRest", {}).setdefault(
        "DataVolumeKMSKeyId", f"arn:aws:kms:{call.region}:{call.account}:key/{uuid.uuid4()}"
    )
    parts = {
        "BrokerNodeGroupInfo": copy.deepcopy(given["BrokerNodeGroupInfo"]),
        "ClientAuthentication": given.get("ClientAuthentication", {}),
        "CurrentBrokerSoftwareInfo": software,
        "EncryptionInfo": encryption,
        "EnhancedMonitoring": given.get("EnhancedMonitoring", "DEFAULT"),
        "LoggingInfo": given.get("LoggingInfo"),
        "NumberOfBrokerNodes": given["NumberOfBrokerNodes"],
        "OpenMonitoring": given.get("OpenMonitoring"),
        "StorageMode": given.get("StorageMode", "LOCAL"),
    }
    made = Cluster(arn, name, call.place, parts, dict(given.get("Tags", {})))
    _clusters[arn] = made
    nodes = parts["BrokerNodeGroupInfo"]
    groups = nodes.get("SecurityGroups", [])
    interfaces.put(call.place, arn, nodes["ClientSubnets"], groups, f"MSK {name}")
    lifecycle.follow(arn, _state(made), ("CREATING", "kafka.create"), last=ACTIVE)
    return {"ClusterArn": arn, "ClusterName": name, "State": made.state}


def _state(cluster: Cluster) -> Any:
    return lambda state: setattr(cluster, "state", state)


@layer("kafka", "DescribeClusterV2")
def describe(call: Call, _: Proceed) -> Output:
    """With everything but the addresses of its brokers."""
    return {"ClusterInfo": _shown(find(call))}


@layer("kafka", "ListClustersV2")
def list_all(call: Call, _: Proceed) -> Output:
    """Those of the account and region whose names begin so."""
    begins = call.params.get("ClusterNameFilter") or ""
    found = [one for one in _of(call.place) if one.name.startswith(begins)]
    return {"ClusterInfoList": [_shown(one) for one in found]}


def _shown(cluster: Cluster) -> dict[str, Any]:
    return {
        "ClusterArn": cluster.arn,
        "ClusterName": cluster.name,
        "ClusterType": "PROVISIONED",
        "CreationTime": cluster.made,
        "CurrentVersion": cluster.version,
        "Provisioned": {name: part for name, part in cluster.parts.items() if part is not None},
        "State": cluster.state,
        "Tags": cluster.tags,
    }


@layer("kafka", "GetBootstrapBrokers")
def brokers(call: Call, _: Proceed) -> Output:
    """Up to three brokers for each way that is open, others each time where there are more."""
    cluster = find(call)
    cluster.asked += 1
    if cluster.state == "CREATING":
        raise Fault("BadRequestException", "The cluster is not in a state with brokers.")
    ways = cluster.parts["ClientAuthentication"]
    sasl, clients = ways.get("Sasl", {}), cluster.parts["EncryptionInfo"]["EncryptionInTransit"]
    nobody = ways.get("Unauthenticated", {}).get("Enabled")
    tls = ways.get("Tls", {}).get("Enabled") or (nobody and clients["ClientBroker"] != "PLAINTEXT")
    open_ways = {
        "BootstrapBrokerString": ("plain", nobody and clients["ClientBroker"] != "TLS"),
        "BootstrapBrokerStringTls": ("tls", tls),
        "BootstrapBrokerStringSaslScram": ("scram", sasl.get("Scram", {}).get("Enabled")),
        "BootstrapBrokerStringSaslIam": ("iam", sasl.get("Iam", {}).get("Enabled")),
    }
    return {
        name: _addresses(cluster, PORTS[way])
        for name, (way, is_open) in open_ways.items()
        if is_open
    }


def _addresses(cluster: Cluster, port: int) -> str:
    brokers = cluster.parts["NumberOfBrokerNodes"]
    listed = [(cluster.asked + number) % brokers + 1 for number in range(min(3, brokers))]
    domain = f"{cluster.name}.abc123.c2.kafka.{cluster.place[1]}.amazonaws.com"
    return ",".join(f"b-{number}.{domain}:{port}" for number in listed)


UPDATES = (
    "UpdateBrokerCount", "UpdateBrokerStorage", "UpdateBrokerType", "UpdateClusterConfiguration",
    "UpdateClusterKafkaVersion", "UpdateMonitoring", "UpdateSecurity",
)  # fmt: skip


@check("kafka", *UPDATES)
def is_for_this_version(call: Call) -> None:
    """One change at a time, for the version that the caller saw, and only what MSK does."""
    cluster, given = find(call), call.params
    if cluster.state != ACTIVE:
        why = f"The cluster is not in ACTIVE state. Current state: {cluster.state}"
        raise Fault("BadRequestException", why)
    if given["CurrentVersion"] != cluster.version:
        why = "The current version of the cluster is different from the one that you specified."
        raise Fault("BadRequestException", why)
    for volume in given.get("TargetBrokerEBSVolumeInfo", []):
        storage = cluster.parts["BrokerNodeGroupInfo"]["StorageInfo"]["EbsStorageInfo"]
        if volume["VolumeSizeGB"] <= storage["VolumeSize"]:
            raise Fault("BadRequestException", "The size of volumes can only grow.")
    if call.action == "UpdateSecurity":
        transit = given.get("EncryptionInfo", {}).get("EncryptionInTransit", {})
        _check_ways(transit.get("ClientBroker"), given.get("ClientAuthentication", {}))


@layer("kafka", *UPDATES)
def update(call: Call, _: Proceed) -> Output:
    """The cluster says for a moment that it is active, then that it is updating."""
    cluster = find(call)
    given = copy.deepcopy(call.params)
    operation = Operation(
        call.arn(f"cluster-operation/{cluster.name}/{uuid.uuid4()}"),
        cluster.arn,
        call.action.removeprefix("Update").upper(),
    )
    _operations[operation.arn] = operation
    cluster.version = f"K{uuid.uuid4().hex[:13].upper()}"

    def apply(state: str | None) -> None:
        operation.state = "UPDATE_IN_PROGRESS" if state == "UPDATING" else operation.state
        cluster.state = ACTIVE if state == "done" else str(state)
        if state == "done":
            operation.state = "UPDATE_COMPLETE"
            _change(cluster, given)

    passing = ((ACTIVE, "kafka.lag"), ("UPDATING", "kafka.update"))
    lifecycle.follow(cluster.arn, apply, *passing, last="done")
    return {"ClusterArn": cluster.arn, "ClusterOperationArn": operation.arn}


def _change(cluster: Cluster, given: dict[str, Any]) -> None:
    parts, nodes = cluster.parts, cluster.parts["BrokerNodeGroupInfo"]
    if "TargetNumberOfBrokerNodes" in given:
        parts["NumberOfBrokerNodes"] = given["TargetNumberOfBrokerNodes"]
    if "TargetInstanceType" in given:
        nodes["InstanceType"] = given["TargetInstanceType"]
    for volume in given.get("TargetBrokerEBSVolumeInfo", []):
        nodes["StorageInfo"]["EbsStorageInfo"]["VolumeSize"] = volume["VolumeSizeGB"]
    software = parts["CurrentBrokerSoftwareInfo"]
    if "TargetKafkaVersion" in given:
        software["KafkaVersion"] = given["TargetKafkaVersion"]
    if info := given.get("ConfigurationInfo"):
        software |= {"ConfigurationArn": info["Arn"], "ConfigurationRevision": info["Revision"]}
    if "EncryptionInfo" in given:
        transit = given["EncryptionInfo"]["EncryptionInTransit"]
        parts["EncryptionInfo"]["EncryptionInTransit"] |= transit
    for name in ("ClientAuthentication", "EnhancedMonitoring", "LoggingInfo", "OpenMonitoring"):
        if name in given:
            parts[name] = given[name]


@layer("kafka", "DescribeClusterOperation")
def describe_operation(call: Call, _: Proceed) -> Output:
    """How far a change is."""
    operation = _operations.get(call.params["ClusterOperationArn"])
    if operation is None:
        raise Fault("NotFoundException", "The operation does not exist.", 404)
    return {
        "ClusterOperationInfo": {
            "ClusterArn": operation.cluster,
            "CreationTime": operation.begun,
            "OperationArn": operation.arn,
            "OperationState": operation.state,
            "OperationType": operation.kind,
        }
    }


@layer("kafka", "TagResource")
def tag(call: Call, _: Proceed) -> Output:
    """Adds tags, or other values."""
    _tagged(call).tags.update(call.params["Tags"])
    return {}


@layer("kafka", "UntagResource")
def untag(call: Call, _: Proceed) -> Output:
    """Takes tags off."""
    for key in call.params["TagKeys"]:
        _tagged(call).tags.pop(key, None)
    return {}


def _tagged(call: Call) -> Cluster:
    arn = call.params["ResourceArn"]
    if arn not in _clusters:
        raise Fault("NotFoundException", f"The resource {arn} does not exist.", 404)
    return _clusters[arn]


@layer("kafka", "DeleteCluster")
def delete(call: Call, _: Proceed) -> Output:
    """Listed as deleting until it is gone."""
    cluster = find(call)
    if cluster.state != ACTIVE:
        why = f"The cluster is not in ACTIVE state. Current state: {cluster.state}"
        raise Fault("BadRequestException", why)

    def apply(state: str | None) -> None:
        cluster.state = state or "DELETING"
        if state is None:
            _clusters.pop(cluster.arn, None)
            interfaces.take(cluster.place, cluster.arn)

    lifecycle.follow(cluster.arn, apply, ("DELETING", "kafka.delete"), last=None)
    return {"ClusterArn": cluster.arn, "State": cluster.state}
