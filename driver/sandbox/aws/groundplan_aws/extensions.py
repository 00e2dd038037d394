"""Brings in what the sandbox adds, one module per service; importing one registers it."""

from __future__ import annotations

import importlib

MODULES = (
    "iam",
    "iam_linked",
    "iam_managed",
    "organizations",
    "organizations_accounts",
    "ec2_filters",
    "ec2_network",
    "ec2_nat",
    "ec2_endpoints",
    "ec2_flow_logs",
    "ec2_templates",
    "ec2_peering",
    "ec2_rules",
    "ec2_tokens",  # outermost: after what it repeats
    "ram",
    "ram_subnets",
    "cloudformation",
    "rds_subnet_group",
    "rds_options",
    "rds_parameters",
    "rds_instance",
    "rds_restore",
    "kafka_cluster",
    "kafka_configuration",
    "kafka_scram",
    "opensearch",
    "opensearch_upgrade",
    "secretsmanager",
    "kms",
    "logs",
    "cloudwatch",
    "ecr",
    "s3_buckets",
    "s3_lifecycle",
    "route53_zones",
    "route53_records",
    "acm",
    "identitystore",
    "sso",
    "sso_roles",
    "sso_assignments",
)


def load() -> None:
    """Registers all of it."""
    for name in MODULES:
        importlib.import_module(f"groundplan_aws.services.{name}")
