"""The Kubernetes versions that EKS offers, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .faults import InvalidParameter
from .operations import Call, operation, page
from .records import now


@dataclass(frozen=True)
class Version:
    """One minor version."""

    patch: str
    released: str
    standard_until: str
    extended_until: str

    @property
    def status(self) -> str:
        """How it is supported today."""
        today = now()
        if today < _date(self.standard_until):
            return "STANDARD_SUPPORT"
        return "EXTENDED_SUPPORT" if today < _date(self.extended_until) else "UNSUPPORTED"


# Users' guide, "Amazon EKS Kubernetes release calendar": 14 months of standard support and 12 more.
VERSIONS = {
    "1.32": Version("1.32.11", "2025-01-23", "2026-03-23", "2027-03-23"),
    "1.33": Version("1.33.7", "2025-05-29", "2026-07-29", "2027-07-29"),
    "1.34": Version("1.34.3", "2025-10-02", "2026-12-02", "2027-12-02"),
    "1.35": Version("1.35.1", "2026-01-28", "2027-03-27", "2028-03-27"),
    "1.36": Version("1.36.3", "2026-06-02", "2027-08-02", "2028-08-02"),
}
DEFAULT = "1.35"
PLATFORM = "eks.5"
SKEW = 3
"""Minor versions that nodes may be behind their control plane."""


def check(version: str) -> str:
    """The version, if EKS has it."""
    if version not in VERSIONS:
        raise InvalidParameter(f"unsupported Kubernetes version {version}")
    return version


def minor(version: str) -> int:
    """The number that counts: 35 of 1.35."""
    return int(version.split(".")[1])


@operation
def describe_cluster_versions(call: Call) -> dict[str, Any]:
    """The versions, newest first."""
    wanted = call.params
    shown = [
        _view(name, version)
        for name, version in reversed(VERSIONS.items())
        if name in (wanted.get("clusterVersions") or VERSIONS)
        and (name == DEFAULT or not wanted.get("defaultOnly"))
        and (wanted.get("versionStatus") or version.status) == version.status
        and (wanted.get("includeAll") or version.status != "UNSUPPORTED")
    ]
    part, token = page(shown, call)
    return {"clusterVersions": part, "nextToken": token}


def _view(name: str, version: Version) -> dict[str, Any]:
    return {
        "clusterVersion": name,
        "clusterType": "eks",
        "defaultPlatformVersion": PLATFORM,
        "defaultVersion": name == DEFAULT,
        "releaseDate": _date(version.released),
        "endOfStandardSupportDate": _date(version.standard_until),
        "endOfExtendedSupportDate": _date(version.extended_until),
        "status": version.status.lower().replace("_", "-"),
        "versionStatus": version.status,
        "kubernetesPatchVersion": version.patch,
    }


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
