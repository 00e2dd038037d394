"""Users of MSK clusters: secrets of Secrets Manager that a cluster knows. Moto has none."""

from __future__ import annotations

from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services.kafka_cluster import ACTIVE, Cluster, find

from moto.secretsmanager.models import secretsmanager_backends


def _secret(call: Call, arn: str) -> Any:
    account, region = call.place
    known = secretsmanager_backends[account][region].secrets.values()
    return next((one for one in known if one.arn == arn), None)


def _problem(call: Call, arn: str) -> str | None:
    secret = _secret(call, arn)
    if secret is None:
        return "The provided secret ARN is invalid."
    if not secret.name.startswith("AmazonMSK_"):
        return "The name of the secret does not begin with AmazonMSK_."
    if secret.kms_key_id is None:
        return "The secret is encrypted with the default key."
    return None


def _ready(call: Call) -> Cluster:
    cluster = find(call)
    if cluster.state != ACTIVE:
        why = f"The cluster is not in ACTIVE state. Current state: {cluster.state}"
        raise Fault("BadRequestException", why)
    if not cluster.parts["ClientAuthentication"].get("Sasl", {}).get("Scram", {}).get("Enabled"):
        raise Fault("BadRequestException", "SASL/SCRAM is not enabled for the cluster.")
    return cluster


def _answer(cluster: Cluster, left: dict[str, str]) -> Output:
    unprocessed = [
        {"SecretArn": arn, "ErrorCode": "InvalidSecretArn", "ErrorMessage": why}
        for arn, why in left.items()
    ]
    return {"ClusterArn": cluster.arn, "UnprocessedScramSecrets": unprocessed}


@layer("kafka", "BatchAssociateScramSecret")
def associate(call: Call, _: Proceed) -> Output:
    """Those that fit; what is wrong with the others is in the answer, which is no error."""
    cluster = _ready(call)
    wanted = call.params["SecretArnList"]
    problems = {arn: _problem(call, arn) for arn in wanted}
    cluster.users |= {arn for arn, problem in problems.items() if problem is None}
    return _answer(cluster, {arn: problem for arn, problem in problems.items() if problem})


@layer("kafka", "BatchDisassociateScramSecret")
def disassociate(call: Call, _: Proceed) -> Output:
    """Those that it knows."""
    cluster = _ready(call)
    wanted = set(call.params["SecretArnList"])
    unknown = {arn: "The secret is not associated." for arn in wanted - cluster.users}
    cluster.users -= wanted
    return _answer(cluster, unknown)


@layer("kafka", "ListScramSecrets")
def list_all(call: Call, _: Proceed) -> Output:
    """The ARNs, whether the secrets are there or not."""
    return {"SecretArnList": sorted(find(call).users)}
