//! `iam.instance_profile`: what an EC2 instance takes its role from.

use super::{
    REACH, SETTLING, check_name, check_path, collided, live_path, pairs, tag_changes, to_tags,
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault, incomplete},
    found::{Listed, Names, each, pages, see_marked, take_or_refuse},
    scope,
    settle::{until_gone, until_visible},
    tags,
};
use aws_sdk_iam::types;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Problems, ReadCost, Resource, Result, Seen, StepCx, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// A holder for one role, which EC2 hands to the instances that name it. Node groups of EKS make theirs by
/// themselves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// The account. IAM is global: the region does not matter.
    pub scope: Val<Scope>,
    /// The name, unique in the account; made from stack, resource name and generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it stands among others, such as `/platform/`; at the root, or where a default of the program
    /// says, if it is `/`.
    #[serde(default = "super::root", skip_serializing_if = "super::is_root")]
    pub path: String,
    /// The role's name. Instances that run get another one within minutes.
    pub role: Val<String>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl InstanceProfile {
    /// A profile with a role.
    pub fn new(scope: Val<Scope>, role: Val<String>) -> Self {
        Self { scope, name: None, path: super::root(), role, tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`InstanceProfile`].
    pub struct InstanceProfileOutputs -> InstanceProfileHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Listed for types::InstanceProfile {
    fn id(&self) -> &str {
        self.arn()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn name(&self) -> Option<&str> {
        Some(self.instance_profile_name())
    }
}

impl Resource for InstanceProfile {
    const KIND: &'static str = "iam.instance_profile";
    const META: Meta = Meta {
        immutable: &["scope.account", "name", "path"],
        // A role that is in a profile cannot be deleted.
        holds: &["role"],
        place: scope::PLACE,
        reach: REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 128 },
        read_cost: ReadCost::Object(
            "ListInstanceProfiles answers without tags, and GetInstanceProfile takes one",
        ),
        iam: Iam {
            object: "iam:instance-profile",
            holes: &[
                ("instance-profile", Hole::Name),
                ("folder", Hole::Input("path")),
                ("role", Hole::Input("role")),
                ("passed", Hole::Text("arn:{partition}:iam::{account}:role/{role}")),
                ("to", Hole::Text("ec2.amazonaws.com")),
            ],
            search: &["iam:ListInstanceProfiles", "iam:GetInstanceProfile"],
            observe: &["iam:GetInstanceProfile"],
            create: &[
                "iam:CreateInstanceProfile",
                "iam:TagInstanceProfile",
                "iam:GetInstanceProfile",
                "iam:AddRoleToInstanceProfile",
                "iam:PassRole",
            ],
            converge: &[
                "iam:GetInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:AddRoleToInstanceProfile",
                "iam:PassRole",
                "iam:TagInstanceProfile",
                "iam:UntagInstanceProfile",
            ],
            delete: &[
                "iam:GetInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:DeleteInstanceProfile",
            ],
            only: &[
                ("iam:RemoveRoleFromInstanceProfile", When::Changes(&["role"])),
                ("iam:AddRoleToInstanceProfile", When::Changes(&["role"])),
                ("iam:PassRole", When::Changes(&["role"])),
                ("iam:TagInstanceProfile", When::Sets("tags")),
                ("iam:UntagInstanceProfile", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 2, 2),
        defaults: &[crate::defaults::TAGS, crate::defaults::IAM_PATH],
        ..Meta::DEFAULT
    };
    type Outputs = InstanceProfileOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            check_name(problems, "name", name, 128);
        }
        check_path(problems, &self.path);
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<InstanceProfileOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            let recorded = w.outputs.as_ref().map(|o| &o.name);
            let Some(name) = recorded.or(w.name.as_ref()) else { return Ok(Seen::Absent) };
            Ok(match get(&aws, name).await? {
                Some(found) if tags::belongs(w, pairs(found.tags())) => live(&found).into(),
                _ => Seen::Absent,
            })
        })
        .await
    }

    /// Only those whose names can be ours cost a call each.
    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<InstanceProfileOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let names = Names::new(mark, near, |one| one.name.as_ref(), |one| &one.name);
        let call = aws.iam.list_instance_profiles().into_paginator().items().send();
        let listed = pages("iam:ListInstanceProfiles", call).await?;
        let listed = listed.iter().map(types::InstanceProfile::instance_profile_name);
        let read = each(listed.filter(|name| names.can_be(name)), |name| get(&aws, name)).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        Ok(see_marked(&there, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<InstanceProfileOutputs> {
        let action = "iam:CreateInstanceProfile";
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws
            .iam
            .create_instance_profile()
            .instance_profile_name(cx.name())
            .path(&self.path)
            .set_tags(Some(to_tags(cx.tags(&self.tags))));
        match call.send().await.map_err(fault(action)) {
            Ok(made) => Ok(outputs(
                &made.instance_profile.ok_or_else(|| incomplete(action, "InstanceProfile"))?,
            )),
            Err(fault) if fault.class == Class::Exists => {
                let Some(there) = get(&aws, cx.name()).await? else { return Err(fault) };
                let what = format!("an instance profile `{}`", cx.name());
                let hint = "give this resource another `name`, or delete that profile";
                Ok(outputs(&take_or_refuse(cx, there, &what, hint)?))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn identify(
        &self,
        cx: &Cx,
        id: &str,
    ) -> Result<Option<Identity<InstanceProfileOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        Ok(get(&aws, id).await?.map(|found| Identity::named(outputs(&found), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: InstanceProfileOutputs,
        approved: &Fields,
    ) -> Result<InstanceProfileOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || get(&aws, &live.name);
        let found = until_visible(cx, "the instance profile to be visible", read).await?;
        if approved.has("role") && role(&found) != Some(self.role.get()) {
            remove_roles(cx, &aws, &found).await?;
            self.add_role(cx, &aws, &live.name).await?;
            let with = async || {
                Ok(get(&aws, &live.name).await?.filter(|it| role(it) == Some(self.role.get())))
            };
            until_visible(cx, "the instance profile to have the role", with).await?;
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &InstanceProfileOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = get(&aws, &live.name).await? else { return Ok(()) };
        let what = format!("the instance profile `{}`", live.name);
        tags::require_ours(cx.owner(), &what, pairs(found.tags()))?;
        remove_roles(cx, &aws, &found).await?;
        let delete = || async {
            let call = aws.iam.delete_instance_profile().instance_profile_name(&live.name);
            absent(call.send().await.map_err(fault("iam:DeleteInstanceProfile")))
        };
        let passes = |f: &Fault| collided(f) || f.class == Class::InUse;
        cx.retry(SETTLING, passes, delete).await?;
        until_gone(cx, "the instance profile to be gone", || get(&aws, &live.name)).await
    }
}

impl InstanceProfile {
    async fn add_role(&self, cx: &StepCx, aws: &Clients, name: &str) -> Result<()> {
        let add = || async {
            let call = aws.iam.add_role_to_instance_profile().instance_profile_name(name);
            let call = call.role_name(self.role.get()).send().await;
            match call.map_err(fault("iam:AddRoleToInstanceProfile")) {
                Ok(_) => Ok(()),
                // A profile has one role; the answer to an earlier attempt may have been lost.
                Err(fault) if fault.is("LimitExceeded") => match get(aws, name).await? {
                    Some(found) if role(&found) == Some(self.role.get()) => Ok(()),
                    _ => Err(fault),
                },
                Err(fault) => Err(fault),
            }
        };
        // The role may have been made a moment ago.
        let passes = |f: &Fault| collided(f) || f.class == Class::NotFound;
        cx.retry(SETTLING, passes, add).await
    }

    async fn sync_tags(
        &self,
        cx: &StepCx,
        aws: &Clients,
        found: &types::InstanceProfile,
    ) -> Result<()> {
        let (set, remove) = tag_changes(cx, found.tags(), &self.tags);
        let name = found.instance_profile_name();
        if !set.is_empty() {
            let call = aws.iam.tag_instance_profile().instance_profile_name(name);
            let call = call.set_tags(Some(set)).send().await;
            call.map_err(fault("iam:TagInstanceProfile"))?;
        }
        if !remove.is_empty() {
            let call = aws.iam.untag_instance_profile().instance_profile_name(name);
            let call = call.set_tag_keys(Some(remove)).send().await;
            call.map_err(fault("iam:UntagInstanceProfile"))?;
        }
        Ok(())
    }
}

async fn remove_roles(cx: &StepCx, aws: &Clients, found: &types::InstanceProfile) -> Result<()> {
    for role in found.roles() {
        let remove = || async {
            let call = aws.iam.remove_role_from_instance_profile();
            let call = call.instance_profile_name(found.instance_profile_name());
            let call = call.role_name(role.role_name()).send().await;
            absent(call.map_err(fault("iam:RemoveRoleFromInstanceProfile")))
        };
        cx.retry(SETTLING, collided, remove).await?;
    }
    Ok(())
}

fn role(found: &types::InstanceProfile) -> Option<&str> {
    found.roles().first().map(types::Role::role_name)
}

fn outputs(found: &types::InstanceProfile) -> InstanceProfileOutputs {
    let name = found.instance_profile_name().to_owned();
    InstanceProfileOutputs { name, arn: found.arn().into() }
}

fn live(found: &types::InstanceProfile) -> Live<InstanceProfileOutputs> {
    let fields = json!({
        "path": live_path(Some(found.path())),
        "role": role(found),
        "tags": tags::managed(pairs(found.tags())),
    });
    Live::new(outputs(found), fields).tagged(pairs(found.tags()))
}

async fn get(aws: &Clients, name: &str) -> Result<Option<types::InstanceProfile>> {
    let call = aws.iam.get_instance_profile().instance_profile_name(name).send().await;
    Ok(absent(call.map_err(fault("iam:GetInstanceProfile")))?
        .and_then(|found| found.instance_profile))
}
