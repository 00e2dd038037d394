"""Network interfaces that a service puts into the caller's subnets, as RDS and OpenSearch do.

They are what keeps a subnet and a security group from being deleted while a service uses them.
"""

from __future__ import annotations

from collections.abc import Iterable

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.subnets import Subnet

_of_owner: dict[tuple[str, str, str], list[str]] = {}


def ec2(place: tuple[str, str]) -> EC2Backend:
    """Moto's EC2 of an account and region."""
    account, region = place
    return ec2_backends[account][region]


def subnets(place: tuple[str, str]) -> dict[str, Subnet]:
    """All subnets, by id."""
    return {
        identity: subnet
        for zone in ec2(place).subnets.values()
        for identity, subnet in zone.items()
    }


def put(
    place: tuple[str, str],
    owner: str,
    into: Iterable[str],
    groups: Iterable[str],
    description: str,
) -> None:
    """Gives the owner one interface in each subnet, in the place of those it has."""
    take(place, owner)
    made = []
    for subnet in into:
        interface = ec2(place).create_network_interface(
            ec2(place).get_subnet(subnet), [], group_ids=list(groups), description=description
        )
        interface.requester_managed = True
        interface.status = "in-use"
        made.append(interface.id)
    _of_owner[*place, owner] = made


def take(place: tuple[str, str], owner: str) -> None:
    """Removes all interfaces of the owner."""
    for identity in _of_owner.pop((*place, owner), []):
        ec2(place).enis.pop(identity, None)


def subnets_of(place: tuple[str, str], owner: str) -> set[str]:
    """The subnets in which an owner has interfaces."""
    known = ec2(place).enis
    made = _of_owner.get((*place, owner), [])
    return {known[identity].subnet.id for identity in made if identity in known}


def in_subnet(place: tuple[str, str], subnet: str) -> list[NetworkInterface]:
    """All interfaces in a subnet, whoever made them: it may be shared with other accounts."""
    backends = [regions[place[1]] for regions in list(ec2_backends.values())]
    return [eni for backend in backends for eni in backend.enis.values() if eni.subnet.id == subnet]


def with_group(place: tuple[str, str], group: str) -> list[NetworkInterface]:
    """All interfaces that have a security group."""
    return [
        eni for eni in ec2(place).enis.values() if any(group == each.id for each in eni.group_set)
    ]
