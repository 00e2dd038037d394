"""OpenSearch upgrades: which versions can be had, and the check before one, which changes nothing."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from moto.opensearch.models import OpenSearchDomain

from groundplan_aws.call import Call, Fault
from groundplan_aws.lifecycle import Course
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services.opensearch import find, opensearch, version

VERSIONS = (
    "OpenSearch_1.3",
    "OpenSearch_2.11",
    "OpenSearch_2.17",
    "OpenSearch_2.19",
    "OpenSearch_3.1",
    "OpenSearch_3.3",
)
"""Those that there are; a domain can be raised within its line and to the next one."""

UNFIT = "sandbox:upgrade-check"
"""A tag of a domain that fails the check, with what the check finds."""


@dataclass
class Check:
    """The newest check of a domain."""

    target: str
    issue: str | None
    course: Course
    begun: datetime.datetime

    @property
    def status(self) -> str:
        """How far it is."""
        return self.course.state() or ""


_checks: dict[str, Check] = {}


def targets(domain: OpenSearchDomain) -> list[str]:
    """The versions that a domain can be raised to."""
    now = version(domain.engine_version.options)
    return [
        known for known in VERSIONS if now < version(known) and version(known)[0] <= now[0] + 1
    ]


@layer("opensearch", "GetCompatibleVersions")
def compatible(call: Call, proceed: Proceed) -> Output:
    """Of one domain, or of all versions."""
    if "DomainName" not in call.params:
        return proceed()
    domain = find(call)
    source = domain.engine_version.options
    found = {"SourceVersion": source, "TargetVersions": targets(domain)}
    return {"CompatibleVersions": [found]}


@layer("opensearch", "UpgradeDomain")
def check(call: Call, proceed: Proceed) -> Output:
    """Refuses what cannot be; a check alone leaves the domain as it is."""
    domain = find(call)
    target = call.params["TargetVersion"]
    if target not in targets(domain):
        why = f"Domain cannot be upgraded from {domain.engine_version.options} to {target}"
        raise Fault("ValidationException", why)
    tags = opensearch(call.place).tagger.get_tag_dict_for_resource(domain.arn)
    issue = tags.get(UNFIT)
    last = "FAILED" if issue else "SUCCEEDED"
    course = Course((("IN_PROGRESS", "opensearch.check"),), last)
    now = datetime.datetime.now(datetime.UTC)
    _checks[domain.arn] = Check(target, issue, course, now)
    return proceed()


@layer("opensearch", "GetUpgradeStatus")
def status(call: Call, _: Proceed) -> Output:
    """How far the newest check is."""
    newest = _checks.get(find(call).arn)
    if newest is None:
        return {}
    name = f"Upgrade to {newest.target}"
    return {"UpgradeStep": "PRE_UPGRADE_CHECK", "StepStatus": newest.status, "UpgradeName": name}


@layer("opensearch", "GetUpgradeHistory")
def history(call: Call, _: Proceed) -> Output:
    """The newest check, with what it found."""
    newest = _checks.get(find(call).arn)
    if newest is None:
        return {"UpgradeHistories": []}
    step = {
        "UpgradeStep": "PRE_UPGRADE_CHECK",
        "UpgradeStepStatus": newest.status,
        "Issues": [newest.issue] if newest.issue else [],
    }
    one = {
        "UpgradeName": f"Upgrade to {newest.target}",
        "StartTimestamp": newest.begun,
        "UpgradeStatus": newest.status,
        "StepsList": [step],
    }
    return {"UpgradeHistories": [one]}
