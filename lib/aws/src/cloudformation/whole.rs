//! Whether what a part is of was made by the same stack, as the deployed template says. Asks nobody.

use super::{map::Part, stack::CloudStack};
use groundplan_core::Json;

/// A stack with its deployed template. One in YAML, with its own ways to refer, is not read for this.
pub(super) struct Wholes<'a> {
    stack: &'a CloudStack,
    template: Option<Json>,
}

impl<'a> Wholes<'a> {
    pub(super) fn of(stack: &'a CloudStack) -> Self {
        Self { stack, template: serde_json::from_str(&stack.deployed).ok() }
    }

    /// Whether all that a part is of is in the stack. Where that is not read, as of a reference that is put
    /// together, it counts so if any object could have the part.
    pub(super) fn has(&self, logical: &str, part: Part) -> bool {
        let mut resources = self.stack.resources.iter().filter(|one| one.of == part.whole);
        let Some(template) = &self.template else { return resources.next().is_some() };
        let wholes = match &template["Resources"][logical]["Properties"][part.property] {
            Json::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        let here = |whole: &Json| {
            let mut resources = resources.clone();
            if is_put_together(whole) {
                return resources.next().is_some();
            }
            resources
                .any(|one| said(whole) == Some(&one.logical) || *whole == one.physical.as_str())
        };
        !wholes.is_empty() && wholes.iter().all(here)
    }
}

fn is_put_together(reference: &Json) -> bool {
    let plain = ["Ref", "Fn::GetAtt", "Fn::ImportValue"];
    reference.as_object().is_some_and(|it| it.keys().all(|key| !plain.contains(&key.as_str())))
}

/// The resource that a reference is to.
fn said(reference: &Json) -> Option<&str> {
    let attribute = &reference["Fn::GetAtt"];
    let of = attribute.as_str().and_then(|text| text.split('.').next());
    reference["Ref"].as_str().or(attribute[0].as_str()).or(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudformation::CloudResource;
    use groundplan_core::json;

    const RULE: Part = Part { whole: "AWS::EC2::SecurityGroup", property: "GroupId" };
    const POLICY: Part = Part { whole: "AWS::IAM::Role", property: "Roles" };

    fn is_here_as(property: &Json, part: Part) -> bool {
        let made = |logical: &str, of: &str, physical: &str| CloudResource {
            logical: logical.into(),
            of: of.into(),
            physical: physical.into(),
            ..CloudResource::default()
        };
        let template =
            json!({ "Resources": { "Part": { "Properties": { (part.property): property } } } });
        let stack = CloudStack {
            deployed: template.to_string(),
            resources: vec![
                made("Group", "AWS::EC2::SecurityGroup", "sg-1"),
                made("Role", "AWS::IAM::Role", "app"),
            ],
            ..CloudStack::default()
        };
        Wholes::of(&stack).has("Part", part)
    }

    #[test]
    fn a_part_is_of_this_stack_if_what_it_names_is() {
        for own in [
            json!({ "Fn::GetAtt": ["Group", "GroupId"] }),
            json!({ "Fn::GetAtt": "Group.GroupId" }),
            json!({ "Ref": "Group" }),
            json!("sg-1"),
            json!({ "Fn::Sub": "${Group.GroupId}" }),
        ] {
            assert!(is_here_as(&own, RULE), "{own}");
        }
        for other in [
            json!("sg-2"),
            json!({ "Fn::ImportValue": "base-group" }),
            json!({ "Ref": "Parameter" }),
            json!(null),
        ] {
            assert!(!is_here_as(&other, RULE), "{other}");
        }
    }

    #[test]
    fn a_policy_of_several_is_of_this_stack_if_all_of_them_are() {
        assert!(is_here_as(&json!([{ "Ref": "Role" }]), POLICY));
        assert!(!is_here_as(&json!([{ "Ref": "Role" }, "another"]), POLICY));
        assert!(!is_here_as(&json!([]), POLICY));
    }

    #[test]
    fn of_a_template_that_is_not_read_a_part_counts_where_it_could_be() {
        let group = CloudResource { of: RULE.whole.into(), ..CloudResource::default() };
        let stack = CloudStack {
            deployed: "Resources:\n".into(),
            resources: vec![group],
            ..CloudStack::default()
        };
        assert!(Wholes::of(&stack).has("Part", RULE));
        assert!(!Wholes::of(&stack).has("Part", POLICY));
    }
}
