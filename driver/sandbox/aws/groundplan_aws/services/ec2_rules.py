"""Security group rules: descriptions where moto loses them, and groups of other accounts."""

from __future__ import annotations

from collections.abc import Iterator

from groundplan_aws.call import Call, Fault
from groundplan_aws.operations import Output, Proceed, layer
from groundplan_aws.services.interfaces import ec2

from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule


@layer("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def keep_description(call: Call, proceed: Proceed) -> Output:
    """moto keeps the description of an address range, not that of a group."""
    output = proceed()
    described = {
        pair.get("GroupId"): pair.get("Description")
        for permission in call.params.get("IpPermissions", [])
        for pair in permission.get("UserIdGroupPairs", [])
    }
    for made in output.get("SecurityGroupRules", []):
        peer = made.get("ReferencedGroupInfo", {}).get("GroupId")
        if description := described.get(peer):
            _describe(_rule(call, made["SecurityGroupRuleId"]), description)
            made["Description"] = description
    return output


@layer(
    "ec2",
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
)
def update_by_id(call: Call, proceed: Proceed) -> Output:
    """moto passes over rules that are named by id."""
    named = call.params.get("SecurityGroupRuleDescriptions")
    if not named:
        return proceed()
    for change in named:
        rule = _rule(call, change["SecurityGroupRuleId"])
        _describe(rule, change.get("Description", ""))
    return {"Return": True}


@layer("ec2", "ModifySecurityGroupRules")
def describe_anew(call: Call, proceed: Proceed) -> Output:
    """A rule is described by its last change; moto keeps what was said before."""
    output = proceed()
    for change in call.params.get("SecurityGroupRules", []):
        wanted = change.get("SecurityGroupRule", {})
        _describe(_rule(call, change["SecurityGroupRuleId"]), wanted.get("Description", ""))
    return output


@layer("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def know_groups_of_others(call: Call, proceed: Proceed) -> Output:
    """A rule may name a group of another account where both see one VPC or theirs are peered; moto looks
    among the caller's own alone.
    """
    known = ec2(call.place).groups
    borrowed = [(group.vpc_id, group.id, group) for group in _groups_of_others(call)]
    for vpc, identity, group in borrowed:
        known[vpc][identity] = group
    try:
        return proceed()
    finally:
        for vpc, identity, _ in borrowed:
            known[vpc].pop(identity, None)


@layer("ec2", "DescribeSecurityGroupRules")
def tell_owners(call: Call, proceed: Proceed) -> Output:
    """moto does not say whose the groups are."""
    output = proceed()
    for rule in output.get("SecurityGroupRules", []):
        rule["GroupOwnerId"] = call.account
    return output


def _groups_of_others(call: Call) -> Iterator[SecurityGroup]:
    for permission in call.params.get("IpPermissions", []):
        for pair in permission.get("UserIdGroupPairs", []):
            account = pair.get("UserId", call.account)
            if account == call.account:
                continue
            group = ec2((account, call.region)).get_security_group_from_id(pair["GroupId"])
            own = ec2(call.place).get_security_group_from_id(call.params["GroupId"])
            if group is None or own is None or not _is_beside(call, own.vpc_id, group.vpc_id):
                why = f"The security group '{pair['GroupId']}' does not exist"
                raise Fault("InvalidGroup.NotFound", why)
            yield group


def _is_beside(call: Call, own: str | None, other: str | None) -> bool:
    if own == other:
        return True
    peered = ec2(call.place).vpc_pcxs.values()
    pairs = [{p.vpc.id, p.peer_vpc.id} for p in peered if p._status.code == "active"]
    return {own, other} in pairs


def _rule(call: Call, identity: str) -> SecurityGroupRule:
    for group in _groups(call):
        for rule in (*group.ingress_rules, *group.egress_rules):
            if rule.id == identity:
                return rule
    why = f"The security group rule ID '{identity}' does not exist"
    raise Fault("InvalidSecurityGroupRuleId.NotFound", why)


def _groups(call: Call) -> list[SecurityGroup]:
    return [group for groups in ec2(call.place).groups.values() for group in groups.values()]


def _describe(rule: SecurityGroupRule, description: str) -> None:
    # moto reads the description from there, whatever the peer is.
    rule.ip_range = {**rule.ip_range, "Description": description}
