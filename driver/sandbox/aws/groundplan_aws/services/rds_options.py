"""What RDS takes of an instance that moto keeps under other names, or not at all, and which
parameter groups and engine versions go together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import check
from groundplan_aws.services.rds_subnet_group import rds

from moto.rds.models import DBInstance

RENAMED = {
    "DBPortNumber": "port",
    "DatabaseInsightsMode": "database_insights_mode",
    "EnableIAMDatabaseAuthentication": "enable_iam_database_authentication",
    "EnablePerformanceInsights": "performance_insights_enabled",
    "PerformanceInsightsRetentionPeriod": "performance_insights_retention_period",
}
"""Parameters and the attributes that answers are made of."""
BASE = {"gp3": ((3000, 125), (12000, 500))}
"""IOPS and MiB a second of storage that was not asked for more, below 400 GiB and from there on."""


def set_options(database: DBInstance, params: Mapping[str, Any]) -> None:
    """Sets what moto does not."""
    for parameter, attribute in RENAMED.items():
        if parameter in params:
            setattr(database, attribute, params[parameter])
    if database.storage_type in BASE:
        small, large = BASE[database.storage_type]
        iops, throughput = small if int(database.allocated_storage) < 400 else large
        database.iops = database.iops or iops
        database.storage_throughput = database.storage_throughput or throughput


RESTORES = ("RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime")


@check("rds", *RESTORES)
def has_its_password(call: Call) -> None:
    """A restored instance of these engines has the password of what it was made from."""
    if call.params.get("ManageMasterUserPassword"):
        why = "ManageMasterUserPassword is not supported when restoring for this engine."
        raise Fault("InvalidParameterCombination", why)


@check("rds", "CreateDBInstance", "ModifyDBInstance", *RESTORES)
def storage_is_told_together(call: Call) -> None:
    """Small gp3 is told no speed; larger gp3 and provisioned storage are told size and speed at once."""
    given = call.params
    database = rds(call.place).databases.get(str(given.get("DBInstanceIdentifier")).lower())
    kind = given.get("StorageType") or getattr(database, "storage_type", "gp2")
    present = int(getattr(database, "allocated_storage", 0) or 0)
    size = max(present, int(given.get("AllocatedStorage") or 0))
    fast = [name for name in ("Iops", "StorageThroughput") if name in given]
    if kind == "gp3" and size < 400 and fast:
        why = (
            "You can't specify IOPS or storage throughput for engine"
            f" {given.get('Engine', 'mysql')} and a storage size less than 400."
        )
        raise Fault("InvalidParameterCombination", why)
    told = kind in ("io1", "io2") or (kind == "gp3" and size >= 400)
    if database is None or call.action != "ModifyDBInstance" or not told:
        return
    if (fast or "AllocatedStorage" in given) and not {"Iops", "AllocatedStorage"} <= set(given):
        why = (
            "You must specify both the storage size and iops when modifying the storage size or"
            " iops on a DB instance that has iops."
        )
        raise Fault("InvalidParameterCombination", why)
    if "StorageThroughput" in given and "Iops" not in given:
        raise Fault("InvalidParameterCombination", "StorageThroughput is only given with Iops.")


def _series(engine: str, version: str) -> str:
    return ".".join(version.split(".")[: 1 if engine == "postgres" else 2])


@check("rds", "CreateDBInstance", "ModifyDBInstance")
def group_fits(call: Call) -> None:
    """A parameter group is for one engine and major version."""
    name = call.params.get("DBParameterGroupName")
    group = rds(call.place).db_parameter_groups.get(str(name).lower())
    if group is None:
        if name and not str(name).startswith("default."):
            raise Fault("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
        return
    database = rds(call.place).databases.get(str(call.params["DBInstanceIdentifier"]).lower())
    engine = call.params.get("Engine") or (database.engine if database else "")
    version = call.params.get("EngineVersion") or (database.engine_version if database else "")
    family = f"{engine}{_series(engine, version)}"
    if group.family != family:
        why = (
            f"The Parameter Group {group.name} with DBParameterGroupFamily {group.family} can't be"
            " used for this instance. Please use a Parameter Group with DBParameterGroupFamily"
            f" {family}"
        )
        raise Fault("InvalidParameterCombination", why)


@check("rds", "ModifyDBInstance")
def major_is_asked_for(call: Call) -> None:
    """Another major version has to be allowed, and older ones are none."""
    database = rds(call.place).databases.get(str(call.params["DBInstanceIdentifier"]).lower())
    version = call.params.get("EngineVersion")
    if database is None or version is None:
        return
    there, wanted = (_series(database.engine, v) for v in (database.engine_version, version))
    if there != wanted and not call.params.get("AllowMajorVersionUpgrade"):
        raise Fault(
            "InvalidParameterCombination",
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major"
            " version.",
        )
