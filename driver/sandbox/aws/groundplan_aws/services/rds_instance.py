"""RDS instances: creating, modifying, deleting, with what is there only at the end of each.

Changes that RDS keeps for the maintenance window wait in `PendingModifiedValues`. The sandbox has
no window: they wait until a modify says to apply immediately.
"""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services import interfaces, rds_parameters
from groundplan_aws.services.iam_linked import ensure_linked_role
from groundplan_aws.services.rds_options import set_options
from groundplan_aws.services.rds_subnet_group import rds

from botocore import xform_name
from moto.core.parse import XFormedDict
from moto.rds.models import DBInstance, MasterUserSecret

NEWEST = {
    "mysql": {"5.7": "44", "8.0": "44", "8.4": "7"},
    "postgres": {"15": "15", "16": "11", "17": "7"},
}
"""The patch level that a version without one means."""

WAITING = {
    "AllocatedStorage", "BackupRetentionPeriod", "CACertificateIdentifier", "DBInstanceClass",
    "EngineVersion", "Iops", "MultiAZ", "StorageThroughput", "StorageType",
}  # fmt: skip
"""What takes a while to change, and waits for its window unless it is to be applied immediately."""


def _credentials(secret: MasterUserSecret) -> str:
    """The master secret's content; moto has a fixed one for all."""
    alphabet = string.ascii_letters + string.digits
    password = "".join(secrets.choice(alphabet) for _ in range(28))
    return json.dumps({"username": secret.resource.master_username, "password": password})


MasterUserSecret._generate_secret_string = _credentials


def _key(database: DBInstance) -> str:
    return database.db_instance_arn


@layer("rds", "CreateDBInstance")
def create(call: Call, proceed: Proceed) -> Output:
    """Creating at first, with network interfaces from the beginning."""
    identifier = str(call.params["DBInstanceIdentifier"]).lower()
    ensure_linked_role(call.account, "rds.amazonaws.com")
    proceed()
    return {"DBInstance": begin(call, rds(call.place).databases[identifier])}


def begin(call: Call, database: DBInstance) -> Any:
    """A database that was just made, of nothing or of a snapshot: an answer's view of it."""
    database.engine_version = newest(database.engine, database.engine_version)
    set_options(database, call.params)
    database.dbi_resource_id = "db-" + "".join(
        secrets.choice(string.ascii_uppercase + string.digits) for _ in range(26)
    )
    database.engine_lifecycle_support = call.params.get(
        "EngineLifecycleSupport", "open-source-rds-extended-support"
    )
    if database.storage_encrypted and "KmsKeyId" not in call.params:
        database.kms_key_id = rds(call.place).kms.describe_key("alias/aws/rds").arn
    _connect(call, database)
    if secret := getattr(database, "master_user_secret", None):
        secret._status = "creating"  # moto takes it for active once it was looked at
    passing = (("creating", "rds.create"),)
    lifecycle.follow(_key(database), _status(database), *passing, last="available")
    return _shown(database)


@layer("rds", "DescribeDBInstances")
def describe(call: Call, proceed: Proceed) -> Output:
    """What is being created has no endpoint yet; parameters may wait for a reboot."""
    output = proceed()
    for shown in output.get("DBInstances", []):
        _hide(shown)
        database = rds(call.place).databases.get(shown["DBInstanceIdentifier"])
        if database is not None and rds_parameters.waits(database):
            for group in shown.get("DBParameterGroups", []):
                group["ParameterApplyStatus"] = "pending-reboot"
    return output


@check("rds", "CreateDBInstance")
def network_exists(call: Call) -> None:
    """Groups of another VPC than the subnets' are refused."""
    group = rds(call.place).subnet_groups.get(str(call.params.get("DBSubnetGroupName")).lower())
    for identity in call.params.get("VpcSecurityGroupIds", []):
        known = interfaces.ec2(call.place).get_security_group_from_id(identity)
        if known is None or (group and known.vpc_id != group.vpc_id):
            why = f"Invalid security group, groupId= {identity}, groupName=."
            raise Fault("InvalidParameterValue", why)


@check("rds", "ModifyDBInstance")
def can_be_modified(call: Call) -> None:
    """One change at a time; storage grows by a tenth at least."""
    database = _find(call)
    if database.status != "available":
        raise Fault(
            "InvalidDBInstanceState", f"Instance {_identifier(call)} is not in available state."
        )
    size = call.params.get("AllocatedStorage")
    if (
        size is not None
        and size != database.allocated_storage
        and size < database.allocated_storage * 1.1
    ):
        why = (
            "Invalid storage size: the new size must be at least 10% larger than the current one"
            f" ({database.allocated_storage} GiB)."
        )
        raise Fault("InvalidParameterCombination", why)


@layer("rds", "ModifyDBInstance")
def modify(call: Call, _: Proceed) -> Output:
    """Some values change at once, others with a restart or in the window."""
    database = _find(call)
    now = {name: value for name, value in call.params.items() if name not in WAITING}
    group = database.db_parameter_groups()[0].name
    waiting = dict(getattr(database, "pending_modified_values", {}))
    for name in WAITING & call.params.keys():
        value = call.params[name]
        if name == "EngineVersion":
            value = newest(database.engine, value)
        if value != getattr(database, _attribute(name)):
            waiting[name] = value
        else:
            waiting.pop(name, None)
    rds(call.place).modify_db_instance(_identifier(call), XFormedDict(now))
    set_options(database, call.params)
    if "EngineVersion" not in waiting and database.db_parameter_groups()[0].name != group:
        rds_parameters.wait(database)
    if "VpcSecurityGroupIds" in call.params or "MultiAZ" in call.params:
        _connect(call, database)
    database.pending_modified_values = waiting
    if waiting and call.params.get("ApplyImmediately"):
        _apply_waiting(call, database, waiting)
    return {"DBInstance": _shown(database)}


def _apply_waiting(call: Call, database: DBInstance, waiting: dict[str, Any]) -> None:
    # The status lags behind the answer, as on AWS: the values tell, not the status.
    passing = (("available", "rds.lag"), ("modifying", "rds.modify"))
    backend = rds(call.place)

    def apply(state: str | None) -> None:
        database.status = state
        if state == "done":
            database.status = "available"
            backend.modify_db_instance(database.db_instance_identifier, XFormedDict(waiting))
            still = getattr(database, "pending_modified_values", {})
            rest = {name: value for name, value in still.items() if name not in waiting}
            database.pending_modified_values = rest
            if "EngineVersion" in waiting:
                rds_parameters.rebooted(database)

    lifecycle.follow(_key(database), apply, *passing, last="done")


@layer("rds", "RebootDBInstance")
def reboot(call: Call, _: Proceed) -> Output:
    """Parameters that waited take effect."""
    database = _find(call)
    if database.status != "available":
        raise Fault("InvalidDBInstanceState", f"Instance {_identifier(call)} is not available.")

    def apply(state: str | None) -> None:
        database.status = state
        if state == "available":
            rds_parameters.rebooted(database)

    lifecycle.follow(_key(database), apply, ("rebooting", "rds.modify"), last="available")
    return {"DBInstance": _shown(database)}


@check("rds", "DeleteDBInstance")
def can_be_deleted(call: Call) -> None:
    """A last snapshot is asked for or declined, and once is enough."""
    database = _find(call)
    if database.status == "deleting":
        raise Fault(
            "InvalidDBInstanceState", f"Instance {_identifier(call)} is already being deleted."
        )
    final, skip = call.params.get("FinalDBSnapshotIdentifier"), call.params.get("SkipFinalSnapshot")
    if bool(final) == bool(skip):
        why = (
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and must"
            " not be given with it."
        )
        raise Fault("InvalidParameterCombination", why)


@layer("rds", "DeleteDBInstance")
def delete(call: Call, proceed: Proceed) -> Output:
    """Listed as deleting, with its interfaces, until it is gone."""
    database = _find(call)
    proceed()
    backend = rds(call.place)
    backend.databases[database.db_instance_identifier] = database

    def apply(state: str | None) -> None:
        database.status = state
        if state is None:
            backend.databases.pop(database.db_instance_identifier, None)
            interfaces.take(call.place, _key(database))
            rds_parameters.rebooted(database)

    lifecycle.follow(_key(database), apply, ("deleting", "rds.delete"), last=None)
    return {"DBInstance": _shown(database)}


def _identifier(call: Call) -> str:
    return str(call.params["DBInstanceIdentifier"]).lower()


def _find(call: Call) -> DBInstance:
    database = rds(call.place).databases.get(_identifier(call))
    if database is None:
        raise Fault("DBInstanceNotFound", f"DBInstance {_identifier(call)} not found.", 404)
    return database


def _status(database: DBInstance) -> Any:
    return lambda state: setattr(database, "status", state)


def _connect(call: Call, database: DBInstance) -> None:
    group = getattr(database, "db_subnet_group", None)
    if group is None:
        return
    subnets = [subnet["SubnetIdentifier"] for subnet in group.subnets]
    used = subnets[: 2 if database.multi_az else 1]
    groups = database.vpc_security_group_ids
    interfaces.put(call.place, _key(database), used, groups, "RDSNetworkInterface")


def _shown(database: DBInstance) -> Any:
    """An answer's view of it: moto's object, but without an endpoint while it is being created."""
    return _Creating(database) if database.status == "creating" else database


class _Creating:
    """An instance without what a new one does not have yet."""

    endpoint = None

    def __init__(self, database: DBInstance) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def _hide(shown: dict[str, Any]) -> None:
    creating = shown.get("DBInstanceStatus") == "creating"
    if creating:
        shown.pop("Endpoint", None)
    if secret := shown.get("MasterUserSecret"):
        secret["SecretStatus"] = "creating" if creating else "active"


def _attribute(name: str) -> str:
    return xform_name(name)


def newest(engine: str, version: str) -> str:
    """A version with its patch level: the newest, where none is given."""
    patch = NEWEST.get(engine, {}).get(version)
    return version if patch is None else f"{version}.{patch}"
