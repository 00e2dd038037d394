"""The EC2 operations that take a client token."""

from __future__ import annotations

from groundplan_aws import tokens
from groundplan_aws.call import Fault

tokens.honour(
    "ec2",
    "CreateFlowLogs",
    "CreateLaunchTemplate",
    "CreateLaunchTemplateVersion",
    "CreateNatGateway",
    "CreateNetworkInterface",
    "CreateRouteTable",
    "CreateVpcEndpoint",
    "RunInstances",
    parameter="ClientToken",
    mismatch=lambda token: Fault(
        "IdempotentParameterMismatch",
        f"The client token {token} was used with other parameters before",
    ),
)
