"""Brings in what the sandbox adds, one module per service; importing one registers it."""

from __future__ import annotations

import importlib

MODULES = (
    "iam",
    "iam_linked",
    "organizations",
    "organizations_accounts",
    "ec2_network",
    "ec2_nat",
    "ec2_peering",
    "ec2_rules",
    "ec2_tokens",  # outermost: after what it repeats
    "ram",
    "ram_subnets",
    "rds_subnet_group",
    "rds_instance",
    "opensearch",
    "secretsmanager",
)


def load() -> None:
    """Registers all of it."""
    for name in MODULES:
        importlib.import_module(f"groundplan_aws.services.{name}")
