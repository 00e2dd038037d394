//! `ec2.launch_template`: how instances are made.
//!
//! `model` is what it says, `data` the form of the API.

mod data;
mod model;
mod rules;

pub(super) use rules::rules;

pub use model::{LaunchTemplate, MetadataOptions, Volume};

use super::{
    read::{all, by_mark, each, filter, once_parents_show, until_gone, until_visible},
    tags::{live_tags, pairs, require_ours, specification, sync_tags},
};
use crate::{
    Clients, CxAws, LaunchTemplateId,
    fault::{absent, fault, incomplete},
    found::{Listed, Match, carrying, find, marked, pages, take_or_refuse},
    merge::merged,
    scope,
};
use aws_sdk_ec2::types::{self, Filter, ResourceType};
use groundplan_core::{
    Class, Cx, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming, Near,
    Problems, Resource, Result, Seen, StepCx, TAG_LINEAGE, Typical, Wanted, When,
};

groundplan_core::outputs! {
    /// What AWS assigned to a [`LaunchTemplate`].
    pub struct LaunchTemplateOutputs -> LaunchTemplateHandle {
        /// The id.
        id: LaunchTemplateId,
        /// The name.
        name: String,
        /// The number of the version that is the default, which is what the program says.
        version: String,
    }
}

/// A template with its default version.
struct Found {
    template: types::LaunchTemplate,
    version: types::LaunchTemplateVersion,
}

impl Listed for Found {
    fn id(&self) -> &str {
        self.template.launch_template_id().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.template.tags())
    }

    fn name(&self) -> Option<&str> {
        self.template.launch_template_name()
    }
}

/// The fields that a version holds.
const DATA: &[&str] = &[
    "description",
    "image",
    "instance_type",
    "volumes",
    "metadata",
    "user_data",
    "security_groups",
    "instance_profile",
    "key_pair",
    "detailed_monitoring",
    "instance_tags",
    "volume_tags",
];

/// The version that counts where nobody names one.
const DEFAULT: &str = "$Default";

impl Resource for LaunchTemplate {
    const KIND: &'static str = "ec2.launch_template";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name"],
        volatile: &["version"],
        sets: &["security_groups"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 128 },
        iam: Iam {
            object: "ec2:launch-template",
            holes: &[("launch-template", Hole::Output("id"))],
            search: &["ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"],
            observe: &["ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"],
            create: &[
                "ec2:CreateLaunchTemplate",
                "ec2:CreateTags",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeLaunchTemplateVersions",
            ],
            converge: &[
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:CreateLaunchTemplateVersion",
                "ec2:ModifyLaunchTemplate",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
            delete: &[
                "ec2:DeleteLaunchTemplate",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeLaunchTemplateVersions",
            ],
            only: &[
                ("ec2:CreateLaunchTemplateVersion", When::Changes(DATA)),
                ("ec2:ModifyLaunchTemplate", When::Changes(DATA)),
                ("ec2:CreateTags", When::Sets("tags")),
                ("ec2:DeleteTags", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = LaunchTemplateOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<LaunchTemplateOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        // A name is a filter and an id is not.
        let names = wanted.iter().filter_map(|w| w.outputs.as_ref().map(|o| o.name.as_str()));
        let mut filters = each("launch-template-name", names);
        if wanted.iter().any(|w| w.outputs.is_none()) {
            filters.push(filter(&format!("tag:{TAG_LINEAGE}"), [cx.lineage()]));
        }
        let listed = list(&aws, filters).await?;
        let look =
            |w: &Wanted<Self>| match find(&listed, w, w.outputs.as_ref().map(|o| o.id.as_str())) {
                Match::None => Seen::Absent,
                Match::Many(found) => Seen::Ambiguous(found),
                Match::One(found) => live(found).into(),
            };
        Ok(wanted.iter().map(look).collect())
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<LaunchTemplateOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let listed = list(&aws, by_mark(mark)).await?;
        let see = |(owner, found)| marked(owner, found, live(found));
        Ok(carrying(&listed, mark).into_iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<LaunchTemplateOutputs> {
        let action = "ec2:CreateLaunchTemplate";
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .ec2
                .create_launch_template()
                .client_token(cx.token())
                .launch_template_name(cx.name())
                .version_description(&self.description)
                .launch_template_data(data::request(self))
                .tag_specifications(specification(cx, ResourceType::LaunchTemplate, &self.tags));
            call.send().await.map_err(fault(action))
        };
        match once_parents_show(cx, create).await {
            Ok(made) => {
                let made =
                    made.launch_template.ok_or_else(|| incomplete(action, "launchTemplate"))?;
                Ok(outputs(&made))
            }
            Err(fault) if fault.class == Class::Exists => {
                let by_name = vec![filter("launch-template-name", [cx.name()])];
                let Some(there) = list(&aws, by_name).await?.pop() else { return Err(fault) };
                let what = format!("a launch template `{}`", cx.name());
                let hint = "give this resource another `name`, or delete that template";
                Ok(outputs(&take_or_refuse(cx, there, &what, hint)?.template))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<LaunchTemplateOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = list(&aws, vec![filter("launch-template-name", [id])]).await?.pop();
        Ok(found.map(|found| Identity::named(outputs(&found.template), id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: LaunchTemplateOutputs,
        approved: &Fields,
    ) -> Result<LaunchTemplateOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let read = || describe(&aws, &live);
        let mut found = until_visible(cx, "the launch template to be listed", read).await?;
        if let Some(wanted) = merged(self, &data::fields(&found.version), DATA, approved) {
            let number = new_version(&aws, &live.id, &wanted).await?;
            let shown = async || {
                let found = describe(&aws, &live).await?;
                Ok(found.filter(|found| found.version.version_number() == Some(number)))
            };
            let what = "the new version of the launch template to be the default";
            found = until_visible(cx, what, shown).await?;
        }
        let (id, tags) = (live.id.as_str(), found.template.tags());
        sync_tags(cx, &aws.ec2, id, tags, &self.tags, approved).await?;
        Ok(outputs(&found.template))
    }

    async fn delete(&self, cx: &StepCx, live: &LaunchTemplateOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = describe(&aws, live).await? else { return Ok(()) };
        require_ours(cx, live.id.as_str(), found.template.tags())?;
        let call = aws.ec2.delete_launch_template().launch_template_id(live.id.as_str()).send();
        absent(call.await.map_err(fault("ec2:DeleteLaunchTemplate")))?;
        until_gone(cx, "the launch template to be gone", || describe(&aws, live)).await
    }
}

/// Makes a version and has it be the default; its number.
async fn new_version(aws: &Clients, id: &LaunchTemplateId, wanted: &LaunchTemplate) -> Result<i64> {
    let action = "ec2:CreateLaunchTemplateVersion";
    let call = aws
        .ec2
        .create_launch_template_version()
        .launch_template_id(id.as_str())
        .version_description(&wanted.description)
        .launch_template_data(data::request(wanted));
    let made = call.send().await.map_err(fault(action))?.launch_template_version;
    let number = made.and_then(|made| made.version_number);
    let number = number.ok_or_else(|| incomplete(action, "versionNumber"))?;
    let call = aws.ec2.modify_launch_template().launch_template_id(id.as_str());
    let call = call.default_version(number.to_string()).send().await;
    call.map_err(fault("ec2:ModifyLaunchTemplate"))?;
    Ok(number)
}

fn outputs(template: &types::LaunchTemplate) -> LaunchTemplateOutputs {
    LaunchTemplateOutputs {
        id: template.launch_template_id().unwrap_or_default().into(),
        name: template.launch_template_name().unwrap_or_default().to_owned(),
        version: template.default_version_number().unwrap_or(1).to_string(),
    }
}

fn live(found: &Found) -> Live<LaunchTemplateOutputs> {
    let mut fields = data::fields(&found.version);
    fields["tags"] = live_tags(found.template.tags());
    Live::new(outputs(&found.template), fields).tagged(pairs(found.template.tags()))
}

async fn describe(aws: &Clients, live: &LaunchTemplateOutputs) -> Result<Option<Found>> {
    let found = list(aws, vec![filter("launch-template-name", [live.name.as_str()])]).await?;
    Ok(found.into_iter().find(|found| found.id() == live.id.as_str()))
}

/// Templates with their default versions, of which one call lists those of all templates.
async fn list(aws: &Clients, filters: Vec<Filter>) -> Result<Vec<Found>> {
    let templates = all(filters, |filter| {
        let call = aws.ec2.describe_launch_templates().filters(filter);
        pages("ec2:DescribeLaunchTemplates", call.into_paginator().items().send())
    })
    .await?;
    let one = match &templates[..] {
        [] => return Ok(Vec::new()),
        [only] => only.launch_template_id.clone(),
        _ => None,
    };
    let call = aws.ec2.describe_launch_template_versions().set_launch_template_id(one);
    let call = call.versions(DEFAULT).into_paginator().items().send();
    let versions = absent(pages("ec2:DescribeLaunchTemplateVersions", call).await)?;
    let versions = versions.unwrap_or_default();
    let with_version = |template: types::LaunchTemplate| {
        let of = |version: &&types::LaunchTemplateVersion| {
            version.launch_template_id() == template.launch_template_id()
        };
        let version = versions.iter().find(of)?.clone();
        Some(Found { template, version })
    };
    Ok(templates.into_iter().filter_map(with_version).collect())
}
