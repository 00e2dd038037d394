"""RDS instances that are made from a snapshot, or of another instance as it was."""

from __future__ import annotations

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.rds_instance import begin
from groundplan_aws.services.rds_subnet_group import rds

from moto.core.parse import XFormedDict
from moto.rds.models import DBInstance

FROM_SOURCE = (
    "SourceDBInstanceIdentifier",
    "TargetDBInstanceIdentifier",
    "UseLatestRestorableTime",
)


@check("rds", "RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime")
def name_is_free(call: Call) -> None:
    """moto looks at the name only after it looked at the snapshot."""
    name = call.params.get("TargetDBInstanceIdentifier") or call.params.get("DBInstanceIdentifier")
    if str(name).lower() in rds(call.place).databases:
        raise Fault("DBInstanceAlreadyExists", "DB instance already exists")


@layer("rds", "RestoreDBInstanceFromDBSnapshot")
def from_snapshot(call: Call, proceed: Proceed) -> Output:
    """Creating at first, like any other."""
    proceed()
    database = rds(call.place).databases[str(call.params["DBInstanceIdentifier"]).lower()]
    return {"DBInstance": begin(call, _with_old_password(database))}


@layer("rds", "RestoreDBInstanceToPointInTime")
def as_it_was(call: Call, _: Proceed) -> Output:
    """moto would copy all of its own state with the instance; a snapshot for a moment does not."""
    backend = rds(call.place)
    source = str(call.params["SourceDBInstanceIdentifier"]).lower()
    target = str(call.params["TargetDBInstanceIdentifier"]).lower()
    if source not in backend.databases:
        raise Fault("DBInstanceNotFound", f"DBInstance {source} not found.", 404)
    if bool(call.params.get("RestoreTime")) == bool(call.params.get("UseLatestRestorableTime")):
        why = "Either RestoreTime or UseLatestRestorableTime has to be specified."
        raise Fault("InvalidParameterCombination", why)
    snapshot = f"{target}-for-a-moment"
    backend.create_db_snapshot(source, snapshot)
    rest = {name: value for name, value in call.params.items() if name not in FROM_SOURCE}
    rest.pop("RestoreTime", None)
    overrides = XFormedDict({**rest, "DBInstanceIdentifier": target})
    try:
        database = backend.restore_db_instance_from_db_snapshot(snapshot, overrides)
    finally:
        backend.delete_db_snapshot(snapshot)
    return {"DBInstance": begin(call, _with_old_password(database))}


def _with_old_password(database: DBInstance) -> DBInstance:
    """Nobody manages the password of a restored instance, until a modify says so."""
    if secret := getattr(database, "master_user_secret", None):
        secret.delete_secret()
        del database.master_user_secret
    database.manage_master_user_password = False
    return database
