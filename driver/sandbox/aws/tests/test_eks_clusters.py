"""The life of clusters, without a control plane: what EKS says of them, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from eks_sandbox import Sandbox, running


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("clusters"), "aws") as it:
        yield it


@pytest.fixture(scope="module")
def request_of(sandbox: Sandbox) -> dict[str, Any]:
    """What a cluster is made with."""
    _, subnets = sandbox.network()
    role = sandbox.role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
    return {
        "roleArn": role,
        "version": "1.34",
        "resourcesVpcConfig": {
            "subnetIds": subnets,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["192.0.2.0/24"],
        },
        "accessConfig": {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        },
        "upgradePolicy": {"supportType": "STANDARD"},
        "logging": {"clusterLogging": [{"types": ["audit", "api"], "enabled": True}]},
        "encryptionConfig": [
            {"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:eu-west-1:1:key/k"}}
        ],
        "tags": {"team": "data"},
        "bootstrapSelfManagedAddons": False,
    }


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def make(sandbox: Sandbox, name: str, request_of: dict[str, Any], **more: Any) -> dict[str, Any]:
    sandbox.eks.create_cluster(name=name, **request_of | more)
    return sandbox.wait_for("ACTIVE", lambda: sandbox.cluster(name))


def test_a_cluster_lives(sandbox: Sandbox, request_of: dict[str, Any]) -> None:
    made = sandbox.eks.create_cluster(name="life", **request_of)["cluster"]
    assert made["status"] == "CREATING"
    assert "endpoint" not in made and "certificateAuthority" not in made
    cluster = sandbox.wait_for("ACTIVE", lambda: sandbox.cluster("life"))
    for field in (
        "roleArn",
        "version",
        "accessConfig",
        "upgradePolicy",
        "encryptionConfig",
        "tags",
    ):
        assert cluster[field] == request_of[field]
    config = cluster["resourcesVpcConfig"]
    assert config["publicAccessCidrs"] == ["192.0.2.0/24"] and config["endpointPrivateAccess"]
    assert cluster["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "172.20.0.0/16"
    assert "no-control-plane" in cluster["endpoint"]
    setups = {s["enabled"]: s["types"] for s in cluster["logging"]["clusterLogging"]}
    assert setups == {
        True: ["api", "audit"],
        False: ["authenticator", "controllerManager", "scheduler"],
    }
    issuer = cluster["identity"]["oidc"]["issuer"]
    assert issuer.startswith("https://oidc.eks.eu-west-1.amazonaws.com/id/")
    assert len(issuer.rsplit("/", 1)[1]) == 32

    group = config["clusterSecurityGroupId"]
    known = sandbox.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert known["GroupName"].startswith("eks-cluster-sg-life-")
    assert known["VpcId"] == config["vpcId"]

    assert "life" in sandbox.eks.list_clusters()["clusters"]
    deleting = sandbox.eks.delete_cluster(name="life")["cluster"]
    assert deleting["status"] == "DELETING"
    sandbox.wait_gone(lambda: sandbox.cluster("life"))
    with pytest.raises(ClientError) as error:
        sandbox.ec2.describe_security_groups(GroupIds=[group])
    assert code(error) == "InvalidGroup.NotFound"


def test_the_same_request_makes_one_cluster(sandbox: Sandbox, request_of: dict[str, Any]) -> None:
    token = {"clientRequestToken": "the-same"}
    first = sandbox.eks.create_cluster(name="once", **request_of, **token)["cluster"]
    again = sandbox.eks.create_cluster(name="once", **request_of, **token)["cluster"]
    assert again["createdAt"] == first["createdAt"] and again["arn"] == first["arn"]
    for other in (
        request_of | {"clientRequestToken": "another"},
        request_of | token | {"version": "1.35"},
    ):
        with pytest.raises(ClientError) as error:
            sandbox.eks.create_cluster(name="once", **other)
        assert code(error) == "ResourceInUseException"


def test_what_cannot_be_is_refused(sandbox: Sandbox, request_of: dict[str, Any]) -> None:
    untrusted = sandbox.role("untrusted", "ec2.amazonaws.com")
    without = sandbox.role("without-policy", "eks.amazonaws.com")
    one_zone = {"subnetIds": request_of["resourcesVpcConfig"]["subnetIds"][:1]}
    nowhere = {"subnetIds": ["subnet-0123456789abcdef0", "subnet-1123456789abcdef0"]}
    closed = request_of["resourcesVpcConfig"] | {
        "endpointPublicAccess": False,
        "endpointPrivateAccess": False,
    }
    missing = "arn:aws:iam::123456789012:role/missing"
    for wrong, says in [
        ({"roleArn": missing}, "does not exist"),
        ({"roleArn": untrusted}, "trusted entity is not correct"),
        ({"roleArn": without}, "AmazonEKSClusterPolicy"),
        ({"version": "1.19"}, "unsupported Kubernetes version"),
        ({"resourcesVpcConfig": one_zone}, "at least two different AZs"),
        ({"resourcesVpcConfig": nowhere}, "does not exist"),
        ({"resourcesVpcConfig": closed}, "endpoint access cannot be false"),
    ]:
        with pytest.raises(ClientError) as error:
            sandbox.eks.create_cluster(name="wrong", **request_of | wrong)
        assert code(error) == "InvalidParameterException", wrong
        assert says in str(error.value)
    with pytest.raises(ClientError) as error:
        sandbox.cluster("wrong")
    assert code(error) == "ResourceNotFoundException"


def test_one_change_at_a_time(sandbox: Sandbox, request_of: dict[str, Any]) -> None:
    make(sandbox, "change", request_of)
    eks = sandbox.eks

    def update(**what: Any) -> dict[str, Any]:
        return eks.update_cluster_config(name="change", **what)["update"]

    with pytest.raises(ClientError) as error:
        update(deletionProtection=True, upgradePolicy={"supportType": "EXTENDED"})
    assert code(error) == "InvalidParameterException"
    begun = update(deletionProtection=True)
    assert (begun["status"], begun["type"]) == ("InProgress", "DeletionProtectionUpdate")
    assert sandbox.cluster("change")["status"] == "UPDATING"
    assert not sandbox.cluster("change")["deletionProtection"], "not before it is done"
    with pytest.raises(ClientError) as error:
        update(upgradePolicy={"supportType": "EXTENDED"})
    assert code(error) == "ResourceInUseException"

    def described() -> dict[str, Any]:
        return eks.describe_update(name="change", updateId=begun["id"])["update"]

    sandbox.wait_for("Successful", described)
    assert begun["id"] in eks.list_updates(name="change")["updateIds"]
    with pytest.raises(ClientError) as error:
        eks.delete_cluster(name="change")
    assert code(error) == "InvalidRequestException"

    logging = {"clusterLogging": [{"types": ["audit"], "enabled": False}]}
    update(logging=logging)
    sandbox.wait_for("ACTIVE", lambda: sandbox.cluster("change"))
    on = [
        s["types"] for s in sandbox.cluster("change")["logging"]["clusterLogging"] if s["enabled"]
    ]
    assert on == [["api"]]
    update(resourcesVpcConfig={"endpointPublicAccess": False})
    cluster = sandbox.wait_for("ACTIVE", lambda: sandbox.cluster("change"))
    assert not cluster["resourcesVpcConfig"]["endpointPublicAccess"]
    assert cluster["resourcesVpcConfig"]["endpointPrivateAccess"], "what is not sent stays"
    with pytest.raises(ClientError) as error:
        update(resourcesVpcConfig={"endpointPublicAccess": False})
    assert code(error) == "InvalidParameterException"


def test_a_control_plane_is_wired_into_its_subnets(
    sandbox: Sandbox, request_of: dict[str, Any]
) -> None:
    cluster = make(sandbox, "wired", request_of)["resourcesVpcConfig"]
    group = cluster["clusterSecurityGroupId"]

    def groups() -> list[list[str]]:
        named = [{"Name": "description", "Values": ["Amazon EKS wired"]}]
        found = sandbox.ec2.describe_network_interfaces(Filters=named)["NetworkInterfaces"]
        return [sorted(g["GroupId"] for g in interface["Groups"]) for interface in found]

    assert groups() == [[group], [group]]
    with pytest.raises(ClientError) as error:
        sandbox.ec2.delete_subnet(SubnetId=cluster["subnetIds"][0])
    assert code(error) == "DependencyViolation"
    more = sandbox.ec2.create_security_group(
        GroupName="more", Description="more", VpcId=cluster["vpcId"]
    )["GroupId"]
    sandbox.eks.update_cluster_config(name="wired", resourcesVpcConfig={"securityGroupIds": [more]})
    sandbox.wait_for("ACTIVE", lambda: sandbox.cluster("wired"))
    assert groups() == [sorted([group, more])] * 2
    sandbox.eks.delete_cluster(name="wired")
    sandbox.wait_gone(lambda: sandbox.cluster("wired"))
    assert groups() == []


def test_versions_go_up_one_by_one(sandbox: Sandbox, request_of: dict[str, Any]) -> None:
    make(sandbox, "upgrade", request_of)
    for wrong in ("1.36", "1.34", "1.33"):
        with pytest.raises(ClientError) as error:
            sandbox.eks.update_cluster_version(name="upgrade", version=wrong)
        assert code(error) == "InvalidParameterException"
    sandbox.eks.update_cluster_version(name="upgrade", version="1.35")
    assert sandbox.cluster("upgrade")["version"] == "1.34"
    sandbox.wait_for("ACTIVE", lambda: sandbox.cluster("upgrade"))
    assert sandbox.cluster("upgrade")["version"] == "1.35"
    known = sandbox.eks.describe_cluster_versions()["clusterVersions"]
    assert [v["clusterVersion"] for v in known if v["defaultVersion"]] == ["1.35"]


def test_everything_has_tags(sandbox: Sandbox, request_of: dict[str, Any]) -> None:
    cluster = make(sandbox, "tagged", request_of)
    addon = sandbox.eks.create_addon(clusterName="tagged", addonName="vpc-cni")["addon"]
    entry = sandbox.eks.create_access_entry(
        clusterName="tagged", principalArn=sandbox.answer["caller_arn"]
    )["accessEntry"]
    for arn in (cluster["arn"], addon["addonArn"], entry["accessEntryArn"]):
        sandbox.eks.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        sandbox.eks.untag_resource(resourceArn=arn, tagKeys=["a"])
        tags = sandbox.eks.list_tags_for_resource(resourceArn=arn)["tags"]
        assert tags["b"] == "2" and "a" not in tags
    with pytest.raises(ClientError) as error:
        sandbox.eks.list_tags_for_resource(resourceArn=cluster["arn"] + "x")
    assert code(error) == "NotFoundException"
