"""Which objects a call is on, where parameters name them by ids, ARNs, or something beside them."""

from __future__ import annotations

from collections.abc import Callable

from groundplan_aws.access import table
from groundplan_aws.call import Call
from groundplan_aws.services.interfaces import ec2
from groundplan_aws.services.kms import key_of

from moto.iam.models import iam_backends
from groundplan_aws.services.ram_records import shares

EC2_TYPES = {
    "eipalloc": "elastic-ip",
    "fl": "vpc-flow-log",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""The types of EC2's resources, by the beginning of their ids."""

_ARNS = ("resourceArn", "ResourceName", "ResourceArn", "ResourceARN", "ARN", "arn")


def own(call: Call, holes: dict[str, str]) -> list[str]:
    """The objects of a call that any type of object can be given to."""
    if call.service == "ec2":
        return [_of_id(identity, holes) for identity in call.params.get("Resources", [])]
    if call.service == "eks" and call.action == "DescribeUpdate":
        kind = next((kind for kind in ("nodegroup", "addon") if kind in holes), "cluster")
        return [table.arn("eks", kind, holes)]
    if call.service == "kms":
        return [_key_of(call)]
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


def _key_of(call: Call) -> str:
    key = key_of(call)
    return key.arn if key else ""


def _issuer_of(call: Call) -> str:
    arn = str(call.params.get("OpenIDConnectProviderArn", ""))
    url = str(call.params.get("Url", ""))
    return arn.split(":oidc-provider/", 1)[-1] or url.removeprefix("https://")


def _policy_of(call: Call) -> str:
    return str(call.params.get("PolicyName") or call.params.get("PolicyArn", "")).rsplit("/", 1)[-1]


def _folder_of(call: Call) -> str:
    """The path of a managed policy or an instance profile."""
    if arn := call.params.get("PolicyArn"):
        return str(arn).split(":policy", 1)[-1].rsplit("/", 1)[0] + "/"
    known = iam_backends[call.account]["aws"].instance_profiles.values()
    name = call.params.get("InstanceProfileName")
    return next((p.path for p in known if p.name == name), call.params.get("Path") or "/")


def _configuration_of(call: Call) -> str:
    return _name_in(str(call.params.get("Arn", "")))


def _cluster_of(call: Call) -> str:
    return _name_in(str(call.params.get("ClusterArn") or call.params.get("ResourceArn", "")))


def _name_in(arn: str) -> str:
    """The name in an ARN that ends with `/NAME/UUID`."""
    parts = arn.split("/")
    return parts[1] if len(parts) > 1 else ""


FURTHER: dict[str, dict[str, Callable[[Call], str]]] = {
    "ec2": {
        "route-table": lambda call: _association_of(call)[0],
        "security-group-rule": _rule_of,
        "subnet": lambda call: _association_of(call)[1],
    },
    "eks": {"identity": _identity_of},
    "iam": {"folder": _folder_of, "issuer": _issuer_of, "managed-policy": _policy_of},
    "kafka": {"cluster": _cluster_of, "configuration": _configuration_of},
    "kms": {"key": _key_of},
}
"""How holes are filled that no parameter fills as it is."""

LISTS = {
    ("cloudwatch", "DeleteAlarms"): ("alarm", "AlarmNames"),
    ("cloudwatch", "DeleteDashboards"): ("dashboard", "DashboardNames"),
    ("ec2", "DeleteFlowLogs"): ("vpc-flow-log", "FlowLogIds"),
    ("ec2", "DeleteVpcEndpoints"): ("vpc-endpoint", "VpcEndpointIds"),
    ("opensearch", "DescribeDomains"): ("domain", "DomainNames"),
    ("route53", "ListTagsForResources"): ("zone", "ResourceIds"),
}
"""Operations on several objects: the hole, and the parameter with one value for each."""
