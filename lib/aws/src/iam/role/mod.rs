//! `iam.role`: an identity that whoever it trusts can take.

mod change;

use super::{
    REACH, SETTLING, check_document, check_name, check_path, collided, document, live_path, pairs,
    risks, to_tags, unknown_principal,
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags, defaults,
    fault::{absent, fault, incomplete},
    found::{Listed, Names, each, pages, see_marked, take_or_refuse},
    scope, tags,
};
use aws_sdk_iam::types;
use change::name_attached;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition,
    Typical, Val, Wanted, When, json, same_policy,
};
use serde::{Deserialize, Serialize};

/// An identity that whoever it trusts can take for a while.
///
/// What it may do are kinds of their own: [`RolePolicy`](super::RolePolicy) and
/// [`RolePolicyAttachment`](super::RolePolicyAttachment).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// The account. IAM is global: the region does not matter.
    pub scope: Val<Scope>,
    /// The name, unique in the account; made from stack, resource name and generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it stands among others, such as `/platform/`; at the root, or where a default of the program
    /// says, if it is `/`.
    #[serde(default = "crate::iam::root", skip_serializing_if = "crate::iam::is_root")]
    pub path: String,
    /// Who may take the role: a policy document. AWS limits it to 2048 characters by default.
    pub trust: Val<String>,
    /// For people; up to 1000 characters.
    pub description: String,
    /// The longest session somebody may ask for, from 3600 to 43200 seconds.
    pub max_session_seconds: u32,
    /// The most that it may do, whatever its policies allow: a managed policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Val<Arn>>,
    /// Added to the ownership tags.
    pub tags: Tags,
}

impl Role {
    /// A role with sessions of up to an hour.
    pub fn new(scope: Val<Scope>, trust: Val<String>) -> Self {
        Self {
            scope,
            name: None,
            path: super::root(),
            trust,
            description: String::new(),
            max_session_seconds: 3600,
            permissions_boundary: None,
            tags: Tags::new(),
        }
    }
}

/// As many roles as IAM lists at once.
const PAGE: i32 = 1000;

groundplan_core::outputs! {
    /// What AWS assigned to a [`Role`].
    pub struct RoleOutputs -> RoleHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Listed for types::Role {
    fn id(&self) -> &str {
        self.arn()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn name(&self) -> Option<&str> {
        Some(self.role_name())
    }
}

impl Resource for Role {
    const KIND: &'static str = "iam.role";
    const META: Meta = Meta {
        immutable: &["scope.account", "name", "path"],
        // A policy that is somebody's boundary cannot be deleted.
        holds: &["permissions_boundary"],
        documents: &["trust"],
        place: scope::PLACE,
        reach: REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 64 },
        read_cost: ReadCost::Object("ListRoles answers without tags, and GetRole takes one role"),
        iam: Iam {
            object: "iam:role",
            holes: &[("role", Hole::Name), ("boundary", Hole::Input("permissions_boundary"))],
            search: &["iam:ListRoles", "iam:GetRole"],
            observe: &["iam:GetRole"],
            create: &["iam:CreateRole", "iam:TagRole", "iam:GetRole"],
            converge: &[
                "iam:GetRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
                "iam:PutRolePermissionsBoundary",
                "iam:DeleteRolePermissionsBoundary",
                "iam:TagRole",
                "iam:UntagRole",
            ],
            delete: &[
                "iam:GetRole",
                "iam:DeleteRole",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:ListInstanceProfilesForRole",
            ],
            only: &[
                ("iam:UpdateAssumeRolePolicy", When::Changes(&["trust"])),
                ("iam:UpdateRole", When::Changes(&["description", "max_session_seconds"])),
                ("iam:PutRolePermissionsBoundary", When::Sets("permissions_boundary")),
                ("iam:DeleteRolePermissionsBoundary", When::Removes("permissions_boundary")),
                ("iam:TagRole", When::Sets("tags")),
                ("iam:UntagRole", When::Removes("tags")),
                ("iam:ListAttachedRolePolicies", When::InTheWay),
                ("iam:ListRolePolicies", When::InTheWay),
                ("iam:ListInstanceProfilesForRole", When::InTheWay),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        defaults: &[defaults::TAGS, defaults::IAM_PATH, defaults::PERMISSIONS_BOUNDARY],
        ..Meta::DEFAULT
    };
    type Outputs = RoleOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            check_name(problems, "name", name, 64);
        }
        check_path(problems, &self.path);
        check_document(problems, "trust", &self.trust);
        problems.require(
            self.description.chars().count() <= 1000,
            "description",
            "is longer than 1000 characters",
        );
        problems.require(
            (3600..=43_200).contains(&self.max_session_seconds),
            "max_session_seconds",
            format!("{} is not between 3600 and 43200", self.max_session_seconds),
        );
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::role(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<RoleOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    /// An account has up to a thousand roles and more, in pages of a thousand. Only those whose names can
    /// be ours cost a call each.
    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<RoleOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let names = Names::new(mark, near, |role| role.name.as_ref(), |one| &one.name);
        let call = aws.iam.list_roles().path_prefix("/").max_items(PAGE).into_paginator();
        let mut listed = pages("iam:ListRoles", call.items().send()).await?;
        listed.retain(|role| !role.path().starts_with("/aws-") && names.can_be(role.role_name()));
        let read = each(&listed, |role| get(&aws, role.role_name())).await?;
        let there: Vec<_> = read.into_iter().flatten().collect();
        Ok(see_marked(&there, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<RoleOutputs> {
        let action = "iam:CreateRole";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .iam
                .create_role()
                .role_name(cx.name())
                .path(&self.path)
                .set_permissions_boundary(self.boundary().map(str::to_owned))
                .assume_role_policy_document(self.trust.get())
                .set_description((!self.description.is_empty()).then(|| self.description.clone()))
                .max_session_duration(self.session())
                .set_tags(Some(to_tags(cx.tags(&self.tags))));
            call.send().await.map_err(fault(action))
        };
        // Who is trusted may have been made a moment ago.
        match cx.retry(SETTLING, unknown_principal, create).await {
            Ok(made) => {
                let role = made.role.ok_or_else(|| incomplete(action, "Role"))?;
                Ok(outputs(&role))
            }
            Err(fault) if fault.class == Class::Exists => taken(cx, &aws, fault).await,
            Err(fault) => Err(fault),
        }
    }

    /// The role's name.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<RoleOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        Ok(get(&aws, id).await?.map(|role| Identity::named(outputs(&role), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RoleOutputs,
        approved: &Fields,
    ) -> Result<RoleOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let role = cx
            .wait(Patience::SECONDS, "the role to be visible", || async {
                Ok(match get(&aws, &live.name).await? {
                    Some(role) => Probe::Ready(role),
                    None => Probe::not_yet("not visible yet"),
                })
            })
            .await?;
        if approved.has("trust") && !same_policy(&trust(&role), self.trust.get()) {
            let update = || async {
                let call = aws.iam.update_assume_role_policy().role_name(&live.name);
                let call = call.policy_document(self.trust.get()).send().await;
                call.map_err(fault("iam:UpdateAssumeRolePolicy"))
            };
            cx.retry(SETTLING, |f| unknown_principal(f) || collided(f), update).await?;
        }
        self.sync_settings(cx, &aws, &role, approved).await?;
        if approved.has("permissions_boundary") {
            self.sync_boundary(cx, &aws, &role).await?;
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &role).await?;
        }
        Ok(outputs(&role))
    }

    async fn delete(&self, cx: &StepCx, live: &RoleOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(role) = get(&aws, &live.name).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the role `{}`", live.name), pairs(role.tags()))?;
        let delete = || async {
            let call = aws.iam.delete_role().role_name(&live.name).send().await;
            match absent(call.map_err(fault("iam:DeleteRole"))) {
                Err(fault) if fault.class == Class::InUse => {
                    Err(name_attached(&aws, &live.name, fault).await)
                }
                other => other,
            }
        };
        // With nothing attached, a conflict is only what IAM has not noticed yet.
        let passes = |f: &Fault| collided(f) || (f.class == Class::InUse && f.hint.is_none());
        cx.retry(Patience::SECONDS, passes, delete).await?;
        cx.wait(Patience::SECONDS, "the role to be gone", || async {
            Ok(match get(&aws, &live.name).await? {
                None => Probe::Ready(()),
                Some(_) => Probe::not_yet("still there"),
            })
        })
        .await
    }
}

fn outputs(role: &types::Role) -> RoleOutputs {
    RoleOutputs { name: role.role_name().to_owned(), arn: role.arn().into() }
}

fn trust(role: &types::Role) -> String {
    document(role.assume_role_policy_document().unwrap_or_default())
}

fn boundary(role: &types::Role) -> Option<&str> {
    role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn())
}

fn live(role: &types::Role) -> Live<RoleOutputs> {
    let fields = json!({
        "path": live_path(Some(role.path())),
        "permissions_boundary": boundary(role),
        "trust": trust(role),
        "description": role.description().unwrap_or_default(),
        "max_session_seconds": role.max_session_duration(),
        "tags": tags::managed(pairs(role.tags())),
    });
    Live::new(outputs(role), fields).tagged(pairs(role.tags()))
}

async fn look(aws: &Clients, wanted: &Wanted<Role>) -> Result<Seen<RoleOutputs>> {
    let recorded = wanted.outputs.as_ref().map(|o| &o.name);
    let Some(name) = recorded.or(wanted.name.as_ref()) else { return Ok(Seen::Absent) };
    Ok(match get(aws, name).await? {
        Some(role) if tags::belongs(wanted, pairs(role.tags())) => live(&role).into(),
        _ => Seen::Absent,
    })
}

async fn get(aws: &Clients, name: &str) -> Result<Option<types::Role>> {
    let call = aws.iam.get_role().role_name(name).send().await;
    Ok(absent(call.map_err(fault("iam:GetRole")))?.and_then(|found| found.role))
}

/// The name is taken: by this very resource, when the answer to its create was lost, or by another.
async fn taken(cx: &StepCx, aws: &Clients, fault: Fault) -> Result<RoleOutputs> {
    let Some(role) = get(aws, cx.name()).await? else { return Err(fault) };
    let hint = "give this resource another `name`, or delete that role";
    Ok(outputs(&take_or_refuse(cx, role, &format!("a role `{}`", cx.name()), hint)?))
}
