"""ACM's certificates, kept here: moto makes a key for each, and issues them whatever DNS says."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.lifecycle import Course
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.route53_records import public_values

from moto.core.utils import utcnow

_TOKEN = re.compile(r"\w{1,32}")


@dataclass
class Certificate:
    """One certificate."""

    arn: str
    account: str
    asked: dict[str, Any]
    tags: dict[str, str]
    token: str | None
    made: Any = field(default_factory=utcnow)
    named: Course = field(default_factory=lambda: Course((("WAIT", "acm.lag"),), "NAMED"))
    """Until it is over, nothing is said of the records."""
    issued: Course | None = None

    @property
    def domains(self) -> list[str]:
        """Every domain once, the first one first."""
        others = self.asked.get("SubjectAlternativeNames", [])
        return list(dict.fromkeys([self.asked["DomainName"], *others]))

    def record(self, domain: str) -> dict[str, str]:
        """What a domain has to have; the same for each certificate of an account."""
        base = domain.removeprefix("*.")
        digest = hashlib.sha256(f"{self.account} {base}".encode()).hexdigest()
        value = f"_{digest[32:]}.acm-validations.aws."
        return {"Name": f"_{digest[:32]}.{base}.", "Type": "CNAME", "Value": value}

    def status(self) -> str:
        """It is issued a while after all records are there, and stays so."""
        if self.issued is None and all(self._has(domain) for domain in self.domains):
            self.issued = Course((("PENDING_VALIDATION", "acm.issue"),), "ISSUED")
        return (self.issued.state() if self.issued else None) or "PENDING_VALIDATION"

    def _has(self, domain: str) -> bool:
        record = self.record(domain)
        return record["Value"].rstrip(".") in public_values(record["Name"], "CNAME")

    def described(self) -> dict[str, Any]:
        """As ACM describes it."""
        status = self.status()
        return {
            "CertificateArn": self.arn,
            "DomainName": self.asked["DomainName"],
            "SubjectAlternativeNames": self.domains,
            "DomainValidationOptions": [self._validation(each, status) for each in self.domains],
            "Status": status,
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": self.asked.get("KeyAlgorithm", "RSA_2048"),
            "InUseBy": [],
            "CreatedAt": self.made,
            "Options": {
                "CertificateTransparencyLoggingPreference": "ENABLED",
                "Export": self.asked.get("Options", {}).get("Export", "DISABLED"),
            },
        }

    def _validation(self, domain: str, status: str) -> dict[str, Any]:
        known = {"ResourceRecord": self.record(domain)} if self.named.over else {}
        state = "SUCCESS" if status == "ISSUED" else "PENDING_VALIDATION"
        return {
            "DomainName": domain,
            "ValidationDomain": domain,
            "ValidationStatus": state,
            "ValidationMethod": self.asked.get("ValidationMethod", "DNS"),
            **known,
        }


_certificates: dict[tuple[str, str], dict[str, Certificate]] = {}


def _of(call: Call) -> dict[str, Certificate]:
    return _certificates.setdefault(call.place, {})


def _named(call: Call) -> Certificate:
    arn = call.params["CertificateArn"]
    if arn not in _of(call):
        why = f"Could not find certificate {arn} for account {call.account}."
        raise Fault("ResourceNotFoundException", why)
    return _of(call)[arn]


@check("acm", "RequestCertificate")
def sound(call: Call) -> None:
    """What the model alone does not say."""
    token = call.params.get("IdempotencyToken")
    if token is not None and not _TOKEN.fullmatch(token):
        why = f"Value '{token}' at 'idempotencyToken' failed to satisfy constraint: \\w+, up to 32"
        raise Fault("ValidationException", why)
    if len(call.params.get("SubjectAlternativeNames", [])) > 100:
        raise Fault("LimitExceededException", "more than 100 names")


@layer("acm", "RequestCertificate")
def request(call: Call, _: Proceed) -> Output:
    """The same token is answered with the same certificate."""
    token = call.params.get("IdempotencyToken")
    for known in _of(call).values():
        if token and known.token == token:
            return {"CertificateArn": known.arn}
    arn = call.arn(f"certificate/{uuid.uuid4()}")
    tags = {tag["Key"]: tag.get("Value", "") for tag in call.params.get("Tags", [])}
    _of(call)[arn] = Certificate(arn, call.account, dict(call.params), tags, token)
    return {"CertificateArn": arn}


@layer("acm", "DescribeCertificate")
def describe(call: Call, _: Proceed) -> Output:
    """With the records that its domains have to have."""
    return {"Certificate": _named(call).described()}


@layer("acm", "ListCertificates")
def listing(call: Call, _: Proceed) -> Output:
    """Without saying so, of RSA keys of up to 2048 bits alone."""
    sorts = call.params.get("Includes", {}).get("keyTypes") or ["RSA_1024", "RSA_2048"]
    fields = ("CertificateArn", "DomainName", "Status", "Type", "KeyAlgorithm")
    summaries = [
        {name: value for name, value in one.described().items() if name in fields}
        for one in _of(call).values()
        if one.asked.get("KeyAlgorithm", "RSA_2048") in sorts
    ]
    return {"CertificateSummaryList": summaries}


@layer("acm", "ListTagsForCertificate")
def tags(call: Call, _: Proceed) -> Output:
    """All of them."""
    own = _named(call).tags.items()
    return {"Tags": [{"Key": key, "Value": value} for key, value in own]}


@layer("acm", "AddTagsToCertificate")
def add_tags(call: Call, _: Proceed) -> Output:
    """Beside those that are there."""
    _named(call).tags |= {tag["Key"]: tag.get("Value", "") for tag in call.params["Tags"]}
    return {}


@layer("acm", "RemoveTagsFromCertificate")
def remove_tags(call: Call, _: Proceed) -> Output:
    """Those of the value that is said, if one is."""
    own = _named(call).tags
    for tag in call.params["Tags"]:
        if tag.get("Value") is None or own.get(tag["Key"]) == tag["Value"]:
            own.pop(tag["Key"], None)
    return {}


@layer("acm", "DeleteCertificate")
def delete(call: Call, _: Proceed) -> Output:
    """At once."""
    del _of(call)[_named(call).arn]
    return {}
