"""Which objects a call is on, where parameters name them by ids, ARNs, or something beside them."""

from __future__ import annotations

from collections.abc import Callable

from groundplan_aws.access import table
from groundplan_aws.call import Call
from groundplan_aws.services.interfaces import ec2
from groundplan_aws.services.ram_records import shares

EC2_TYPES = {
    "eipalloc": "elastic-ip",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
}
"""The types of EC2's resources, by the beginning of their ids."""

_ARNS = ("resourceArn", "ResourceName", "ResourceArn", "ARN", "arn")


def own(call: Call, holes: dict[str, str]) -> list[str]:
    """The objects of a call that any type of object can be given to."""
    if call.service == "ec2":
        return [_of_id(identity, holes) for identity in call.params.get("Resources", [])]
    if call.service == "eks" and call.action == "DescribeUpdate":
        kind = next((kind for kind in ("nodegroup", "addon") if kind in holes), "cluster")
        return [table.arn("eks", kind, holes)]
    return [str(call.params[name]) for name in _ARNS if call.params.get(name)]


def _of_id(identity: str, holes: dict[str, str]) -> str:
    kind = EC2_TYPES.get(identity.split("-", 1)[0])
    return table.arn("ec2", kind, {**holes, kind: identity}) if kind else "*"


def tags(call: Call, arn: str) -> dict[str, tuple[str, ...]]:
    """The tags of an EC2 object or a share, as condition keys."""
    if call.service == "ram":
        of = shares[arn].tags if arn in shares else {}
    else:
        of = ec2(call.place).tags.get(arn.rsplit("/", 1)[-1], {})
    return {f"aws:resourcetag/{key.lower()}": (str(value),) for key, value in of.items()}


def _association_of(call: Call) -> tuple[str, str]:
    """The route table and the subnet of an association that is named by its id."""
    identity = call.params.get("AssociationId")
    for found in ec2(call.place).route_tables.values():
        for association in found.associations:
            if identity and association["RouteTableAssociationId"] == identity:
                return found.id, association.get("SubnetId", "")
    return "", ""


def _rule_of(call: Call) -> str:
    rules = call.params.get("SecurityGroupRules", [])
    return str(rules[0].get("SecurityGroupRuleId", "")) if rules else ""


def _identity_of(call: Call) -> str:
    arn = str(call.params.get("principalArn", ""))
    if arn.count(":") < 5:
        return ""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    return f"{kind}/{arn.split(':')[4]}/{name.rsplit('/', 1)[-1]}"


def _issuer_of(call: Call) -> str:
    arn = str(call.params.get("OpenIDConnectProviderArn", ""))
    url = str(call.params.get("Url", ""))
    return arn.split(":oidc-provider/", 1)[-1] or url.removeprefix("https://")


FURTHER: dict[str, dict[str, Callable[[Call], str]]] = {
    "ec2": {
        "route-table": lambda call: _association_of(call)[0],
        "security-group-rule": _rule_of,
        "subnet": lambda call: _association_of(call)[1],
    },
    "eks": {"identity": _identity_of},
    "iam": {"issuer": _issuer_of},
}
"""How holes are filled that no parameter fills as it is."""

LISTS = {("opensearch", "DescribeDomains"): ("domain", "DomainNames")}
"""Operations on several objects: the hole, and the parameter with one value for each."""
