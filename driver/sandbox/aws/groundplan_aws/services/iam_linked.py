"""Service-linked roles, by the names that AWS gives them."""

from __future__ import annotations

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import check

from moto.iam.models import SERVICE_NAME_CONVERSION, IAMBackend, iam_backends

NAMES = {
    "autoscaling": "AutoScaling",
    "eks": "AmazonEKS",
    "eks-nodegroup": "AmazonEKSNodegroup",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "es": "AmazonElasticsearchService",
    "kafka": "Kafka",
    "opensearchservice": "AmazonOpenSearchService",
    "ram": "ResourceAccessManager",
    "rds": "RDS",
    "spot": "EC2Spot",
    "sso": "SSO",
}
"""The end of a role's name, by the beginning of the service's."""

SERVICE_NAME_CONVERSION.update(NAMES)


def role_name(service: str) -> str:
    """The role of a service such as `rds.amazonaws.com`."""
    prefix = service.split(".", maxsplit=1)[0]
    return f"AWSServiceRoleFor{NAMES.get(prefix, prefix)}"


def ensure_linked_role(account: str, service: str) -> None:
    """Makes the role, as services do by themselves with their first resource."""
    if not has_linked_role(account, service):
        _iam(account).create_service_linked_role(service, "", "")


def has_linked_role(account: str, service: str) -> bool:
    """Whether the service's role is there."""
    return any(role.name == role_name(service) for role in _iam(account).get_roles())


def _iam(account: str) -> IAMBackend:
    return iam_backends[account]["aws"]


@check("iam", "CreateServiceLinkedRole")
def is_new(call: Call) -> None:
    """Moto answers that an entity exists; IAM has another fault for it."""
    if call.params.get("CustomSuffix") or not has_linked_role(
        call.account, call.params["AWSServiceName"]
    ):
        return
    name = role_name(call.params["AWSServiceName"])
    why = f"Service role name {name} has been taken in this account, please try a different suffix."
    raise Fault("InvalidInput", why)
