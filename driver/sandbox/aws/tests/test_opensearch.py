"""OpenSearch: a domain from creating to gone, and its changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Vpc, eventually
from sandbox import code

Aws = Callable[..., Any]
ROLE = "opensearchservice.amazonaws.com"


class Domain:
    """A domain in two subnets."""

    def __init__(self, aws: Aws, vpc: Vpc, name: str) -> None:
        self.es, self.vpc, self.name = aws("opensearch"), vpc, f"domain-{name}"
        self.arguments = {
            "DomainName": self.name,
            "EngineVersion": "OpenSearch_2.17",
            "ClusterConfig": {
                "InstanceType": "r6g.large.search", "InstanceCount": 2,
                "ZoneAwarenessEnabled": True,
                "ZoneAwarenessConfig": {"AvailabilityZoneCount": 2},
            },
            "VPCOptions": {"SubnetIds": vpc.subnets, "SecurityGroupIds": [vpc.group]},
            "TagList": [{"Key": "a", "Value": "b"}],
        }  # fmt: skip

    def read(self) -> dict[str, Any]:
        """The domain now; empty when it is gone."""
        found = self.es.describe_domains(DomainNames=[self.name])["DomainStatusList"]
        return next(iter(found), {})

    def status(self) -> str | None:
        """What it is busy with."""
        return self.read().get("DomainProcessingStatus")

    def progress(self, change: str) -> str:
        """How far a change is."""
        asked = {"DomainName": self.name, "ChangeId": change}
        answer = self.es.describe_domain_change_progress(**asked)
        return answer["ChangeProgressStatus"]["Status"]


@pytest.fixture
def domain(aws: Aws, vpc: Vpc, name: str) -> Domain:
    """One that can be created."""
    roles = {role["RoleName"] for role in aws("iam").list_roles()["Roles"]}
    if "AWSServiceRoleForAmazonOpenSearchService" not in roles:
        refused = code(aws("opensearch").create_domain, **Domain(aws, vpc, name).arguments)
        assert refused == "ValidationException"
        aws("iam").create_service_linked_role(AWSServiceName=ROLE)
    return Domain(aws, vpc, name)


def test_a_domain_lives_and_lets_go_when_it_is_gone(domain: Domain) -> None:
    es, vpc = domain.es, domain.vpc
    made = es.create_domain(**domain.arguments)["DomainStatus"]
    assert (made["DomainProcessingStatus"], made["Processing"]) == ("Creating", True)
    assert "Endpoints" not in made
    assert code(es.create_domain, **domain.arguments) == "ResourceAlreadyExistsException"
    assert eventually("Active", domain.status) == ["Creating", "Active"]
    assert domain.read()["Endpoints"]["vpc"].startswith(domain.name)
    assert domain.read()["VPCOptions"]["VPCId"] == vpc.id
    assert code(vpc.ec2.delete_subnet, SubnetId=vpc.subnets[0]) == "DependencyViolation"

    es.delete_domain(DomainName=domain.name)
    assert domain.status() == "Deleting"
    assert code(es.create_domain, **domain.arguments) == "ValidationException"
    eventually(None, domain.status)
    assert es.list_tags(ARN=made["ARN"])["TagList"] == []
    vpc.ec2.delete_subnet(SubnetId=vpc.subnets[0])


def test_a_change_is_followed_by_its_id(domain: Domain) -> None:
    es = domain.es
    es.create_domain(**domain.arguments)
    volume = {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 20}
    update = {"DomainName": domain.name, "EBSOptions": volume}
    assert code(es.update_domain_config, **update) == "ValidationException"
    eventually("Active", domain.status)
    change = es.update_domain_config(**update)["DomainConfig"]["ChangeProgressDetails"]["ChangeId"]
    # The domain says that it is at rest before the change begins.
    assert (domain.progress(change), domain.status()) == ("PENDING", "Active")
    eventually("COMPLETED", lambda: domain.progress(change))
    assert domain.read()["EBSOptions"]["VolumeSize"] == 20


def test_an_engine_is_raised_and_never_lowered(domain: Domain) -> None:
    es = domain.es
    es.create_domain(**domain.arguments)
    eventually("Active", domain.status)
    target = {"DomainName": domain.name, "TargetVersion": "OpenSearch_2.19"}
    es.upgrade_domain(**target)
    eventually("UpgradingEngineVersion", domain.status)
    assert domain.read()["UpgradeProcessing"]
    eventually("Active", domain.status)
    assert domain.read()["EngineVersion"] == "OpenSearch_2.19"
    assert code(es.upgrade_domain, **target) == "ValidationException"


def test_subnets_are_as_many_as_zones(domain: Domain) -> None:
    few = {**domain.arguments, "VPCOptions": {"SubnetIds": domain.vpc.subnets[:1]}}
    assert code(domain.es.create_domain, **few) == "ValidationException"


def test_logs_go_where_the_service_may_write(domain: Domain, aws: Aws) -> None:
    es, logs = domain.es, aws("logs")
    group = f"/search/{domain.name}"
    arn = f"arn:aws:logs:eu-west-1:123456789012:log-group:{group}"
    options = {"INDEX_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": arn, "Enabled": True}}
    asked = {**domain.arguments, "LogPublishingOptions": options}
    assert code(es.create_domain, **asked) == "ResourceNotFoundException"
    logs.create_log_group(logGroupName=group)
    assert code(es.create_domain, **asked) == "ValidationException"
    allows = {"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:*"}
    document = json.dumps({"Statement": [{**allows, "Resource": "*"}]})
    logs.put_resource_policy(policyName=domain.name, policyDocument=document)
    es.create_domain(**asked)
    eventually("Active", domain.status)
    more = {"SEARCH_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": arn, "Enabled": True}}
    es.update_domain_config(DomainName=domain.name, LogPublishingOptions=more)
    assert set(domain.read()["LogPublishingOptions"]) == {"INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS"}
    logs.delete_resource_policy(policyName=domain.name)


def test_what_the_service_does_by_itself_is_shown(domain: Domain) -> None:
    es = domain.es
    es.create_domain(**domain.arguments)
    eventually("Active", domain.status)
    there = domain.read()
    assert there["OffPeakWindowOptions"]["Enabled"]
    assert there["SoftwareUpdateOptions"]["AutoSoftwareUpdateEnabled"] is False
    tuned = {"DesiredState": "DISABLED", "UseOffPeakWindow": True}
    es.update_domain_config(DomainName=domain.name, AutoTuneOptions=tuned)
    shown = {"State": "DISABLED", "UseOffPeakWindow": True}
    assert domain.read()["AutoTuneOptions"] == shown
    eventually("Active", domain.status)
    small = {**domain.arguments["ClusterConfig"], "InstanceType": "t3.small.search"}
    asked = {"AutoTuneOptions": {"DesiredState": "ENABLED"}, "ClusterConfig": small}
    refused = code(es.update_domain_config, DomainName=domain.name, **asked)
    assert refused == "ValidationException"
