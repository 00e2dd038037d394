//! `ram.share`: objects that others may use.

use super::{of_shares, risks};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault, incomplete},
    found::{Listed, Match, find, pages, see_marked},
    scope, tags,
    taking::no_id,
};
use aws_sdk_ram::types::{
    ResourceOwner, ResourceShare, ResourceShareStatus as Status, Tag, TagFilter,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, TAG_LINEAGE,
    TAG_STACK, Transition, Typical, Val, Wanted, When, json, to_json,
};
use serde::{Deserialize, Serialize};

/// A share. What is in it is a [`ResourceAssociation`](super::ResourceAssociation) each, who may use it a
/// [`PrincipalAssociation`](super::PrincipalAssociation) each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Share {
    /// The account and region of what is shared.
    pub scope: Val<Scope>,
    /// Its name, up to 255 characters. Others may have the same.
    pub name: String,
    /// Whether accounts outside the organization can be let in. They have to accept.
    pub allow_external_principals: bool,
    /// What those who are let in may do: the ARNs of RAM permissions, one for each type of resource. That
    /// of AWS for the type if absent. RAM adds its default for each type that none is given for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Arn>,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Share {
    /// A share within the organization, with AWS's own permissions.
    pub fn new(scope: Val<Scope>, name: impl Into<String>) -> Self {
        Self {
            scope,
            name: name.into(),
            allow_external_principals: false,
            permissions: Vec::new(),
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Share`].
    pub struct ShareOutputs -> ShareHandle {
        /// The ARN.
        arn: Arn,
    }
}

impl Listed for ResourceShare {
    fn id(&self) -> &str {
        self.resource_share_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tags())
    }

    fn says(&self) -> String {
        self.name().unwrap_or_default().to_owned()
    }
}

impl Resource for Share {
    const KIND: &'static str = "ram.share";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "permissions"],
        sets: &["permissions"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::ClientToken,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object(
            "ListResourceSharePermissions takes one share, where it has some",
        ),
        iam: Iam {
            object: "ram:resource-share",
            holes: &[("share", Hole::Output("arn"))],
            search: &["ram:GetResourceShares"],
            observe: &["ram:GetResourceShares", "ram:ListResourceSharePermissions"],
            create: &["ram:CreateResourceShare", "ram:TagResource", "ram:GetResourceShares"],
            converge: &[
                "ram:GetResourceShares",
                "ram:UpdateResourceShare",
                "ram:TagResource",
                "ram:UntagResource",
            ],
            delete: &["ram:DeleteResourceShare", "ram:GetResourceShares"],
            only: &[
                ("ram:ListResourceSharePermissions", When::Given("permissions")),
                ("ram:UpdateResourceShare", When::Changes(&["name", "allow_external_principals"])),
                ("ram:TagResource", When::Sets("tags")),
                ("ram:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(3, 2, 5),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = ShareOutputs;

    fn validate(&self, problems: &mut Problems) {
        let fits = |c: char| c.is_ascii_alphanumeric() || " _-.".contains(c);
        let named = (1..=255).contains(&self.name.len()) && self.name.chars().all(fits);
        let what =
            format!("`{}` is no name: 1 to 255 letters, digits, blanks and any of _-.", self.name);
        problems.require(named, "name", what);
        for (number, permission) in self.permissions.iter().enumerate() {
            let text = permission.as_str();
            let fits =
                text.starts_with("arn:") && text.contains(":ram:") && text.contains(":permission/");
            let what =
                format!("`{text}` is no permission of RAM: `aws ram list-permissions` lists them");
            problems.require(fits, &format!("permissions[{number}]"), what);
        }
        let most = 46;
        let what = format!("{} tags are too many: {most} are the most", self.tags.len());
        problems.require(self.tags.len() <= most, "tags", what);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::share(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ShareOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let arn = |w: &Wanted<Self>| w.outputs.as_ref().map(|o| o.arn.to_string());
        let recorded: Vec<_> = wanted.iter().filter_map(arn).collect();
        let mut listed = Vec::new();
        if !recorded.is_empty() {
            listed.extend(by_arn(&aws, recorded).await?);
        }
        if wanted.iter().any(|w| w.outputs.is_none()) {
            listed.extend(by_tag(&aws, TAG_LINEAGE, cx.lineage()).await?);
        }
        let mut seen = Vec::with_capacity(wanted.len());
        for w in wanted {
            seen.push(match find(&listed, w, arn(w).as_deref()) {
                Match::None => Seen::Absent,
                Match::Many(found) => Seen::Ambiguous(found),
                Match::One(share) => {
                    w.inputs.live(&aws, share).await?.tagged(Listed::tags(share)).into()
                }
            });
        }
        Ok(seen)
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<ShareOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let listed = match &mark.lineage {
            Some(lineage) => by_tag(&aws, TAG_LINEAGE, lineage).await?,
            None => by_tag(&aws, TAG_STACK, &mark.stack).await?,
        };
        Ok(see_marked(&listed, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<ShareOutputs> {
        let action = "ram:CreateResourceShare";
        let aws = cx.aws(self.scope.get()).await?;
        let permissions = self.permissions.iter().map(ToString::to_string).collect::<Vec<_>>();
        let call = aws
            .ram
            .create_resource_share()
            .name(&self.name)
            .allow_external_principals(self.allow_external_principals)
            .set_permission_arns(Some(permissions).filter(|all| !all.is_empty()))
            .set_tags(Some(to_tags(cx.tags(&self.tags))))
            .client_token(cx.token());
        let made = call.send().await.map_err(fault(action))?;
        let arn = made.resource_share.and_then(|share| share.resource_share_arn);
        Ok(ShareOutputs { arn: arn.ok_or_else(|| incomplete(action, "resourceShareArn"))?.into() })
    }

    /// The ARN.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<ShareOutputs>>> {
        if !(id.starts_with("arn:") && id.contains(":ram:") && id.contains(":resource-share/")) {
            return Err(no_id(id, "arn:aws:ram:REGION:ACCOUNT:resource-share/ID"));
        }
        Ok(Some(Identity::new(ShareOutputs { arn: id.into() })))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ShareOutputs,
        approved: &Fields,
    ) -> Result<ShareOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = cx
            .wait(Patience::SECONDS, "the share to be active", || async {
                let Some(share) = describe(&aws, &live.arn).await? else {
                    return Ok(Probe::not_yet("not visible yet"));
                };
                match share.status() {
                    Some(Status::Active) => Ok(Probe::Ready(share)),
                    Some(Status::Failed) => Err(failed(&share)),
                    status => Ok(Probe::not_yet(status.map_or("unknown", Status::as_str))),
                }
            })
            .await?;
        let name = self.name.as_str();
        let renamed = approved.has("name") && found.name() != Some(name);
        let external = Some(self.allow_external_principals);
        let opened = approved.has("allow_external_principals")
            && found.allow_external_principals() != external;
        if renamed || opened {
            let call = aws.ram.update_resource_share().resource_share_arn(live.arn.as_str());
            let call = call.set_name(renamed.then(|| name.to_owned()));
            let call = call.set_allow_external_principals(external.filter(|_| opened));
            call.send().await.map_err(fault("ram:UpdateResourceShare"))?;
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &ShareOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = describe(&aws, &live.arn).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the share `{}`", self.name), pairs(found.tags()))?;
        if found.status() != Some(&Status::Deleting) {
            let call = aws.ram.delete_resource_share().resource_share_arn(live.arn.as_str());
            absent(call.send().await.map_err(fault("ram:DeleteResourceShare")))?;
        }
        cx.wait(Patience::MINUTES, "the share to be gone", || async {
            Ok(match describe(&aws, &live.arn).await? {
                None => Probe::Ready(()),
                Some(share) => Probe::not_yet(share.status().map_or("unknown", Status::as_str)),
            })
        })
        .await
    }
}

impl Share {
    /// With the permissions, where the program gives some: those of them that the share has, and others
    /// that are no default.
    async fn live(&self, aws: &Clients, share: &ResourceShare) -> Result<Live<ShareOutputs>> {
        let mut live = live(share);
        if !self.permissions.is_empty() {
            let call = aws.ram.list_resource_share_permissions();
            let call = call.resource_share_arn(share.id()).into_paginator().send();
            let found = pages("ram:ListResourceSharePermissions", call).await?;
            let found = found.into_iter().filter_map(|page| page.permissions).flatten();
            let told = |arn: &String| self.permissions.iter().any(|p| p.as_str() == arn);
            let counts = found.filter_map(|p| Some((p.arn?, p.is_resource_type_default)));
            let counts = counts.filter(|(arn, default)| told(arn) || *default != Some(true));
            live.fields["permissions"] = to_json(&counts.map(|(arn, _)| arn).collect::<Vec<_>>());
        }
        Ok(live)
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &ResourceShare) -> Result<()> {
        let (set, remove) = tags::to_change(cx, pairs(found.tags()), &self.tags);
        if !set.is_empty() {
            let call = aws.ram.tag_resource().resource_share_arn(found.id());
            let call = call.set_tags(Some(to_tags(set)));
            call.send().await.map_err(fault("ram:TagResource"))?;
        }
        if !remove.is_empty() {
            let call = aws.ram.untag_resource().resource_share_arn(found.id());
            let call = call.set_tag_keys(Some(remove));
            call.send().await.map_err(fault("ram:UntagResource"))?;
        }
        Ok(())
    }
}

fn live(share: &ResourceShare) -> Live<ShareOutputs> {
    let fields = json!({
        "name": share.name(),
        "allow_external_principals": share.allow_external_principals(),
        "tags": tags::managed(pairs(share.tags())),
    });
    let leaving = share.status() == Some(&Status::Deleting);
    Live::new(ShareOutputs { arn: share.id().into() }, fields)
        .tagged(pairs(share.tags()))
        .leaving(leaving)
}

fn failed(share: &ResourceShare) -> Fault {
    Fault::new(Class::Other, format!("the share {} has failed", share.id()))
        .why(share.status_message().unwrap_or("RAM gave no reason"))
        .hint("delete it in the RAM console, then run again")
}

fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?))).collect()
}

fn to_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

async fn describe(aws: &Clients, arn: &Arn) -> Result<Option<ResourceShare>> {
    Ok(by_arn(aws, vec![arn.to_string()]).await?.pop())
}

/// The shares of some ARNs that are there.
async fn by_arn(aws: &Clients, arns: Vec<String>) -> Result<Vec<ResourceShare>> {
    let ask = |arns: Vec<String>| async move {
        let call = aws.ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue);
        let call = call.set_resource_share_arns(Some(arns)).into_paginator().send();
        pages("ram:GetResourceShares", call).await
    };
    let found = of_shares(arns, ask).await?.into_iter();
    Ok(found.filter_map(|page| page.resource_shares).flatten().filter(is_there).collect())
}

async fn by_tag(aws: &Clients, key: &str, value: &str) -> Result<Vec<ResourceShare>> {
    let filter = TagFilter::builder().tag_key(key).tag_values(value).build();
    let call = aws.ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue);
    let call = call.tag_filters(filter).into_paginator().send();
    let found = pages("ram:GetResourceShares", call).await?;
    Ok(found
        .into_iter()
        .filter_map(|page| page.resource_shares)
        .flatten()
        .filter(is_there)
        .collect())
}

/// A deleted share stays listed for a while.
fn is_there(share: &ResourceShare) -> bool {
    share.status() != Some(&Status::Deleted)
}
