"""VPC endpoints: pending, available, deleting; and what of a change moto ignores."""

from __future__ import annotations

import json
from typing import Any

from groundplan_aws import lifecycle
from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer
from groundplan_aws.services.interfaces import ec2

from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint

GATEWAYS = ("s3", "dynamodb")

_filter_value = VPCEndPoint.get_filter_value


def _with_id(self: VPCEndPoint, name: str, method: str | None = None) -> Any:
    """moto has no filter by id."""
    return self.id if name == "vpc-endpoint-id" else _filter_value(self, name, method)


VPCEndPoint.get_filter_value = _with_id  # type: ignore[method-assign]


@check("ec2", "CreateVpcEndpoint")
def service_is_known(call: Call) -> None:
    """A gateway leads to two services only."""
    name, kind = call.params["ServiceName"], call.params.get("VpcEndpointType", "Gateway")
    heads = (f"com.amazonaws.{call.region}.", "com.amazonaws.vpce.", "aws.api.")
    service = name.removeprefix(heads[0])
    if not name.startswith(heads) or (kind == "Gateway" and service not in GATEWAYS):
        raise Fault("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    if kind == "Interface" and not call.params.get("SubnetIds"):
        raise Fault("MissingParameter", "The request must contain the parameter SubnetIds")


def _name_is_free(call: Call, vpc: str, name: str) -> None:
    backend = ec2(call.place)
    attributes = backend.get_vpc(vpc)
    if not (attributes.enable_dns_support and attributes.enable_dns_hostnames):
        why = (
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC"
            f" attributes set to true for {vpc}; private-dns-enabled cannot be set"
        )
        raise Fault("InvalidParameter", why)
    for other in backend.vpc_end_points.values():
        holds = other.private_dns_enabled and other.state != "deleted"
        if holds and (other.vpc_id, other.service_name) == (vpc, name):
            why = (
                "private-dns-enabled cannot be set because there is already a conflicting DNS"
                f" domain for {name} in the VPC {vpc}"
            )
            raise Fault("InvalidParameter", why)


@layer("ec2", "CreateVpcEndpoint")
def begin(call: Call, proceed: Proceed) -> Output:
    """Interfaces take a while; routes are there at once. Each VPC has one name for a service."""
    interface = call.params.get("VpcEndpointType") == "Interface"
    if interface and call.params.get("PrivateDnsEnabled"):
        _name_is_free(call, call.params["VpcId"], call.params["ServiceName"])
    output = proceed()
    backend = ec2(call.place)
    endpoint = backend.vpc_end_points[output["VpcEndpoint"]["VpcEndpointId"]]
    endpoint.ip_address_type = call.params.get("IpAddressType", "ipv4")
    endpoint.private_dns_enabled = interface and call.params.get("PrivateDnsEnabled", False)
    for interface_id in endpoint.network_interface_ids:
        backend.enis[interface_id].requester_managed = True
        backend.enis[interface_id].description = f"VPC Endpoint Interface {endpoint.id}"
    if interface:
        _follow(endpoint, "pending", "endpoint.create")
    output["VpcEndpoint"] |= {
        "State": endpoint.state,
        "PrivateDnsEnabled": endpoint.private_dns_enabled,
        "IpAddressType": endpoint.ip_address_type,
    }
    return output


def _follow(endpoint: VPCEndPoint, state: str, duration: str) -> None:
    def apply(now: str | None) -> None:
        endpoint.state = now

    lifecycle.follow(endpoint.id, apply, (state, duration), last="available")


@check("ec2", "ModifyVpcEndpoint")
def is_there(call: Call) -> None:
    """And at rest."""
    endpoint = _endpoint(call)
    if endpoint.state != "available":
        why = f"VpcEndpoint {endpoint.id} is in the state {endpoint.state}"
        raise Fault("IncorrectState", why)
    if call.params.get("PrivateDnsEnabled"):
        _name_is_free(call, endpoint.vpc_id, endpoint.service_name)


@layer("ec2", "ModifyVpcEndpoint")
def modify(call: Call, proceed: Proceed) -> Output:
    """With private DNS, addresses and the policy that lets everything through."""
    output = proceed()
    endpoint, params = _endpoint(call), call.params
    if params.get("ResetPolicy"):
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    if "PrivateDnsEnabled" in params:
        endpoint.private_dns_enabled = params["PrivateDnsEnabled"]
    endpoint.ip_address_type = params.get("IpAddressType", endpoint.ip_address_type)
    if endpoint.vpc_endpoint_type == "Interface":
        _follow(endpoint, "pending", "endpoint.create")
    return output


@layer("ec2", "DescribeVpcEndpoints")
def describe(call: Call, proceed: Proceed) -> Output:
    """With the sort of addresses."""
    output = proceed()
    for shown in output.get("VpcEndpoints", []):
        endpoint = ec2(call.place).vpc_end_points[shown["VpcEndpointId"]]
        if endpoint.vpc_endpoint_type == "Interface":
            shown["IpAddressType"] = getattr(endpoint, "ip_address_type", "ipv4")
    return output


@layer("ec2", "DeleteVpcEndpoints")
def end(call: Call, proceed: Proceed) -> Output:
    """Deleting for a while; interfaces hold their subnets until then."""
    backend, unsuccessful = ec2(call.place), []
    for identity in call.params["VpcEndpointIds"]:
        endpoint = backend.vpc_end_points.get(identity)
        if endpoint is None or endpoint.state == "deleted":
            error = {
                "Code": "InvalidVpcEndpointId.NotFound",
                "Message": f"The VpcEndpoint Id '{identity}' does not exist",
            }
            unsuccessful.append({"ResourceId": identity, "Error": error})
        else:
            lifecycle.follow(
                identity,
                _leave(backend, endpoint),
                ("deleting", "endpoint.delete"),
                ("deleted", "endpoint.linger"),
                last=None,
            )
    return {"Unsuccessful": unsuccessful}


def _leave(backend: EC2Backend, endpoint: VPCEndPoint):  # type: ignore[no-untyped-def]
    def apply(state: str | None) -> None:
        endpoint.state = state
        if state == "deleted":
            for interface in endpoint.network_interface_ids:
                backend.enis.pop(interface, None)
            for table in endpoint.route_table_ids or []:
                routes = backend.route_tables[table]._routes if table in backend.route_tables else {}
                for identity in [i for i, r in routes.items() if r.gateway is endpoint]:
                    del routes[identity]
        if state is None:
            backend.vpc_end_points.pop(endpoint.id, None)

    return apply


def _endpoint(call: Call) -> VPCEndPoint:
    identity = call.params["VpcEndpointId"]
    endpoint = ec2(call.place).vpc_end_points.get(identity)
    if endpoint is None:
        raise Fault(
            "InvalidVpcEndpointId.NotFound", f"The VpcEndpoint Id '{identity}' does not exist"
        )
    return endpoint
