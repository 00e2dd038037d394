"""RDS: a database from creating to gone, and what it holds meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Vpc, eventually
from sandbox import code

Aws = Callable[..., Any]


class Database:
    """A database with its subnet group."""

    def __init__(self, aws: Aws, vpc: Vpc, name: str) -> None:
        self.rds, self.vpc, self.name = aws("rds"), vpc, name
        self.group = {"DBSubnetGroupName": name, "DBSubnetGroupDescription": name}
        self.rds.create_db_subnet_group(**self.group, SubnetIds=vpc.subnets)
        self.arguments = {
            "DBInstanceIdentifier": name, "Engine": "mysql", "EngineVersion": "8.4",
            "DBInstanceClass": "db.m7g.large", "AllocatedStorage": 100, "StorageEncrypted": True,
            "MasterUsername": "boss", "ManageMasterUserPassword": True, "MultiAZ": True,
            "DBSubnetGroupName": name, "VpcSecurityGroupIds": [vpc.group],
        }  # fmt: skip
        self.made = self.rds.create_db_instance(**self.arguments)["DBInstance"]

    def read(self) -> dict[str, Any]:
        """The database now; empty when it is gone."""
        by_name = [{"Name": "db-instance-id", "Values": [self.name]}]
        return next(iter(self.rds.describe_db_instances(Filters=by_name)["DBInstances"]), {})

    def status(self) -> str | None:
        """Its status."""
        return self.read().get("DBInstanceStatus")

    def modify(self, **changes: Any) -> dict[str, Any]:
        """Changes it."""
        return self.rds.modify_db_instance(DBInstanceIdentifier=self.name, **changes)["DBInstance"]


@pytest.fixture
def database(aws: Aws, vpc: Vpc, name: str) -> Database:
    """One that was just created."""
    return Database(aws, vpc, name)


def test_a_database_is_complete_only_when_it_is_available(database: Database, aws: Aws) -> None:
    for seen in (database.made, database.read()):
        assert seen["DBInstanceStatus"] == "creating"
        assert "Endpoint" not in seen
        assert seen["MasterUserSecret"]["SecretStatus"] == "creating"
    assert code(database.modify, MultiAZ=False) == "InvalidDBInstanceState"
    assert code(database.rds.create_db_instance, **database.arguments) == "DBInstanceAlreadyExists"
    assert eventually("available", database.status) == ["creating", "available"]

    seen = database.read()
    assert seen["Endpoint"]["Port"] == 3306
    assert seen["EngineVersion"].startswith("8.4.")
    assert seen["DBParameterGroups"][0]["DBParameterGroupName"] == "default.mysql8.4"
    assert seen["MasterUserSecret"]["SecretStatus"] == "active"
    secret = aws("secretsmanager").get_secret_value(SecretId=seen["MasterUserSecret"]["SecretArn"])
    content = json.loads(secret["SecretString"])
    assert content["username"] == "boss"
    assert len(content["password"]) > 20
    roles = aws("iam").list_roles()["Roles"]
    assert "AWSServiceRoleForRDS" in {role["RoleName"] for role in roles}


def test_a_change_waits_for_its_window_or_is_applied_at_once(database: Database) -> None:
    eventually("available", database.status)
    other = [database.vpc.subnet(number, zone) for number, zone in ((2, "b"), (3, "c"))]
    elsewhere = {"DBSubnetGroupName": database.name, "SubnetIds": other}
    assert code(database.rds.modify_db_subnet_group, **elsewhere) == "SubnetAlreadyInUse"
    changed = database.modify(DBInstanceClass="db.m7g.xlarge", DeletionProtection=True)
    waiting = {"DBInstanceClass": "db.m7g.xlarge"}
    assert changed["PendingModifiedValues"] == waiting
    assert (changed["DBInstanceStatus"], changed["DeletionProtection"]) == ("available", True)
    assert database.read()["DBInstanceClass"] == "db.m7g.large"

    # The status follows later, so that nobody may trust it.
    changed = database.modify(AllocatedStorage=200, ApplyImmediately=True)
    assert changed["DBInstanceStatus"] == "available"
    waiting["AllocatedStorage"] = 200
    assert database.read()["PendingModifiedValues"] == waiting
    eventually("modifying", database.status)
    eventually("available", database.status)
    seen = database.read()
    assert not seen.get("PendingModifiedValues")
    assert (seen["DBInstanceClass"], seen["AllocatedStorage"]) == ("db.m7g.xlarge", 200)
    less = {"AllocatedStorage": 201, "ApplyImmediately": True}
    assert code(database.modify, **less) == "InvalidParameterCombination"


def test_a_database_holds_its_network_until_it_is_gone(database: Database, aws: Aws) -> None:
    vpc, rds = database.vpc, database.rds
    eventually("available", database.status)
    database.modify(DeletionProtection=True)
    identity = {"DBInstanceIdentifier": database.name}
    final = {**identity, "FinalDBSnapshotIdentifier": f"{database.name}-final"}
    assert code(rds.delete_db_instance, **final) == "InvalidParameterCombination"
    database.modify(DeletionProtection=False)
    assert code(rds.delete_db_instance, **identity) == "InvalidParameterCombination"
    secret = database.read()["MasterUserSecret"]["SecretArn"]
    rds.delete_db_instance(**final)

    subnet_group = {"DBSubnetGroupName": database.name}
    assert database.status() == "deleting"
    assert code(rds.delete_db_instance, **final) == "InvalidDBInstanceState"
    in_use = code(rds.delete_db_subnet_group, **subnet_group)
    assert in_use == "InvalidDBSubnetGroupStateFault"
    assert code(vpc.ec2.delete_subnet, SubnetId=vpc.subnets[0]) == "DependencyViolation"
    assert code(vpc.ec2.delete_security_group, GroupId=vpc.group) == "DependencyViolation"
    eventually(None, database.status)
    gone = {"SecretId": secret}
    assert code(aws("secretsmanager").describe_secret, **gone) == "ResourceNotFoundException"
    rds.delete_db_subnet_group(**subnet_group)
    vpc.ec2.delete_subnet(SubnetId=vpc.subnets[0])
    vpc.ec2.delete_security_group(GroupId=vpc.group)
    kept = rds.describe_db_snapshots(DBSnapshotIdentifier=f"{database.name}-final")
    assert len(kept["DBSnapshots"]) == 1


def test_a_subnet_group_has_rules(aws: Aws, vpc: Vpc, name: str) -> None:
    rds = aws("rds")
    group = {"DBSubnetGroupName": name, "DBSubnetGroupDescription": name}
    one = {**group, "SubnetIds": vpc.subnets[:1]}
    assert code(rds.create_db_subnet_group, **one) == "DBSubnetGroupDoesNotCoverEnoughAZs"
    foreign = {**group, "SubnetIds": [vpc.subnets[0], Vpc(vpc.ec2).subnets[1]]}
    assert code(rds.create_db_subnet_group, **foreign) == "InvalidSubnet"
    whole = {**group, "SubnetIds": vpc.subnets}
    rds.create_db_subnet_group(**whole)
    assert code(rds.create_db_subnet_group, **whole) == "DBSubnetGroupAlreadyExists"
    third = vpc.subnet(2, "c")
    rds.modify_db_subnet_group(DBSubnetGroupName=name, SubnetIds=[*vpc.subnets, third])
    found = rds.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"][0]
    assert len(found["Subnets"]) == 3
    missing = {"DBSubnetGroupName": "missing", "SubnetIds": vpc.subnets}
    assert code(rds.modify_db_subnet_group, **missing) == "DBSubnetGroupNotFoundFault"


def test_parameters_are_bounded_and_static_ones_wait_for_a_reboot(
    database: Database, name: str
) -> None:
    rds, group = database.rds, f"{name}-own"
    rds.create_db_parameter_group(
        DBParameterGroupName=group, DBParameterGroupFamily="mysql8.4", Description=name
    )

    def change(parameter: str, value: str, method: str = "immediate") -> str | None:
        given = {"ParameterName": parameter, "ParameterValue": value, "ApplyMethod": method}
        call = rds.modify_db_parameter_group
        return code(call, DBParameterGroupName=group, Parameters=[given])

    assert change("no_such", "1") == "InvalidParameterValue"
    assert change("datadir", "/x", "pending-reboot") == "InvalidParameterValue"
    assert change("slow_query_log", "ON") == "InvalidParameterValue"
    assert change("performance_schema", "1") == "InvalidParameterCombination"
    eventually("available", database.status)
    database.modify(DBParameterGroupName=group)

    def applied() -> str:
        return database.read()["DBParameterGroups"][0]["ParameterApplyStatus"]

    assert applied() == "pending-reboot"
    rds.reboot_db_instance(DBInstanceIdentifier=database.name)
    eventually("available", database.status)
    assert applied() == "in-sync"
    wrong = {"DBParameterGroupName": f"{name}-old", "DBParameterGroupFamily": "mysql8.0"}
    rds.create_db_parameter_group(**wrong, Description=name)
    old = {"DBParameterGroupName": f"{name}-old"}
    assert code(database.modify, **old) == "InvalidParameterCombination"
    fault = code(rds.delete_db_parameter_group, DBParameterGroupName=group)
    assert fault == "InvalidDBParameterGroupState"
