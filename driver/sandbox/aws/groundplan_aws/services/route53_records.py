"""Route 53's records, kept here: moto lets one be made twice, and deletes by name alone."""

from __future__ import annotations

import copy
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.route53_zones import begin_change, route53, zone_of

from moto.route53.models import FakeZone, route53_backends

Record = dict[str, Any]

_records: dict[str, list[Record]] = {}
"""By zone."""


def plain(name: str) -> str:
    """A name as it compares."""
    return name.lower().rstrip(".").replace("\\052", "*")


def records(zone: FakeZone) -> list[Record]:
    """The records of a zone, which begins with two."""
    if zone.resource_id not in _records:
        servers = [f"{server}." for server in zone.delegation_set.name_servers]
        soa = f"{servers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
        _records[zone.resource_id] = [
            _made(zone.name, "NS", 172800, servers),
            _made(zone.name, "SOA", 900, [soa]),
        ]
    return _records[zone.resource_id]


def _made(name: str, kind: str, ttl: int, values: list[str]) -> Record:
    listed = [{"Value": value} for value in values]
    return {"Name": plain(name), "Type": kind, "TTL": ttl, "ResourceRecords": listed}


def public_values(name: str, kind: str) -> set[str]:
    """What the internet is answered, by whichever public zone of any account."""
    return {
        value["Value"].rstrip(".")
        for regions in list(route53_backends.values())
        for zone in regions["aws"].zones.values()
        if not zone.private_zone
        for record in records(zone)
        if record["Name"] == plain(name) and record["Type"] == kind
        for value in record.get("ResourceRecords", [])
    }


def _key(record: Record) -> tuple[str, str, str | None]:
    return record["Name"], record["Type"], record.get("SetIdentifier")


def _refused(what: str, record: Record, why: str) -> Fault:
    name, kind, identity = _key(record)
    named = f"[name='{name}.', type='{kind}'" + (f", set identifier='{identity}']" if identity else "]")
    return Fault("InvalidChangeBatch", f"[Tried to {what} resource record set {named} but {why}]")


@layer("route53", "ChangeResourceRecordSets")
def change(call: Call, _: Proceed) -> Output:
    """All changes of a call, or none."""
    zone = zone_of(call)
    after = copy.deepcopy(records(zone))
    for one in call.params["ChangeBatch"]["Changes"]:
        record = copy.deepcopy(one["ResourceRecordSet"])
        record["Name"] = plain(record["Name"])
        if alias := record.get("AliasTarget"):
            alias["DNSName"] = plain(alias["DNSName"])
        _apply(zone, after, one["Action"], record)
    _records[zone.resource_id] = after
    return {"ChangeInfo": begin_change()}


def _apply(zone: FakeZone, after: list[Record], action: str, record: Record) -> None:
    there = next((one for one in after if _key(one) == _key(record)), None)
    if action == "DELETE":
        if there is None:
            raise _refused("delete", record, "it was not found")
        if _said(there) != _said(record):
            raise _refused("delete", record, "the values provided do not match the current values")
        after.remove(there)
        return
    if action == "CREATE" and there is not None:
        raise _refused("create", record, "it already exists")
    if there is not None:
        after.remove(there)
    _check(zone, after, record)
    after.append(record)


def _said(record: Record) -> Record:
    said = {key: value for key, value in record.items() if value not in (None, [])}
    if values := said.get("ResourceRecords"):
        said["ResourceRecords"] = sorted(value["Value"] for value in values)
    return said


def _check(zone: FakeZone, others: list[Record], record: Record) -> None:
    domain, name = plain(zone.name), record["Name"]
    if name != domain and not name.endswith(f".{domain}"):
        why = f"[RRSet with DNS name {name}. is not permitted in zone {domain}.]"
        raise Fault("InvalidChangeBatch", why)
    same_name = [one for one in others if one["Name"] == name]
    kinds = {one["Type"] for one in same_name} | {record["Type"]}
    if "CNAME" in kinds and len(kinds) > 1:
        why = f"[RRSet of type CNAME with DNS name {name}. is not permitted as it conflicts with other records with the same DNS name in zone {domain}.]"
        raise Fault("InvalidChangeBatch", why)
    same = [one for one in same_name if one["Type"] == record["Type"]]
    if any(_policy(one) != _policy(record) for one in same):
        why = f"[RRSet with DNS name {name}., type {record['Type']} cannot be created as other RRSets exist with the same name and type.]"
        raise Fault("InvalidChangeBatch", why)
    if ("AliasTarget" in record) == ("ResourceRecords" in record):
        why = "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]]"
        raise Fault("InvalidInput", why)


def _policy(record: Record) -> str:
    kinds = ("Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer")
    return next((kind for kind in kinds if record.get(kind) is not None), "simple")


def _order(record: Record) -> tuple[list[str], str, str]:
    return record["Name"].split(".")[::-1], record["Type"], record.get("SetIdentifier", "")


@layer("route53", "ListResourceRecordSets")
def listing(call: Call, _: Proceed) -> Output:
    """In the order of names from their ends, page by page."""
    ordered = sorted(records(zone_of(call)), key=_order)
    if start := call.params.get("StartRecordName"):
        first = {
            "Name": plain(start),
            "Type": call.params.get("StartRecordType", ""),
            "SetIdentifier": call.params.get("StartRecordIdentifier", ""),
        }
        ordered = [record for record in ordered if _order(record) >= _order(first)]
    most = int(call.params.get("MaxItems", 300))
    page, rest = ordered[:most], ordered[most:]
    output: Output = {
        "ResourceRecordSets": [_shown(record) for record in page],
        "IsTruncated": bool(rest),
        "MaxItems": str(most),
    }
    if rest:
        shown = _shown(rest[0])
        output |= {"NextRecordName": shown["Name"], "NextRecordType": shown["Type"]}
        if identity := shown.get("SetIdentifier"):
            output["NextRecordIdentifier"] = identity
    return output


def _shown(record: Record) -> Record:
    shown = {**record, "Name": record["Name"].replace("*", "\\052") + "."}
    if alias := record.get("AliasTarget"):
        shown["AliasTarget"] = {**alias, "DNSName": alias["DNSName"] + "."}
    return shown


@check("route53", "DeleteHostedZone")
def empty(call: Call) -> None:
    """A zone goes with the records that it began with, and no other."""
    zone = zone_of(call, "Id")
    first = [(plain(zone.name), "NS"), (plain(zone.name), "SOA")]
    if any((record["Name"], record["Type"]) not in first for record in records(zone)):
        why = "The specified hosted zone contains non-required resource record sets and so cannot be deleted."
        raise Fault("HostedZoneNotEmpty", why)


@layer("route53", "DeleteHostedZone")
def delete(call: Call, proceed: Proceed) -> Output:
    """Takes its records and tags with it."""
    zone = zone_of(call, "Id")
    output = proceed()
    _records.pop(zone.resource_id, None)
    route53(call).resource_tags.pop(zone.resource_id, None)
    output["ChangeInfo"] = begin_change()
    return output
