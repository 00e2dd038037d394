"""MSK: what a cluster refuses while it changes, and what holds a configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import Vpc, eventually
from sandbox import code

Aws = Callable[..., Any]


def test_a_cluster_takes_one_change_at_a_time_for_the_version_that_was_seen(
    aws: Aws, vpc: Vpc, name: str
) -> None:
    kafka = aws("kafka")
    properties = b"num.partitions=3\n"
    made = kafka.create_configuration(Name=name, ServerProperties=properties)
    arguments = {
        "ClusterName": name, "KafkaVersion": "3.8.x", "NumberOfBrokerNodes": 2,
        "BrokerNodeGroupInfo": {
            "ClientSubnets": vpc.subnets, "InstanceType": "kafka.m7g.large",
            "SecurityGroups": [vpc.group],
            "StorageInfo": {"EbsStorageInfo": {"VolumeSize": 100}},
        },
        "ConfigurationInfo": {"Arn": made["Arn"], "Revision": 1},
        "Tags": {"team": "data"},
    }  # fmt: skip
    uneven = {**arguments, "NumberOfBrokerNodes": 3}
    assert code(kafka.create_cluster, **uneven) == "BadRequestException"
    arn = kafka.create_cluster(**arguments)["ClusterArn"]
    assert code(kafka.create_cluster, **arguments) == "ConflictException"

    def read() -> dict[str, Any]:
        return kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]

    def state() -> str:
        return read()["State"]

    assert code(kafka.get_bootstrap_brokers, ClusterArn=arn) == "BadRequestException"
    assert eventually("ACTIVE", state) == ["CREATING", "ACTIVE"]
    # TLS is for nobody here, as nobody may come without signing in.
    assert set(kafka.get_bootstrap_brokers(ClusterArn=arn)) == {"ResponseMetadata"}
    assert code(kafka.delete_configuration, Arn=made["Arn"]) == "BadRequestException"

    version = read()["CurrentVersion"]
    larger = {"ClusterArn": arn, "CurrentVersion": version, "TargetNumberOfBrokerNodes": 4}
    operation = kafka.update_broker_count(**larger)["ClusterOperationArn"]
    assert code(kafka.update_broker_count, **larger) == "BadRequestException"

    def step() -> str:
        found = kafka.describe_cluster_operation(ClusterOperationArn=operation)
        return found["ClusterOperationInfo"]["OperationState"]

    steps = eventually("UPDATE_COMPLETE", step)
    assert steps[-1] == "UPDATE_COMPLETE"
    assert read()["Provisioned"]["NumberOfBrokerNodes"] == 4
    smaller = [{"KafkaBrokerNodeId": "ALL", "VolumeSizeGB": 50}]
    shrink = {"ClusterArn": arn, "CurrentVersion": read()["CurrentVersion"]}
    fault = code(kafka.update_broker_storage, **shrink, TargetBrokerEBSVolumeInfo=smaller)
    assert fault == "BadRequestException"
    kafka.delete_cluster(ClusterArn=arn)

    def listed() -> int:
        return len(kafka.list_clusters_v2(ClusterNameFilter=name)["ClusterInfoList"])

    assert eventually(0, listed) == [1, 0]
    kafka.delete_configuration(Arn=made["Arn"])


def test_a_cluster_knows_the_users_that_it_was_told(aws: Aws, vpc: Vpc, name: str) -> None:
    kafka, secrets = aws("kafka"), aws("secretsmanager")
    arguments = {
        "ClusterName": name, "KafkaVersion": "3.8.x", "NumberOfBrokerNodes": 6,
        "BrokerNodeGroupInfo": {
            "ClientSubnets": vpc.subnets, "InstanceType": "kafka.m7g.large",
            "SecurityGroups": [vpc.group],
        },
        "ClientAuthentication": {"Sasl": {"Scram": {"Enabled": True}}},
        "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS"}},
    }  # fmt: skip
    arn = kafka.create_cluster(**arguments)["ClusterArn"]

    def state() -> str:
        return kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["State"]

    eventually("ACTIVE", state)
    plain = secrets.create_secret(Name=f"AmazonMSK_{name}-plain", SecretString="{}")["ARN"]
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    made = secrets.create_secret(Name=f"AmazonMSK_{name}", SecretString="{}", KmsKeyId=key)["ARN"]
    asked = {"ClusterArn": arn, "SecretArnList": [plain, made]}
    left = kafka.batch_associate_scram_secret(**asked)["UnprocessedScramSecrets"]
    assert [one["SecretArn"] for one in left] == [plain]
    assert kafka.list_scram_secrets(ClusterArn=arn)["SecretArnList"] == [made]
    left = kafka.batch_disassociate_scram_secret(**asked)["UnprocessedScramSecrets"]
    assert [one["SecretArn"] for one in left] == [plain]
    assert kafka.list_scram_secrets(ClusterArn=arn)["SecretArnList"] == []

    def brokers() -> str:
        return kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerStringSaslScram"]

    assert len(brokers().split(",")) == 3
    assert len({brokers() for _ in range(6)}) > 1, "others each time"
    kafka.delete_cluster(ClusterArn=arn)
