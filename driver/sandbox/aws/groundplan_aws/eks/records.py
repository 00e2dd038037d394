"""What EKS keeps of each object."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .plane import Plane
from .timing import Course


def now() -> datetime:
    """The time as AWS gives it."""
    return datetime.now(UTC)


def hex_id() -> str:
    """An id such as clusters have: 32 hexadecimal digits, upper case."""
    return secrets.token_hex(16).upper()


@dataclass
class Update:
    """A change that goes on by itself."""

    type: str
    params: list[dict[str, str]]
    course: Course
    token: str | None
    sent: dict[str, Any]
    nodegroup: str | None = None
    addon: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: datetime = field(default_factory=now)
    apply: Callable[[], None] | None = None
    """Makes the change. Called once, when the time has come."""
    waits: Callable[[], bool] | None = None
    """Whether something beside the clock holds up its end."""
    status: str = "InProgress"

    def settle(self) -> None:
        """Takes it on, as far as it can go now."""
        if not self.course.over:
            return
        if self.apply is not None:
            self.apply()
            self.apply = None
        if self.waits is None or not self.waits():
            self.status, self.waits = "Successful", None

    def view(self) -> dict[str, Any]:
        """As DescribeUpdate shows it."""
        return {
            "id": self.id,
            "status": self.status,
            "type": self.type,
            "params": self.params,
            "createdAt": self.created,
            "errors": [],
        }


@dataclass
class Node:
    """A machine of a node group; there is only its network interface in EC2."""

    name: str
    instance: str
    interface: str
    zone: str


@dataclass
class NodeGroup:
    """A managed node group."""

    name: str
    arn: str
    sent: dict[str, Any]
    token: str | None
    course: Course
    view: dict[str, Any]
    """The fields that DescribeNodegroup shows and nothing computes."""
    tags: dict[str, str]
    joining: Course
    """How long its nodes may take to join."""
    nodes: list[Node] = field(default_factory=list)
    leaving: list[Node] = field(default_factory=list)
    """Drained and then gone."""
    ready: bool = False
    """Whether all nodes were seen ready since the last change."""
    created: bool = False
    """Whether it was ready once."""
    failed: bool = False
    """Whether its nodes did not join in time."""
    deleting: bool = False

    @property
    def desired(self) -> int:
        """How many nodes there are to be."""
        size: int = self.view["scalingConfig"]["desiredSize"]
        return size


@dataclass
class Addon:
    """An add-on of a cluster."""

    name: str
    arn: str
    sent: dict[str, Any]
    token: str | None
    course: Course
    view: dict[str, Any]
    tags: dict[str, str]
    deleting: bool = False


@dataclass
class AccessEntry:
    """Who may come in."""

    principal: str
    principal_id: str
    """The principal's own id: one made again under the same name is somebody else."""
    arn: str
    sent: dict[str, Any]
    token: str | None
    view: dict[str, Any]
    tags: dict[str, str]
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The associated policies by ARN, as ListAssociatedAccessPolicies shows them."""
    by_nodegroups: bool = False
    """Made for the role of a node group, and gone with the last one that has it."""


@dataclass
class Network:
    """What a cluster has in EC2."""

    vpc: str
    group: str


@dataclass
class Cluster:
    """A cluster."""

    account: str
    region: str
    name: str
    key: str
    """Unique in the sandbox: its folder and its place in the webhook's address."""
    id: str
    sent: dict[str, Any]
    token: str | None
    view: dict[str, Any]
    """The fields that DescribeCluster shows and nothing computes."""
    tags: dict[str, str]
    creator: str
    network: Network
    plane: Plane
    nodegroups: dict[str, NodeGroup] = field(default_factory=dict)
    addons: dict[str, Addon] = field(default_factory=dict)
    entries: dict[str, AccessEntry] = field(default_factory=dict)
    associations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Pod identity associations by id."""
    updates: list[Update] = field(default_factory=list)
    preserved: dict[str, Addon] = field(default_factory=dict)
    """Add-ons that are gone, and whose objects stay."""
    deletion: Course | None = None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:eks:{self.region}:{self.account}:cluster/{self.name}"

    @property
    def issuer(self) -> str:
        """Who signs the tokens of its service accounts."""
        return f"https://oidc.eks.{self.region}.amazonaws.com/id/{self.id}"

    @property
    def version(self) -> str:
        """Its Kubernetes minor version, e.g. 1.35."""
        version: str = self.view["version"]
        return version

    def updating(self) -> Update | None:
        """The update of the cluster itself that goes on."""
        own = (u for u in self.updates if u.nodegroup is None and u.addon is None)
        return next((update for update in own if update.status == "InProgress"), None)

    @property
    def status(self) -> str:
        """Its state."""
        if self.deletion is not None:
            return "DELETING"
        if self.plane.problem() is not None:
            return "FAILED"
        if not self.plane.usable:
            return "CREATING"
        return "UPDATING" if self.updating() else "ACTIVE"

    def child_arn(self, kind: str, name: str) -> str:
        """The ARN of something in the cluster."""
        unique = uuid.uuid4()
        return f"arn:aws:eks:{self.region}:{self.account}:{kind}/{self.name}/{name}/{unique}"
