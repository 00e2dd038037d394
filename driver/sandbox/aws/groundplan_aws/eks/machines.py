"""The sizes of instance types, as moto's copy of EC2's catalogue has them."""

from __future__ import annotations

from typing import Any

from .faults import InvalidParameter
from moto.ec2.models.instance_types import INSTANCE_TYPES


def check(types: list[str], ami: str) -> None:
    """Whether the instance types exist and the image runs on them."""
    architecture = "arm64" if "ARM" in ami else "x86_64"
    for name in types:
        known = INSTANCE_TYPES.get(name)
        if known is None:
            raise InvalidParameter(f"The instance type {name} does not exist")
        if architecture not in known["ProcessorInfo"]["SupportedArchitectures"]:
            raise InvalidParameter(f"[{name}] is not a valid instance type for amiType {ami}")


def architecture(ami: str) -> str:
    """As Kubernetes calls it."""
    return "arm64" if "ARM" in ami else "amd64"


def capacity(name: str, disk_gib: int) -> str:
    """What a node of this type has to offer, as the fake kubelet reads it.

    Memory is without what EKS' images keep for the system: 255 MiB, 11 MiB for each pod, and the
    100 MiB that eviction leaves free.
    """
    sizes: dict[str, Any] = INSTANCE_TYPES.get(name) or INSTANCE_TYPES["t3.medium"]
    net = sizes["NetworkInfo"]
    # Every address of an interface but its own goes to a pod; two pods need none.
    pods = net["MaximumNetworkInterfaces"] * (net["Ipv4AddressesPerInterface"] - 1) + 2
    pods = min(pods, 110 if sizes["VCpuInfo"]["DefaultVCpus"] < 30 else 250)
    memory = sizes["MemoryInfo"]["SizeInMiB"] - 255 - 11 * pods - 100
    cpu = sizes["VCpuInfo"]["DefaultVCpus"]
    return f"cpu={cpu},memory={memory}Mi,pods={pods},ephemeral-storage={disk_gib}Gi"
