"""Node groups, add-ons and access entries, without a control plane."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from eks_sandbox import ACCESS_POLICY, Sandbox, running

CLUSTER = "main"
NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("contents"), "aws") as it:
        _, it.subnets = it.network()
        role = it.role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
        it.eks.create_cluster(
            name=CLUSTER,
            version="1.34",
            roleArn=role,
            resourcesVpcConfig={"subnetIds": it.subnets},
            accessConfig={
                "authenticationMode": "API",
                "bootstrapClusterCreatorAdminPermissions": False,
            },
        )
        it.nodes = it.role("nodes", "ec2.amazonaws.com", *NODE_POLICIES)
        it.wait_for("ACTIVE", lambda: it.cluster(CLUSTER))
        yield it


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def group(sandbox: Sandbox, name: str) -> dict[str, Any]:
    found = sandbox.eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName=name)
    return found["nodegroup"]


def make_group(sandbox: Sandbox, name: str, **more: Any) -> dict[str, Any]:
    request = {
        "clusterName": CLUSTER,
        "nodegroupName": name,
        "nodeRole": sandbox.nodes,
        "subnets": sandbox.subnets,
        "instanceTypes": ["m6i.large"],
        "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 4},
    }
    return sandbox.eks.create_nodegroup(**request | more)["nodegroup"]


def interfaces(sandbox: Sandbox) -> int:
    """Network interfaces in the subnets of the cluster."""
    wanted = [{"Name": "subnet-id", "Values": sandbox.subnets}]
    return len(sandbox.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"])


def test_a_node_group_lives(sandbox: Sandbox) -> None:
    before = interfaces(sandbox)
    token = {"clientRequestToken": "group-1"}
    labels, taints = {"pool": "main"}, [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]
    made = make_group(sandbox, "life", labels=labels, taints=taints, tags={"a": "b"}, **token)
    assert made["status"] == "CREATING"
    again = make_group(sandbox, "life", labels=labels, taints=taints, tags={"a": "b"}, **token)
    assert again["nodegroupArn"] == made["nodegroupArn"]
    with pytest.raises(ClientError) as error:
        make_group(sandbox, "life")
    assert code(error) == "ResourceInUseException"
    now = sandbox.wait_for("ACTIVE", lambda: group(sandbox, "life"))
    assert (now["labels"], now["taints"], now["tags"]) == (labels, taints, {"a": "b"})
    assert (now["amiType"], now["version"]) == ("AL2023_x86_64_STANDARD", "1.34")
    assert interfaces(sandbox) == before + 2
    entries = sandbox.eks.list_access_entries(clusterName=CLUSTER)["accessEntries"]
    assert sandbox.nodes in entries, "nodes are let in"
    with pytest.raises(ClientError) as error:
        sandbox.eks.delete_cluster(name=CLUSTER)
    assert code(error) == "ResourceInUseException"

    change = {
        "scalingConfig": {"desiredSize": 3},
        "labels": {"addOrUpdateLabels": {"new": "1"}, "removeLabels": ["pool"]},
        "taints": {"removeTaints": taints},
    }
    name = {"clusterName": CLUSTER, "nodegroupName": "life"}
    update = sandbox.eks.update_nodegroup_config(**name, **change)["update"]
    assert group(sandbox, "life")["status"] == "UPDATING"
    with pytest.raises(ClientError) as error:
        sandbox.eks.update_nodegroup_config(**name, scalingConfig={"desiredSize": 4})
    assert code(error) == "ResourceInUseException"
    with pytest.raises(ClientError) as error:
        sandbox.eks.describe_update(name=CLUSTER, updateId=update["id"])
    assert code(error) == "ResourceNotFoundException", "it is the node group's"

    def described() -> dict[str, Any]:
        of = {"name": CLUSTER, "updateId": update["id"], "nodegroupName": "life"}
        return sandbox.eks.describe_update(**of)["update"]

    sandbox.wait_for("Successful", described)
    now = group(sandbox, "life")
    assert now["scalingConfig"] == {"minSize": 1, "desiredSize": 3, "maxSize": 4}
    assert (now["labels"], now["taints"], now["status"]) == ({"new": "1"}, [], "ACTIVE")
    assert interfaces(sandbox) == before + 3

    assert sandbox.eks.delete_nodegroup(**name)["nodegroup"]["status"] == "DELETING"
    sandbox.wait_gone(lambda: group(sandbox, "life"))
    assert interfaces(sandbox) == before
    entries = sandbox.eks.list_access_entries(clusterName=CLUSTER)["accessEntries"]
    assert sandbox.nodes not in entries


def test_node_groups_that_cannot_be(sandbox: Sandbox) -> None:
    powerless = sandbox.role("powerless", "ec2.amazonaws.com")
    for wrong in (
        {"instanceTypes": ["m6i.enormous"]},
        {"instanceTypes": ["m7g.large"]},
        {"scalingConfig": {"minSize": 2, "desiredSize": 1, "maxSize": 2}},
        {"nodeRole": "arn:aws:iam::123456789012:role/missing"},
        {"version": "1.35"},
    ):
        with pytest.raises(ClientError) as error:
            make_group(sandbox, "wrong", **wrong)
        assert code(error) == "InvalidParameterException", wrong
    with pytest.raises(ClientError) as error:
        make_group(sandbox, "wrong", nodeRole=powerless)
    assert code(error) == "InvalidRequestException"
    make_group(sandbox, "arm", instanceTypes=["m7g.large"], amiType="AL2023_ARM_64_STANDARD")


def test_nodes_without_a_network_do_not_join(tmp_path: Path) -> None:
    with running(tmp_path, "aws", "--pace", "0.05") as it:
        _, it.subnets = it.network()
        it.eks.create_cluster(
            name=CLUSTER,
            roleArn=it.role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy"),
            resourcesVpcConfig={"subnetIds": it.subnets},
            bootstrapSelfManagedAddons=False,
        )
        it.wait_for("ACTIVE", lambda: it.cluster(CLUSTER))
        it.nodes = it.role("nodes", "ec2.amazonaws.com", *NODE_POLICIES)
        make_group(it, "lost")
        lost = it.wait_for("CREATE_FAILED", lambda: group(it, "lost"))
        assert lost["health"]["issues"][0]["code"] == "NodeCreationFailure"
        it.eks.create_addon(clusterName=CLUSTER, addonName="vpc-cni")
        make_group(it, "found")
        it.wait_for("ACTIVE", lambda: group(it, "found"))


def test_a_service_account_has_one_role(sandbox: Sandbox) -> None:
    eks = sandbox.eks
    roles = [sandbox.role(name, "pods.eks.amazonaws.com") for name in ("one", "two")]
    who = {"clusterName": CLUSTER, "namespace": "app", "serviceAccount": "web"}
    made = eks.create_pod_identity_association(**who, roleArn=roles[0])["association"]
    with pytest.raises(ClientError) as error:
        eks.create_pod_identity_association(**who, roleArn=roles[1])
    assert code(error) == "ResourceInUseException"
    name = {"clusterName": CLUSTER, "associationId": made["associationId"]}
    eks.update_pod_identity_association(**name, roleArn=roles[1])
    known = eks.describe_pod_identity_association(**name)["association"]
    assert known["roleArn"] == roles[1]
    listed = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace="app")
    assert len(listed["associations"]) == 1
    eks.delete_pod_identity_association(**name)
    with pytest.raises(ClientError) as error:
        eks.describe_pod_identity_association(**name)
    assert code(error) == "ResourceNotFoundException"


def test_insights_say_what_an_upgrade_needs(sandbox: Sandbox) -> None:
    insights = sandbox.eks.list_insights(clusterName=CLUSTER)["insights"]
    assert {i["insightStatus"]["status"] for i in insights} == {"PASSING"}
    assert {i["kubernetesVersion"] for i in insights} == {"1.35"}
    one = sandbox.eks.describe_insight(clusterName=CLUSTER, id=insights[0]["id"])["insight"]
    assert one["name"] == insights[0]["name"]


def addon(sandbox: Sandbox, name: str) -> dict[str, Any]:
    return sandbox.eks.describe_addon(clusterName=CLUSTER, addonName=name)["addon"]


def test_an_addon_lives(sandbox: Sandbox) -> None:
    eks = sandbox.eks
    known = eks.describe_addon_versions(addonName="vpc-cni", kubernetesVersion="1.34")["addons"]
    default = {
        version["addonVersion"]: fit["defaultVersion"]
        for version in known[0]["addonVersions"]
        for fit in version["compatibilities"]
    }
    assert sum(default.values()) == 1 and len(default) == 3
    schema = eks.describe_addon_configuration(
        addonName="vpc-cni", addonVersion=next(iter(default))
    )["configurationSchema"]
    assert "env" in json.loads(schema)["properties"]

    name = {"clusterName": CLUSTER, "addonName": "vpc-cni"}
    assert eks.create_addon(**name)["addon"]["status"] == "CREATING"
    now = sandbox.wait_for("ACTIVE", lambda: addon(sandbox, "vpc-cni"))
    assert default[now["addonVersion"]], "the default version"
    with pytest.raises(ClientError) as error:
        eks.create_addon(**name)
    assert code(error) == "ResourceInUseException"
    with pytest.raises(ClientError) as error:
        eks.update_addon(**name, configurationValues='{"colour": "red"}')
    assert code(error) == "InvalidParameterException"
    newest = known[0]["addonVersions"][0]["addonVersion"]
    values = '{"env": {"WARM_IP_TARGET": "2"}}'
    eks.update_addon(**name, addonVersion=newest, configurationValues=values)
    assert addon(sandbox, "vpc-cni")["status"] == "UPDATING"
    now = sandbox.wait_for("ACTIVE", lambda: addon(sandbox, "vpc-cni"))
    assert (now["addonVersion"], now["configurationValues"]) == (newest, values)
    assert eks.list_addons(clusterName=CLUSTER)["addons"] == ["vpc-cni"]
    assert eks.delete_addon(**name)["addon"]["status"] == "DELETING"
    sandbox.wait_gone(lambda: addon(sandbox, "vpc-cni"))


def test_coredns_is_degraded_until_there_are_nodes(sandbox: Sandbox) -> None:
    for name in sandbox.eks.list_nodegroups(clusterName=CLUSTER)["nodegroups"]:
        sandbox.eks.delete_nodegroup(clusterName=CLUSTER, nodegroupName=name)
        sandbox.wait_gone(lambda name=name: group(sandbox, name))
    sandbox.eks.create_addon(clusterName=CLUSTER, addonName="coredns")
    now = sandbox.wait_for("DEGRADED", lambda: addon(sandbox, "coredns"))
    assert now["health"]["issues"][0]["code"] == "InsufficientNumberOfReplicas"
    make_group(sandbox, "for-coredns")
    sandbox.wait_for("ACTIVE", lambda: addon(sandbox, "coredns"))


def test_an_access_entry_lives(sandbox: Sandbox) -> None:
    eks = sandbox.eks
    role = sandbox.role("developer", "arn:aws:iam::123456789012:root")
    name = {"clusterName": CLUSTER, "principalArn": role}
    made = eks.create_access_entry(**name, kubernetesGroups=["devs"])["accessEntry"]
    assert made["kubernetesGroups"] == ["devs"] and made["type"] == "STANDARD"
    assert made["username"] == ("arn:aws:sts::123456789012:assumed-role/developer/{{SessionName}}")
    with pytest.raises(ClientError) as error:
        eks.create_access_entry(**name)
    assert code(error) == "ResourceInUseException"
    for wrong in ({"principalArn": role + "s"}, {"kubernetesGroups": ["system:masters"]}):
        with pytest.raises(ClientError) as error:
            eks.create_access_entry(**name | wrong)
        assert code(error) in ("InvalidParameterException", "ResourceInUseException")
    policy = {"policyArn": ACCESS_POLICY + "AmazonEKSViewPolicy"}
    for scope in ({"type": "cluster"}, {"type": "namespace", "namespaces": ["a", "b-*"]}):
        eks.associate_access_policy(**name, **policy, accessScope=scope)
    held = eks.list_associated_access_policies(**name)["associatedAccessPolicies"]
    assert [p["accessScope"] for p in held] == [{"type": "namespace", "namespaces": ["a", "b-*"]}]
    with_policy = {"clusterName": CLUSTER, "associatedPolicyArn": policy["policyArn"]}
    assert eks.list_access_entries(**with_policy)["accessEntries"] == [role]
    updated = eks.update_access_entry(**name, kubernetesGroups=["ops"])["accessEntry"]
    assert updated["kubernetesGroups"] == ["ops"]
    eks.disassociate_access_policy(**name, **policy)
    with pytest.raises(ClientError) as error:
        eks.disassociate_access_policy(**name, **policy)
    assert code(error) == "ResourceNotFoundException"
    eks.delete_access_entry(**name)
    with pytest.raises(ClientError) as error:
        eks.describe_access_entry(**name)
    assert code(error) == "ResourceNotFoundException"
