"""Route 53 and ACM: what is made once, what takes time, and what DNS has to say first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[..., Any]


def _zone(aws: Aws, name: str) -> tuple[str, str]:
    domain = f"{name}.example.com"
    made = aws("route53").create_hosted_zone(Name=domain, CallerReference=f"ref-{name}")
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/"), domain


def _change(aws: Aws, zone: str, action: str, name: str, kind: str, *values: str) -> Any:
    listed = [{"Value": value} for value in values]
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": listed}
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    route53 = aws("route53")
    return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_record_is_made_once_and_goes_only_as_it_is(aws: Aws, name: str) -> None:
    zone, domain = _zone(aws, name)
    route53 = aws("route53")
    change = _change(aws, zone, "CREATE", f"*.{domain}", "A", "192.0.2.1")
    assert change["Status"] == "PENDING"
    for _ in range(100):
        if route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC":
            break
        time.sleep(0.1)
    else:
        raise AssertionError("it is never in sync")
    listed = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [record["Type"] for record in listed] == ["NS", "SOA", "A"]
    assert listed[2]["Name"] == f"\\052.{domain}."
    for action, value in (("CREATE", "192.0.2.1"), ("DELETE", "192.0.2.9")):
        with pytest.raises(ClientError) as refused:
            _change(aws, zone, action, f"*.{domain}", "A", value)
        assert _code(refused) == "InvalidChangeBatch"
    with pytest.raises(ClientError) as refused:
        _change(aws, zone, "CREATE", "elsewhere.example.org", "A", "192.0.2.1")
    assert _code(refused) == "InvalidChangeBatch"
    with pytest.raises(ClientError) as refused:
        route53.delete_hosted_zone(Id=zone)
    assert _code(refused) == "HostedZoneNotEmpty"
    _change(aws, zone, "DELETE", f"*.{domain}", "A", "192.0.2.1")
    route53.delete_hosted_zone(Id=zone)


def test_records_are_listed_page_by_page(aws: Aws, name: str) -> None:
    zone, domain = _zone(aws, name)
    for number in range(5):
        _change(aws, zone, "UPSERT", f"n{number}.{domain}", "A", "192.0.2.1")
    pages = aws("route53").get_paginator("list_resource_record_sets")
    pages = list(pages.paginate(HostedZoneId=zone, PaginationConfig={"PageSize": 3}))
    assert [len(page["ResourceRecordSets"]) for page in pages] == [3, 3, 1]


def test_a_reference_makes_one_zone(aws: Aws, name: str) -> None:
    _zone(aws, name)
    with pytest.raises(ClientError) as refused:
        _zone(aws, name)
    assert _code(refused) == "HostedZoneAlreadyExists"


def test_a_private_zone_keeps_one_vpc(aws: Aws, name: str) -> None:
    vpcs = [aws("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
    one, two = ({"VPCId": vpc, "VPCRegion": "eu-west-1"} for vpc in vpcs)
    route53 = aws("route53")
    made = route53.create_hosted_zone(
        Name=f"{name}.internal",
        CallerReference=name,
        VPC=one,
        HostedZoneConfig={"PrivateZone": True},
    )
    zone = made["HostedZone"]["Id"]
    with pytest.raises(ClientError) as refused:
        route53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=one)
    assert _code(refused) == "LastVPCAssociation"
    route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=two)
    route53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=one)
    assert route53.get_hosted_zone(Id=zone)["VPCs"] == [two]
    route53.delete_hosted_zone(Id=zone)


def test_a_certificate_is_issued_once_its_domains_have_their_records(aws: Aws, name: str) -> None:
    zone, domain = _zone(aws, name)
    acm = aws("acm")
    asked = {
        "DomainName": domain,
        "SubjectAlternativeNames": [f"*.{domain}"],
        "ValidationMethod": "DNS",
        "IdempotencyToken": "once",
    }
    arn = acm.request_certificate(**asked)["CertificateArn"]
    assert acm.request_certificate(**asked)["CertificateArn"] == arn
    records: list[dict[str, str]] = []
    for _ in range(100):
        described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        options = described["DomainValidationOptions"]
        records = [one["ResourceRecord"] for one in options if "ResourceRecord" in one]
        if records:
            break
        time.sleep(0.05)
    assert records[0] == records[1], "a domain and its wildcard have one"
    assert described["Status"] == "PENDING_VALIDATION"
    _change(aws, zone, "CREATE", records[0]["Name"], "CNAME", records[0]["Value"])
    for _ in range(100):
        described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        if described["Status"] == "ISSUED":
            break
        time.sleep(0.1)
    else:
        raise AssertionError("it is never issued")
    acm.delete_certificate(CertificateArn=arn)
