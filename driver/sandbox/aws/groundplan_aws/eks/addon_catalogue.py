"""The add-ons that EKS offers, and their versions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from . import versions
from .faults import InvalidParameter, ResourceNotFound
from .operations import Call, operation, page


@dataclass(frozen=True)
class Kind:
    """One add-on."""

    type: str
    releases: tuple[str, ...]
    """Newest first. `{minor}` makes a release for each Kubernetes version."""
    deployment: str | None = None
    """Its Deployment, which needs nodes to be healthy."""
    daemonset: str | None = None
    service_account: str | None = None
    policies: tuple[str, ...] = ()
    """The managed policies that its role is to have."""
    schema: dict[str, Any] = field(default_factory=dict)
    """Keys of its configuration, with their types."""


REPLICAS = {"replicaCount": {"type": "integer"}}
USUAL = {
    "affinity": {"type": ["object", "null"]},
    "nodeSelector": {"type": "object"},
    "podAnnotations": {"type": "object"},
    "podLabels": {"type": "object"},
    "resources": {"type": "object"},
    "tolerations": {"type": "array"},
}

CATALOGUE = {
    "vpc-cni": Kind(
        "networking",
        ("v1.21.1-eksbuild.1", "v1.20.5-eksbuild.1", "v1.19.6-eksbuild.7"),
        daemonset="aws-node",
        service_account="aws-node",
        policies=("AmazonEKS_CNI_Policy",),
        schema=USUAL
        | {
            "enableNetworkPolicy": {"type": "string"},
            "env": {"type": "object"},
            "init": {"type": "object"},
            "livenessProbeTimeoutSeconds": {"type": "integer"},
            "nodeAgent": {"type": "object"},
        },
    ),
    "kube-proxy": Kind(
        "networking",
        ("v{patch}-eksbuild.2", "v{minor}.0-eksbuild.2"),
        daemonset="kube-proxy",
        service_account="kube-proxy",
        schema=USUAL | {"ipvs": {"type": "object"}, "mode": {"type": "string"}},
    ),
    "coredns": Kind(
        "networking",
        ("v1.13.1-eksbuild.1", "v1.12.4-eksbuild.1", "v1.11.4-eksbuild.24"),
        deployment="coredns",
        service_account="coredns",
        schema=USUAL
        | REPLICAS
        | {
            "autoScaling": {"type": "object"},
            "computeType": {"type": "string"},
            "corefile": {"type": "string"},
            "podDisruptionBudget": {"type": "object"},
            "topologySpreadConstraints": {"type": "array"},
        },
    ),
    "aws-ebs-csi-driver": Kind(
        "storage",
        ("v1.54.0-eksbuild.1", "v1.53.0-eksbuild.1", "v1.48.0-eksbuild.2"),
        deployment="ebs-csi-controller",
        daemonset="ebs-csi-node",
        service_account="ebs-csi-controller-sa",
        policies=("service-role/AmazonEBSCSIDriverPolicy",),
        schema={
            "controller": {"type": "object"},
            "defaultStorageClass": {"type": "object"},
            "node": {"type": "object"},
            "sidecars": {"type": "object"},
            "useOldCSIDriver": {"type": "boolean"},
        },
    ),
    "eks-pod-identity-agent": Kind(
        "security",
        ("v1.3.10-eksbuild.1", "v1.3.9-eksbuild.5"),
        daemonset="eks-pod-identity-agent",
        schema=USUAL | {"agent": {"type": "object"}},
    ),
    "metrics-server": Kind(
        "observability",
        ("v0.8.0-eksbuild.6", "v0.7.2-eksbuild.4"),
        deployment="metrics-server",
        service_account="metrics-server",
        schema=USUAL | {"replicas": {"type": "integer"}, "args": {"type": "array"}},
    ),
}


def kind(name: str) -> Kind:
    """The add-on of this name."""
    if name not in CATALOGUE:
        raise InvalidParameter(f"Addon {name} specified is not supported", addonName=name)
    return CATALOGUE[name]


def releases(name: str, kubernetes: str) -> list[str]:
    """The versions of an add-on that work with a Kubernetes version, newest first."""
    patch = versions.VERSIONS[kubernetes].patch
    texts = [text.format(patch=patch, minor=kubernetes) for text in kind(name).releases]
    return list(dict.fromkeys(texts))


def default(name: str, kubernetes: str) -> str:
    """The version that EKS takes if none is asked for: seldom the newest."""
    known = releases(name, kubernetes)
    return known[min(1, len(known) - 1)] if name != "kube-proxy" else known[0]


def check_configuration(name: str, text: str) -> None:
    """Whether the configuration is JSON with keys that the add-on knows."""
    try:
        values = json.loads(text or "{}")
    except ValueError as error:
        raise InvalidParameter(
            f"ConfigurationValue provided in request is not supported: not JSON: {error}",
            addonName=name,
        ) from None
    unknown = sorted(set(values) - set(kind(name).schema)) if isinstance(values, dict) else ["$"]
    if unknown:
        raise InvalidParameter(
            "ConfigurationValue provided in request is not supported: Json schema validation "
            f"failed with error: [$.{unknown[0]}: is not defined in the schema and the schema does "
            "not allow additional properties]",
            addonName=name,
        )


@operation
def describe_addon_versions(call: Call) -> dict[str, Any]:
    """All add-ons, or the one asked for, with their versions."""
    asked = call.params.get("addonName")
    if asked:
        kind(asked)
    kubernetes = call.params.get("kubernetesVersion")
    clusters = [versions.check(kubernetes)] if kubernetes else list(versions.VERSIONS)
    types = call.params.get("types") or {known.type for known in CATALOGUE.values()}
    shown = [
        _addon_view(name, clusters)
        for name in ([asked] if asked else sorted(CATALOGUE))
        if CATALOGUE[name].type in types
    ]
    part, token = page(shown, call)
    return {"addons": part, "nextToken": token}


def _addon_view(name: str, clusters: list[str]) -> dict[str, Any]:
    fitting: dict[str, list[str]] = {}
    for cluster in reversed(clusters):
        for release in releases(name, cluster):
            fitting.setdefault(release, []).append(cluster)
    known = CATALOGUE[name]
    return {
        "addonName": name,
        "type": known.type,
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": "kube-system",
        "addonVersions": [
            {
                "addonVersion": release,
                "architecture": ["amd64", "arm64"],
                "computeTypes": ["ec2", "auto", "hybrid"],
                "requiresConfiguration": False,
                "requiresIamPermissions": bool(known.policies),
                "compatibilities": [
                    {
                        "clusterVersion": cluster,
                        "platformVersions": ["*"],
                        "defaultVersion": release == default(name, cluster),
                    }
                    for cluster in fit
                ],
            }
            for release, fit in fitting.items()
        ],
    }


@operation
def describe_addon_configuration(call: Call) -> dict[str, Any]:
    """The schema of an add-on's configuration."""
    name, release = call.params["addonName"], call.params["addonVersion"]
    known = kind(name)
    if not any(release in releases(name, version) for version in versions.VERSIONS):
        raise ResourceNotFound(f"Addon version {release} of {name} does not exist")
    schema = {
        "$schema": "http://json-schema.org/draft-06/schema#",
        "type": "object",
        "additionalProperties": False,
        "properties": known.schema,
    }
    identity = [
        {
            "serviceAccount": known.service_account,
            "recommendedManagedPolicies": [f"arn:aws:iam::aws:policy/{p}" for p in known.policies],
        }
    ]
    return {
        "addonName": name,
        "addonVersion": release,
        "configurationSchema": json.dumps(schema),
        "podIdentityConfiguration": identity if known.policies else [],
    }
