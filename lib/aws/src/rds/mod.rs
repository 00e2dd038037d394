//! RDS: databases.
//!
//! Shared by its kinds: tags in the create call, tags brought to the desired ones, names.

mod engine;
mod instance;
mod parameter_group;
mod rules;
mod subnet_group;

pub use engine::Engine;
pub use instance::{
    ApplyTime, Insights, Instance, InstanceHandle, InstanceOutputs, Monitoring, OnDelete, Restore,
};
pub use parameter_group::{ParameterGroup, ParameterGroupHandle, ParameterGroupOutputs};
pub use subnet_group::{SubnetGroup, SubnetGroupHandle, SubnetGroupOutputs};

pub(crate) use rules::rules;

use crate::{Clients, Tags, fault::fault, tags};
use aws_sdk_rds::{Client, types::Tag};
use groundplan_core::{Problems, Registry, Result, StepCx};

/// Every kind of this service.
pub(crate) fn registry() -> Registry {
    Registry::new().with::<Instance>().with::<ParameterGroup>().with::<SubnetGroup>()
}

/// The names and values of an object's tags.
fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect()
}

fn tag_list(tags: Tags) -> Vec<Tag> {
    tags.into_iter().map(|(k, v)| Tag::builder().key(k).value(v).build()).collect()
}

/// The tags of an object, where its listing leaves them out.
async fn read_tags(aws: &Clients, arn: &str) -> Result<Vec<Tag>> {
    let call = aws.rds.list_tags_for_resource().resource_name(arn).send().await;
    Ok(call.map_err(fault("rds:ListTagsForResource"))?.tag_list.unwrap_or_default())
}

/// Brings the tags of an object to the desired ones, and its ownership tags back if they are gone.
async fn sync_tags(
    cx: &StepCx,
    rds: &Client,
    arn: &str,
    live: &[Tag],
    desired: &Tags,
) -> Result<()> {
    let (set, remove) = tags::to_change(cx, pairs(live), desired);
    if !set.is_empty() {
        let call = rds.add_tags_to_resource().resource_name(arn).set_tags(Some(tag_list(set)));
        call.send().await.map_err(fault("rds:AddTagsToResource"))?;
    }
    if !remove.is_empty() {
        let call = rds.remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(remove));
        call.send().await.map_err(fault("rds:RemoveTagsFromResource"))?;
    }
    Ok(())
}

/// Notes what RDS would refuse in a name, or silently write in lower case.
fn check_name(problems: &mut Problems, name: Option<&str>, longest: usize) {
    let Some(name) = name else { return };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let sound = name.len() <= longest
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--");
    let rule = format!(
        "`{name}` is no name for RDS: lower-case letters, digits and single hyphens, a letter first, \
         no hyphen last, at most {longest} characters"
    );
    problems.require(sound, "name", rule);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_rds_would_refuse_or_change_is_noted() {
        for (name, sound) in [
            ("main", true),
            ("prod-main-2", true),
            ("Main", false),
            ("2main", false),
            ("main-", false),
            ("main--2", false),
            ("main_2", false),
        ] {
            let mut problems = Problems::default();
            check_name(&mut problems, Some(name), 63);
            assert_eq!(problems.into_vec().is_empty(), sound, "{name}");
        }
        let mut problems = Problems::default();
        check_name(&mut problems, Some(&"a".repeat(64)), 63);
        assert_eq!(problems.into_vec().len(), 1);
    }
}
