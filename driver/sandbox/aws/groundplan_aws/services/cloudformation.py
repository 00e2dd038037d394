"""CloudFormation: what an update does to resources whose properties stay, and what may not be deleted.

moto updates, and for some kinds makes anew, every resource whose text in the template changed. AWS
touches none whose properties stay. Change sets say per resource which attributes change.
"""

from __future__ import annotations

from typing import Any

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, check, layer

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.parsing import ResourceMap
from moto.iam.models import Role, iam_backends
from moto.rds.models import DBInstance, DBSubnetGroup, rds_backends

_ATTRIBUTES = ("Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy")
_moto_update = ResourceMap.update


def _update(self: ResourceMap, template: dict[str, Any], parameters: Any = None) -> None:
    """Leaves resources alone of which only attributes beside the properties change."""
    # What moto keeps of the old template it has filled in since; the text is as it was.
    account, region = self._account_id, self._region_name
    stack = cloudformation_backends[account][region].stacks[self["AWS::StackId"]]
    before = Stack.parse_template(str(stack.template))["Resources"]
    for name, new in template["Resources"].items():
        old = before.get(name)
        if old and _made_of(old) == _made_of(new):
            self._resource_json_map[name] = new
    # A parameter that has its default is none that changes when it is given its value.
    same = self.resolved_parameters
    self.input_parameters |= {k: v for k, v in (parameters or {}).items() if same.get(k) == v}
    _moto_update(self, template, parameters)


def _made_of(resource: dict[str, Any]) -> tuple[Any, Any]:
    return resource["Type"], resource.get("Properties")


ResourceMap.update = _update  # type: ignore[method-assign]


_moto_instance = DBInstance.create_from_cloudformation_json
_moto_role = Role.create_from_cloudformation_json


def _instance(
    cls: type[DBInstance], name: str, template: dict[str, Any], *place: str, **more: Any
) -> DBInstance:
    """Gives a database its security groups, which moto looks for under another name."""
    properties = dict(template["Properties"])
    properties["VpcSecurityGroupIds"] = properties.get("VPCSecurityGroups", [])
    if group := properties.get("DBSubnetGroupName"):
        properties["DBSubnetGroupName"] = rds_backends[place[0]][place[1]].subnet_groups[group]
    return _moto_instance(name, {**template, "Properties": properties}, *place, **more)


def _role(cls: type[Role], name: str, template: dict[str, Any], *place: str, **more: Any) -> Role:
    """Attaches the managed policies of a role, which moto passes over."""
    role = _moto_role(name, template, *place, **more)
    backend = iam_backends[place[0]]["aws"]
    for arn in template.get("Properties", {}).get("ManagedPolicyArns", []):
        backend.attach_role_policy(arn, role.name)
    return role


DBInstance.create_from_cloudformation_json = classmethod(_instance)  # type: ignore[assignment]
Role.create_from_cloudformation_json = classmethod(_role)  # type: ignore[assignment]
# moto lists subnet groups without their names.
DBSubnetGroup.physical_resource_id = property(lambda group: group.name)  # type: ignore[attr-defined]


def _stack(call: Call) -> Stack | None:
    account, region = call.place
    name = call.params.get("StackName")
    stacks = cloudformation_backends[account][region].stacks.values()
    return next((stack for stack in stacks if name in (stack.name, stack.stack_id)), None)


@check("cloudformation", "DeleteStack")
def is_not_protected(call: Call) -> None:
    """moto deletes protected stacks."""
    stack = _stack(call)
    if stack and stack.enable_termination_protection:
        raise Fault(
            "ValidationError",
            f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled",
        )


@check("cloudformation", "DeleteStack")
def is_not_imported_from(call: Call) -> None:
    """moto deletes stacks whose exports others use."""
    stack = _stack(call)
    for export in stack.exports if stack else []:
        users = [user for user in _users(call, export.name) if user != (stack and stack.name)]
        if users:
            raise Fault(
                "ValidationError",
                f"Export {export.name} cannot be deleted as it is in use by {', '.join(users)}",
            )


def _users(call: Call, export: str) -> list[str]:
    account, region = call.place
    stacks = cloudformation_backends[account][region].stacks.values()
    return [stack.name for stack in stacks if _imports(stack.template_dict, export)]


def _imports(tree: Any, export: str) -> bool:
    if isinstance(tree, dict):
        return tree.get("Fn::ImportValue") == export or any(
            _imports(value, export) for value in tree.values()
        )
    return isinstance(tree, list) and any(_imports(item, export) for item in tree)


@layer("cloudformation", "ListImports")
def list_imports(call: Call, _: Proceed) -> Output:
    """moto has none."""
    users = _users(call, call.params["ExportName"])
    if not users:
        name = call.params["ExportName"]
        raise Fault("ValidationError", f"Export '{name}' is not imported by any stack.")
    return {"Imports": users}


@layer("cloudformation", "DescribeChangeSet")
def describe_change_set(call: Call, proceed: Proceed) -> Output:
    """Says which attributes of each resource change; moto only says that it does."""
    answer = proceed()
    account, region = call.place
    change_sets = cloudformation_backends[account][region].change_sets.values()
    wanted = call.params["ChangeSetName"]
    known = (c for c in change_sets if wanted in (c.change_set_id, c.change_set_name))
    change_set = next(known)
    old = Stack.parse_template(str(change_set.stack.template))["Resources"]
    answer["Changes"] = [
        {"Type": "Resource", "ResourceChange": _change(change, old, change_set.template_dict)}
        for change in change_set.changes
    ]
    return answer


def _change(change: Any, old: dict[str, Any], template: dict[str, Any]) -> dict[str, Any]:
    name = change.logical_resource_id
    said: dict[str, Any] = {
        "Action": change.action,
        "LogicalResourceId": name,
        "ResourceType": change.resource_type,
    }
    if change.action == "Modify":
        before, after = old.get(name, {}), template["Resources"][name]
        said["Scope"] = [a for a in _ATTRIBUTES if before.get(a) != after.get(a)]
        said["Replacement"] = "Conditional" if "Properties" in said["Scope"] else "False"
    return said
