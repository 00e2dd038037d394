//! `organizations.unit`: an organizational unit.

use super::{
    REACH, change, check_parent, check_tags, move_account, pairs, parent_of, risks, sync_tags,
    tags_of, to_tags,
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault, incomplete},
    found::{Listed, each, pages, see_marked, take_or_refuse},
    scope, tags,
    taking::keyed,
};
use aws_sdk_organizations::types::{self, Tag};
use groundplan_core::{
    Class, Cx, Fault, Fields, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming, Near,
    Patience, Probe, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, TAG_LINEAGE,
    Transition, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// An organizational unit: accounts and further units, to which the same policies apply.
///
/// A unit that goes lets the accounts in it that this stack made go to the unit or root above, as they
/// stay. What else is in it keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unit {
    /// The management account.
    pub scope: Val<Scope>,
    /// The root or unit that it is in. A unit cannot be moved.
    pub parent: Val<String>,
    /// Its name, unique in its parent: up to 128 characters.
    pub name: String,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Unit {
    /// A unit in a root or another unit.
    pub fn new(scope: Val<Scope>, parent: Val<String>, name: impl Into<String>) -> Self {
        Self { scope, parent, name: name.into(), tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Unit`].
    pub struct UnitOutputs -> UnitHandle {
        /// The id, `ou-…`.
        id: String,
        /// The ARN. Who shares something with it shares it with every account in it.
        arn: Arn,
    }
}

/// A unit with all that is read of it.
struct Found {
    parent: Option<String>,
    id: String,
    arn: String,
    name: String,
    tags: Vec<Tag>,
}

impl Listed for Found {
    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.tags)
    }

    fn says(&self) -> String {
        self.name.clone()
    }
}

impl Resource for Unit {
    const KIND: &'static str = "organizations.unit";
    const META: Meta = Meta {
        immutable: &["scope.account", "parent"],
        holds: &["parent"],
        place: scope::PLACE,
        reach: REACH,
        lost_create: LostCreate::UniqueName,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Objects(
            3,
            "DescribeOrganizationalUnit, ListTagsForResource and ListOrganizationalUnitsForParent take one",
        ),
        iam: Iam {
            object: "organizations:organizationalunit",
            search: &[
                "organizations:ListOrganizationalUnitsForParent",
                "organizations:ListTagsForResource",
            ],
            observe: &[
                "organizations:DescribeOrganizationalUnit",
                "organizations:ListTagsForResource",
                "organizations:ListOrganizationalUnitsForParent",
            ],
            create: &[
                "organizations:CreateOrganizationalUnit",
                "organizations:TagResource",
                "organizations:DescribeOrganizationalUnit",
                "organizations:ListTagsForResource",
                "organizations:ListOrganizationalUnitsForParent",
            ],
            converge: &[
                "organizations:DescribeOrganizationalUnit",
                "organizations:ListTagsForResource",
                "organizations:UpdateOrganizationalUnit",
                "organizations:TagResource",
                "organizations:UntagResource",
            ],
            delete: &[
                "organizations:DeleteOrganizationalUnit",
                "organizations:DescribeOrganizationalUnit",
                "organizations:ListAccountsForParent",
                "organizations:ListParents",
                "organizations:ListTagsForResource",
                "organizations:MoveAccount",
            ],
            only: &[
                ("organizations:UpdateOrganizationalUnit", When::Changes(&["name"])),
                ("organizations:TagResource", When::Sets("tags")),
                ("organizations:UntagResource", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = UnitOutputs;

    fn validate(&self, problems: &mut Problems) {
        let fits = !self.name.trim().is_empty() && self.name.chars().count() <= 128;
        problems.require(fits, "name", format!("`{}` is no name: 1 to 128 characters", self.name));
        check_parent(problems, self.parent.known());
        check_tags(problems, &self.tags);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::unit(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<UnitOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    /// Looks in the parents of `near`, and on in what is ours there. Other units cost a call each, as a
    /// listing shows no tags.
    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<UnitOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let above = near.iter().map(|unit| unit.parent.get().clone());
        let mut parents: Vec<_> =
            above.chain(near.recorded.iter().map(|known| known.id.clone())).collect();
        parents.sort();
        parents.dedup();
        let mut found = Vec::new();
        while let Some(parent) = parents.pop() {
            for unit in children(&aws, &parent).await? {
                if near.is_recorded(|one| Some(one.id.as_str()) == unit.id()) {
                    continue;
                }
                let known = found.iter().any(|f: &Found| Some(f.id()) == unit.id());
                let unit = Found { parent: Some(parent.clone()), ..with_tags(&aws, unit).await? };
                if tags::read(mark, unit.tags()).is_some() && !known {
                    parents.push(unit.id.clone());
                    found.push(unit);
                }
            }
        }
        Ok(see_marked(&found, mark, live))
    }

    async fn create(&self, cx: &StepCx) -> Result<UnitOutputs> {
        let action = "organizations:CreateOrganizationalUnit";
        let aws = cx.aws(self.scope.get()).await?;
        let tags = to_tags(cx.tags(&self.tags));
        let made = change(cx, || async {
            let call = aws.organizations.create_organizational_unit().name(&self.name);
            let call = call.parent_id(self.parent.get()).set_tags(Some(tags.clone()));
            call.send().await.map_err(fault(action))
        });
        match made.await {
            Ok(made) => outputs(&made.organizational_unit.unwrap_or_else(empty), action),
            Err(fault) if fault.class == Class::Exists => {
                let Some(there) = self.by_name(&aws).await? else { return Err(fault) };
                let what = format!("a unit `{}`", self.name);
                let hint = "give this one another `name`, or delete that one";
                let there = take_or_refuse(cx, there, &what, hint)?;
                Ok(UnitOutputs { id: there.id, arn: there.arn.into() })
            }
            Err(fault) => Err(fault),
        }
    }

    /// The id, `ou-…`, or the parent's and the name: `r-…/NAME`.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<UnitOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = if id.starts_with("ou-") && !id.contains('/') {
            describe(&aws, id).await?
        } else {
            keyed(id, self.key(None).as_deref(), ())?;
            self.by_name(&aws).await?
        };
        Ok(found.map(|found| Identity::new(UnitOutputs { id: found.id, arn: found.arn.into() })))
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}/{}", self.parent.get(), self.name))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: UnitOutputs,
        approved: &Fields,
    ) -> Result<UnitOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = cx
            .wait(Patience::SECONDS, "the unit to be visible", || async {
                let found = describe(&aws, &live.id).await?;
                Ok(found.map_or_else(|| Probe::not_yet("not visible yet"), Probe::Ready))
            })
            .await?;
        if approved.has("name") && found.name != self.name {
            change(cx, || async {
                let call = aws.organizations.update_organizational_unit().name(&self.name);
                let call = call.organizational_unit_id(&live.id).send().await;
                call.map_err(fault("organizations:UpdateOrganizationalUnit"))
            })
            .await?;
        }
        if approved.has("tags") {
            sync_tags(cx, &aws, &live.id, &found.tags, &self.tags).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &UnitOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = describe(&aws, &live.id).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the unit `{}`", found.name), found.tags())?;
        let others = self.let_go(cx, &aws, &live.id).await?;
        let delete = change(cx, || async {
            let call = aws.organizations.delete_organizational_unit();
            let call = call.organizational_unit_id(&live.id).send().await;
            absent(call.map_err(fault("organizations:DeleteOrganizationalUnit")))
        });
        delete.await.map_err(|fault| match fault.class {
            Class::InUse if !others.is_empty() => fault.hint(format!(
                "move what others made in it elsewhere, then run again: {}",
                others.join(", ")
            )),
            _ => fault,
        })?;
        cx.wait(Patience::SECONDS, "the unit to be gone", || async {
            let found = describe(&aws, &live.id).await?;
            Ok(found.map_or(Probe::Ready(()), |_| Probe::not_yet("still there")))
        })
        .await
    }
}

impl Unit {
    /// Moves the accounts of this stack out of a unit that goes; the others.
    async fn let_go(&self, cx: &StepCx, aws: &Clients, id: &str) -> Result<Vec<String>> {
        let call = aws.organizations.list_accounts_for_parent().parent_id(id).into_paginator();
        let inside = pages("organizations:ListAccountsForParent", call.send()).await?;
        let inside = inside.into_iter().filter_map(|page| page.accounts).flatten();
        let mut others = Vec::new();
        for account in inside.filter_map(|account| account.id) {
            let tags = tags_of(aws, &account).await?;
            if !pairs(&tags).contains(&(TAG_LINEAGE, cx.lineage())) {
                others.push(format!("account {account}"));
                continue;
            }
            let above = parent_of(aws, id).await?;
            let above = above.as_ref().unwrap_or_else(|| self.parent.get());
            move_account(cx, aws, &account, id, above).await?;
        }
        Ok(others)
    }

    async fn by_name(&self, aws: &Clients) -> Result<Option<Found>> {
        let siblings = children(aws, self.parent.get()).await?;
        let it = siblings.into_iter().find(|unit| unit.name() == Some(&self.name));
        match it {
            Some(unit) => Ok(Some(with_tags(aws, unit).await?)),
            None => Ok(None),
        }
    }
}

async fn look(aws: &Clients, wanted: &Wanted<Unit>) -> Result<Seen<UnitOutputs>> {
    let found = match &wanted.outputs {
        Some(outputs) => describe(aws, &outputs.id).await?,
        None => wanted.inputs.by_name(aws).await?.filter(|f| tags::belongs(wanted, f.tags())),
    };
    Ok(found.map_or(Seen::Absent, |found| live(&found).tagged(found.tags()).into()))
}

fn live(found: &Found) -> Live<UnitOutputs> {
    let mut fields = json!({ "name": found.name, "tags": tags::managed(pairs(&found.tags)) });
    if let Some(parent) = &found.parent {
        fields["parent"] = parent.as_str().into();
    }
    Live::new(UnitOutputs { id: found.id.clone(), arn: found.arn.as_str().into() }, fields)
        .tagged(pairs(&found.tags))
}

/// The units in a root or unit; none if that is absent.
async fn children(aws: &Clients, parent: &str) -> Result<Vec<types::OrganizationalUnit>> {
    let call = aws.organizations.list_organizational_units_for_parent().parent_id(parent);
    let action = "organizations:ListOrganizationalUnitsForParent";
    let found = absent(pages(action, call.into_paginator().send()).await)?.unwrap_or_default();
    Ok(found.into_iter().filter_map(|page| page.organizational_units).flatten().collect())
}

async fn describe(aws: &Clients, id: &str) -> Result<Option<Found>> {
    let call = aws.organizations.describe_organizational_unit().organizational_unit_id(id);
    let action = "organizations:DescribeOrganizationalUnit";
    let found = absent(call.send().await.map_err(fault(action)))?;
    match found.and_then(|found| found.organizational_unit) {
        Some(unit) => Ok(Some(with_tags(aws, unit).await?)),
        None => Ok(None),
    }
}

async fn with_tags(aws: &Clients, unit: types::OrganizationalUnit) -> Result<Found> {
    let UnitOutputs { id, arn } = outputs(&unit, "organizations:DescribeOrganizationalUnit")?;
    let tags = tags_of(aws, &id).await?;
    let name = unit.name.unwrap_or_default();
    Ok(Found { parent: None, id, arn: arn.to_string(), name, tags })
}

fn outputs(unit: &types::OrganizationalUnit, action: &str) -> Result<UnitOutputs> {
    let missing = |field| -> Fault { incomplete(action, field) };
    Ok(UnitOutputs {
        id: unit.id().ok_or_else(|| missing("Id"))?.to_owned(),
        arn: unit.arn().ok_or_else(|| missing("Arn"))?.into(),
    })
}

fn empty() -> types::OrganizationalUnit {
    types::OrganizationalUnit::builder().build()
}
