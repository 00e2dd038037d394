"""RDS parameter groups: what an engine's parameters are, which moto does not know, and what waits
for a reboot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.rds_subnet_group import rds

from moto.rds.models import DBInstance, DBParameterGroup

AT_ONCE = 20
"""The most parameters in one call."""
FORMULA = re.compile(r"^(\{|GREATEST\(|LEAST\(|SUM\(|LOG\()", re.IGNORECASE)


@dataclass(frozen=True)
class Parameter:
    """What RDS says of an engine's parameter."""

    value: str | None
    allowed: str | None
    dynamic: bool = True
    modifiable: bool = True
    source: str = "engine-default"


MYSQL = {
    "character_set_server": Parameter(None, None),
    "collation_server": Parameter(None, None),
    "datadir": Parameter("/rdsdbdata/db/", None, dynamic=False, modifiable=False, source="system"),
    "innodb_buffer_pool_size": Parameter(
        "{DBInstanceClassMemory*3/4}",
        "5242880-18446744073709551615",
        dynamic=False,
        source="system",
    ),
    "innodb_print_all_deadlocks": Parameter(None, "0,1"),
    "long_query_time": Parameter(None, "0-31536000"),
    "max_allowed_packet": Parameter(None, "1024-1073741824"),
    "max_connections": Parameter("{DBInstanceClassMemory/12582880}", "1-100000", source="system"),
    "performance_schema": Parameter("0", "0,1", dynamic=False, source="system"),
    "require_secure_transport": Parameter(None, "0,1"),
    "slow_query_log": Parameter(None, "0,1"),
    "wait_timeout": Parameter(None, "1-31536000"),
}
POSTGRES = {
    "data_directory": Parameter(None, None, dynamic=False, modifiable=False, source="system"),
    "log_min_duration_statement": Parameter(None, "-1-2147483647"),
    "log_statement": Parameter(None, "none,ddl,mod,all"),
    "max_connections": Parameter(
        "LEAST({DBInstanceClassMemory/9531392},5000)", "6-8388607", dynamic=False, source="system"
    ),
    "rds.force_ssl": Parameter("1", "0,1", source="system"),
    "rds.logical_replication": Parameter("0", "0,1", dynamic=False, source="system"),
    "shared_preload_libraries": Parameter(None, None, dynamic=False),
    "work_mem": Parameter(None, "64-2147483647"),
}

_waiting: dict[str, str] = {}
"""The databases whose group has something for the next reboot: the group's name by the ARN."""


def catalogue(family: str | None) -> dict[str, Parameter]:
    """An engine's parameters, a dozen of its hundreds."""
    return POSTGRES if str(family).startswith("postgres") else MYSQL


def waits(database: DBInstance) -> bool:
    """Whether parameters take effect with the next reboot."""
    return database.db_instance_arn in _waiting


def wait(database: DBInstance) -> None:
    """Something takes effect with the next reboot."""
    _waiting[database.db_instance_arn] = database.db_parameter_groups()[0].name


def rebooted(database: DBInstance) -> None:
    """Nothing waits any more."""
    _waiting.pop(database.db_instance_arn, None)


def _find(call: Call) -> DBParameterGroup:
    name = str(call.params["DBParameterGroupName"]).lower()
    group = rds(call.place).db_parameter_groups.get(name)
    if group is None:
        raise Fault("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
    return group


def _users(call: Call, group: DBParameterGroup) -> list[DBInstance]:
    databases = rds(call.place).databases.values()
    return [database for database in databases if group in database.db_parameter_groups()]


@check("rds", "CreateDBParameterGroup")
def family_is_known(call: Call) -> None:
    """moto takes any."""
    family = str(call.params["DBParameterGroupFamily"])
    if not re.fullmatch(r"mysql\d\.\d|postgres\d\d", family):
        why = f"ParameterGroupFamily {family} is not a valid parameter group family"
        raise Fault("InvalidParameterValue", why)


@layer("rds", "DescribeDBParameters")
def describe(call: Call, _: Proceed) -> Output:
    """All parameters of the engine, or those from one source, in pages."""
    group = _find(call)
    wanted = call.params.get("Source")
    listed = [_shown(group, name, of) for name, of in sorted(catalogue(group.family).items())]
    listed = [shown for shown in listed if wanted in (None, shown["Source"])]
    first = int(call.params.get("Marker") or 0)
    size = int(call.params.get("MaxRecords") or 5)  # fewer than AWS' 100, so that there are pages
    output: Output = {"Parameters": listed[first : first + size]}
    if first + size < len(listed):
        output["Marker"] = str(first + size)
    return output


def _shown(group: DBParameterGroup, name: str, of: Parameter) -> dict[str, Any]:
    own = group.parameters.get(name)
    value = own["ParameterValue"] if own else of.value
    return {
        "ParameterName": name,
        "ParameterValue": value,
        # AWS does not count a value as the user's that is what the engine has anyway.
        "Source": "user" if own and value != of.value else of.source,
        "ApplyType": "dynamic" if of.dynamic else "static",
        "ApplyMethod": own["ApplyMethod"] if own else "pending-reboot",
        "AllowedValues": of.allowed,
        "IsModifiable": of.modifiable,
        "DataType": "string",
    }


@check("rds", "ModifyDBParameterGroup", "ResetDBParameterGroup")
def fits(call: Call) -> None:
    """A few at once, each known, modifiable, within its bounds, and static ones not immediately."""
    known = catalogue(_find(call).family)
    parameters = call.params.get("Parameters", [])
    if len(parameters) > AT_ONCE:
        why = f"At most {AT_ONCE} parameters can be modified at once"
        raise Fault("InvalidParameterValue", why)
    for parameter in parameters:
        name = parameter["ParameterName"]
        of = known.get(name)
        if of is None:
            raise Fault("InvalidParameterValue", f"Could not find parameter with name: {name}")
        if not of.modifiable:
            raise Fault("InvalidParameterValue", f"The parameter {name} cannot be modified.")
        if not of.dynamic and parameter.get("ApplyMethod") == "immediate":
            why = "cannot use immediate apply method for static parameter"
            raise Fault("InvalidParameterCombination", why)
        value = parameter.get("ParameterValue")
        if value is not None and not _allows(of.allowed, str(value)):
            why = f"Invalid parameter value: {value} for: {name} allowed values are: {of.allowed}"
            raise Fault("InvalidParameterValue", why)


def _allows(allowed: str | None, value: str) -> bool:
    if allowed is None or FORMULA.match(value):
        return True
    if bounds := re.fullmatch(r"(-?\d+)-(\d+)", allowed):
        try:
            return int(bounds[1]) <= float(value) <= int(bounds[2])
        except ValueError:
            return False
    return value.lower() in allowed.split(",")


@layer("rds", "ModifyDBParameterGroup")
def modify(call: Call, proceed: Proceed) -> Output:
    """What is static waits for a reboot of every database in the group."""
    output = proceed()
    _note(call)
    return output


@layer("rds", "ResetDBParameterGroup")
def reset(call: Call, _: Proceed) -> Output:
    """Back to what the engine has; moto has no such call."""
    group = _find(call)
    _note(call)
    for parameter in call.params.get("Parameters", []):
        group.parameters.pop(parameter["ParameterName"], None)
    if call.params.get("ResetAllParameters"):
        group.parameters.clear()
    return {"DBParameterGroupName": group.name}


def _note(call: Call) -> None:
    group = _find(call)
    known = catalogue(group.family)
    names = (parameter["ParameterName"] for parameter in call.params.get("Parameters", []))
    if any(not known[name].dynamic for name in names):
        for database in _users(call, group):
            wait(database)


@check("rds", "DeleteDBParameterGroup")
def is_free(call: Call) -> None:
    """Also not used by a database that is being deleted."""
    group = _find(call)
    if users := [database.db_instance_identifier for database in _users(call, group)]:
        why = f"One or more database instances are still members of parameter group {group.name}"
        raise Fault("InvalidDBParameterGroupState", f"{why}: {', '.join(users)}")
