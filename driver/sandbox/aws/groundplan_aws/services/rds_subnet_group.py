"""RDS subnet groups: their rules, and that a database keeps its group."""

from __future__ import annotations

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import check
from groundplan_aws.services.interfaces import subnets

from moto.rds.models import RDSBackend, rds_backends


def rds(place: tuple[str, str]) -> RDSBackend:
    """Moto's RDS of an account and region."""
    account, region = place
    return rds_backends[account][region]


def _name(call: Call) -> str:
    return str(call.params["DBSubnetGroupName"]).lower()


@check("rds", "CreateDBSubnetGroup")
def name_is_free(call: Call) -> None:
    """Moto would replace the group."""
    if _name(call) in rds(call.place).subnet_groups:
        why = f"The DB subnet group '{_name(call)}' already exists."
        raise Fault("DBSubnetGroupAlreadyExists", why)


@check("rds", "ModifyDBSubnetGroup", "DeleteDBSubnetGroup")
def is_there(call: Call) -> None:
    """Moto breaks on a modify."""
    if _name(call) not in rds(call.place).subnet_groups:
        raise Fault(
            "DBSubnetGroupNotFoundFault", f"DB subnet group '{_name(call)}' does not exist.", 404
        )


@check("rds", "CreateDBSubnetGroup", "ModifyDBSubnetGroup")
def subnets_fit(call: Call) -> None:
    """Two zones at least, one VPC; subnets that databases are in stay."""
    known = subnets(call.place)
    wanted = [known.get(identity) for identity in call.params.get("SubnetIds", [])]
    if None in wanted or len({subnet.vpc_id for subnet in wanted if subnet}) > 1:
        raise Fault("InvalidSubnet", "The subnets do not exist, or are not all in one VPC.")
    zones = {subnet.availability_zone for subnet in wanted if subnet}
    if len(zones) < 2:
        raise Fault(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current"
            f" AZ coverage: {', '.join(sorted(zones))}. Add subnets to cover at least 2 AZs.",
        )


@check("rds", "DeleteDBSubnetGroup")
def has_no_database(call: Call) -> None:
    """Also not one that is being deleted."""
    name = _name(call)
    users = [
        database.db_instance_identifier
        for database in rds(call.place).databases.values()
        if (group := getattr(database, "db_subnet_group", None)) and group.name == name
    ]
    if users:
        why = (
            f"Cannot delete the subnet group '{name}' because at least one database instance:"
            f" {', '.join(users)} is still using it."
        )
        raise Fault("InvalidDBSubnetGroupStateFault", why)
