"""OpenSearch domains: creating, modifying, upgrading, deleting, each change with its progress."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services import interfaces
from groundplan_aws.services.iam_linked import has_linked_role

from moto.logs.models import logs_backends
from moto.opensearch.models import OpenSearchDomain, OpenSearchServiceBackend, opensearch_backends

ACTIVE = "Active"


@dataclass
class Life:
    """What a domain is busy with."""

    state: str | None = "Creating"
    """Its `DomainProcessingStatus`; none when it is gone."""
    change: str = field(default_factory=lambda: str(uuid.uuid4()))
    """The id of the newest change."""
    begun: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    done: bool = False
    """Whether that change is through. Until it begins, the domain says that it is active."""


_lives: dict[str, Life] = {}


def opensearch(place: tuple[str, str]) -> OpenSearchServiceBackend:
    """Moto's OpenSearch of an account and region."""
    account, region = place
    return opensearch_backends[account][region]


def find(call: Call) -> OpenSearchDomain:
    """The domain that a call names."""
    domain = opensearch(call.place).domains.get(call.params["DomainName"])
    if domain is None:
        raise Fault(
            "ResourceNotFoundException", f"Domain not found: {call.params['DomainName']}", 409
        )
    return domain


def _life(domain: OpenSearchDomain) -> Life:
    return _lives[domain.arn]


def _follow(
    domain: OpenSearchDomain, life: Life, *passing: tuple[str, str], then: Any = None
) -> None:
    """A change that ends with an active domain."""
    _lives[domain.arn] = life

    def apply(state: str | None) -> None:
        life.state = state
        life.done = state == "done"
        if state == "done":
            life.state = ACTIVE
            if then:
                then()

    lifecycle.follow(domain.arn, apply, *passing, last="done")


@check("opensearch", "CreateDomain")
def can_be_made(call: Call) -> None:
    """A free name; for a VPC the service's role first, subnets as many as zones, known groups."""
    name = call.params["DomainName"]
    if domain := opensearch(call.place).domains.get(name):
        if _life(domain).state == "Deleting":
            raise Fault("ValidationException", "Domain is still being deleted")
        raise Fault("ResourceAlreadyExistsException", f"Domain '{name}' already exists", 409)
    if call.params.get("VPCOptions"):
        if not has_linked_role(call.account, "opensearchservice.amazonaws.com"):
            raise Fault(
                "ValidationException",
                "Before you can proceed, you must enable a service-linked role to give Amazon"
                " OpenSearch Service permissions to access your VPC.",
            )
        _check_network(call, call.params.get("ClusterConfig", {}), call.params["VPCOptions"])


def _check_network(call: Call, cluster: dict[str, Any], vpc: dict[str, Any]) -> None:
    aware = cluster.get("ZoneAwarenessEnabled")
    zones = cluster.get("ZoneAwarenessConfig", {}).get("AvailabilityZoneCount", 2) if aware else 1
    subnets = vpc.get("SubnetIds", [])
    if len(subnets) != zones:
        raise Fault(
            "ValidationException",
            f"You must specify exactly {zones} subnets because you've set zone count to {zones}.",
        )
    known = interfaces.subnets(call.place)
    for subnet in subnets:
        if subnet not in known:
            raise Fault("ValidationException", f"Subnet {subnet} does not exist")
    for group in vpc.get("SecurityGroupIds", []):
        if interfaces.ec2(call.place).get_security_group_from_id(group) is None:
            raise Fault("ValidationException", f"Security group {group} does not exist")


@check("opensearch", "CreateDomain", "UpdateDomainConfig")
def may_write_logs(call: Call) -> None:
    """Groups that are there, with a policy of the account that lets the service write."""
    account, region = call.place
    logs = logs_backends[account][region]
    for option in call.params.get("LogPublishingOptions", {}).values():
        if not option.get("Enabled"):
            continue
        group = option["CloudWatchLogsLogGroupArn"].removesuffix(":*").split(":log-group:")[-1]
        if group not in logs.groups:
            why = f"The CloudWatch Logs log group {group} does not exist."
            raise Fault("ResourceNotFoundException", why, 409)
        policies = (policy.policy_document for policy in logs.resource_policies.values())
        if not any("es.amazonaws.com" in document for document in policies):
            raise Fault(
                "ValidationException",
                f"The Resource Access Policy specified for the CloudWatch Logs log group {group}"
                " does not grant sufficient permissions for Amazon OpenSearch Service to create a"
                " log stream. Please check the Resource Access Policy.",
            )


@check("opensearch", "CreateDomain", "UpdateDomainConfig")
def can_be_tuned(call: Call) -> None:
    """Not by nodes of the types T2 and T3."""
    if call.params.get("AutoTuneOptions", {}).get("DesiredState") != "ENABLED":
        return
    cluster = call.params.get("ClusterConfig")
    if cluster is None:
        domain = opensearch(call.place).domains.get(call.params["DomainName"])
        cluster = domain.cluster_config if domain else {}
    if cluster.get("InstanceType", "").startswith(("t2.", "t3.")):
        raise Fault("ValidationException", "Autotune is not supported in t2/t3 instance types.")


def _keep_up(call: Call, domain: OpenSearchDomain) -> None:
    """What moto keeps as it was asked for, in the form of the answer, and what AWS has by itself."""
    if tuning := call.params.get("AutoTuneOptions"):
        domain.auto_tune_options = {
            "State": tuning.get("DesiredState", "ENABLED"),
            "UseOffPeakWindow": tuning.get("UseOffPeakWindow", False),
        }
    if domain.off_peak_window_options is None:
        start = {"Hours": 22, "Minutes": 0}
        window = {"Enabled": True, "OffPeakWindow": {"WindowStartTime": start}}
        domain.off_peak_window_options = window
    if "AutoSoftwareUpdateEnabled" not in domain.software_update_options:
        domain.software_update_options = {"AutoSoftwareUpdateEnabled": False}


@layer("opensearch", "CreateDomain")
def create(call: Call, proceed: Proceed) -> Output:
    """Creating at first, with its interfaces but no endpoint."""
    output = proceed()
    domain = find(call)
    domain.engine_version.options = call.params.get("EngineVersion", "OpenSearch_2.19")
    _keep_up(call, domain)
    _connect(call, domain)
    _follow(domain, Life(), ("Creating", "opensearch.create"))
    return _shown(call, output)


@layer("opensearch", "DescribeDomain", "DescribeDomains")
def describe(call: Call, proceed: Proceed) -> Output:
    """Moto's answer with the state of things."""
    return _shown(call, proceed())


@layer("opensearch", "DescribeDomainConfig", "UpdateDomainConfig")
def add_status(call: Call, proceed: Proceed) -> Output:
    """Each option has a status, which moto leaves out of most."""
    output = proceed()
    domain = find(call)
    state = "Active" if _life(domain).done else "Processing"
    status = {**domain._status_block(), "State": state}
    for name, option in output["DomainConfig"].items():
        if "Options" in option:
            tuning = {**status, "State": "ENABLED"}
            option["Status"] = tuning if name == "AutoTuneOptions" else status
    return output


@check("opensearch", "UpdateDomainConfig", "UpgradeDomain")
def is_at_rest(call: Call) -> None:
    """One change at a time."""
    if not _life(find(call)).done:
        why = (
            "A change/update is in progress. Please wait for it to complete before requesting"
            " another change."
        )
        raise Fault("ValidationException", why)


@layer("opensearch", "UpdateDomainConfig")
def update(call: Call, proceed: Proceed) -> Output:
    """The domain says for a moment that it is active, then that it is being modified."""
    domain = find(call)
    if vpc := call.params.get("VPCOptions"):
        cluster = call.params.get("ClusterConfig", domain.cluster_config)
        merged = {**(domain.vpc_options or {}), **vpc}
        _check_network(call, cluster, merged)
    logs = domain.log_publishing_options or {}  # those that a call does not name stay
    output = proceed()
    if call.params.get("DryRun"):
        return output
    if call.params.get("AccessPolicies") == "":
        domain.access_policies = ""  # moto takes an empty policy for none
    domain.log_publishing_options = {**logs, **call.params.get("LogPublishingOptions", {})}
    _keep_up(call, domain)
    _connect(call, domain)
    life = Life(ACTIVE)
    _follow(domain, life, (ACTIVE, "opensearch.lag"), ("Modifying", "opensearch.update"))
    output["DomainConfig"]["ChangeProgressDetails"] = {"ChangeId": life.change}
    return output


@layer("opensearch", "UpgradeDomain")
def upgrade(call: Call, _: Proceed) -> Output:
    """To a newer version of the same engine."""
    domain = find(call)
    target = call.params["TargetVersion"]
    if version(target) <= version(domain.engine_version.options):
        why = f"Domain cannot be upgraded from {domain.engine_version.options} to {target}"
        raise Fault("ValidationException", why)
    life = Life(ACTIVE)
    output = {
        "DomainName": domain.domain_name,
        "TargetVersion": target,
        "PerformCheckOnly": bool(call.params.get("PerformCheckOnly")),
    }
    if output["PerformCheckOnly"]:
        return output
    passing = ((ACTIVE, "opensearch.lag"), ("UpgradingEngineVersion", "opensearch.update"))
    _follow(domain, life, *passing, then=lambda: setattr(domain.engine_version, "options", target))
    return {**output, "UpgradeId": life.change, "ChangeProgressDetails": {"ChangeId": life.change}}


@layer("opensearch", "DescribeDomainChangeProgress")
def progress(call: Call, _: Proceed) -> Output:
    """How far the newest change is."""
    life = _life(find(call))
    if call.params.get("ChangeId", life.change) != life.change:
        raise Fault("ResourceNotFoundException", "Change not found", 409)
    status = "COMPLETED" if life.done else "PENDING" if life.state == ACTIVE else "PROCESSING"
    return {
        "ChangeProgressStatus": {
            "ChangeId": life.change,
            "StartTime": life.begun,
            "Status": status,
            "ChangeProgressStages": [{"Name": "Applying the change", "Status": status}],
        }
    }


@layer("opensearch", "DeleteDomain")
def delete(call: Call, proceed: Proceed) -> Output:
    """Listed as deleting until it is gone; its tags go with it."""
    domain = find(call)
    backend = opensearch(call.place)
    if _life(domain).state != "Deleting":
        proceed()
        backend.domains[domain.domain_name] = domain
        life = _life(domain)

        def apply(state: str | None) -> None:
            life.state = state
            if state is None:
                backend.domains.pop(domain.domain_name, None)
                backend.tagger.delete_all_tags_for_resource(domain.arn)
                interfaces.take(call.place, domain.arn)

        lifecycle.follow(domain.arn, apply, ("Deleting", "opensearch.delete"), last=None)
    return _shown(call, {"DomainStatus": domain.to_dict()})


def _connect(call: Call, domain: OpenSearchDomain) -> None:
    vpc = domain.vpc_options
    if vpc:
        subnets, groups = vpc.get("SubnetIds", []), vpc.get("SecurityGroupIds", [])
        interfaces.put(call.place, domain.arn, subnets, groups, f"ES {domain.domain_name}")


def _shown(call: Call, output: Output) -> Output:
    for status in output.get("DomainStatusList", [output.get("DomainStatus")]):
        life = _lives[status["ARN"]]
        status["DomainProcessingStatus"] = life.state
        status["Processing"] = life.state != ACTIVE
        status["UpgradeProcessing"] = life.state == "UpgradingEngineVersion"
        status["Deleted"] = life.state == "Deleting"
        if life.state == "Creating":
            status.pop("Endpoints", None)
            status.pop("Endpoint", None)
        if vpc := status.get("VPCOptions"):
            known = interfaces.subnets(call.place)
            used = [known[identity] for identity in vpc.get("SubnetIds", []) if identity in known]
            vpc["VPCId"] = used[0].vpc_id if used else None
            vpc["AvailabilityZones"] = [subnet.availability_zone for subnet in used]
    return output


def version(text: str) -> tuple[int, ...]:
    """The numbers of a version."""
    return tuple(int(part) for part in text.partition("_")[2].split("."))
