//! `kms.alias`: the name by which a key is known, whichever key that is today.

use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::pages,
    kms::{SETTLING, unsettled},
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use aws_sdk_kms::types::AliasListEntry;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming, Ownership,
    Problems, Resource, Result, Seen, StepCx, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// A name for a key. Programs that use it go on when another key takes the place of the one behind it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alias {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The name, unique in the account and region, e.g. `alias/data`.
    pub name: String,
    /// The key behind it. Another one of the same usage and sort takes its place at once.
    pub key: Val<Arn>,
}

impl Alias {
    /// A name for a key.
    pub fn new(scope: Val<Scope>, name: impl Into<String>, key: Val<Arn>) -> Self {
        Self { scope, name: name.into(), key }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`Alias`].
    pub struct AliasOutputs -> AliasHandle {
        /// The name.
        name: String,
        /// The ARN; most services take it where they take a key's.
        arn: Arn,
    }
}

impl Resource for Alias {
    const KIND: &'static str = "kms.alias";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::KeyAndValue,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        iam: Iam {
            holes: &[("alias", Hole::Input("name")), ("key", Hole::Input("key"))],
            observe: &["kms:ListAliases"],
            create: &["kms:CreateAlias", "kms:ListAliases"],
            converge: &["kms:ListAliases", "kms:UpdateAlias"],
            delete: &["kms:DeleteAlias", "kms:ListAliases"],
            only: &[("kms:UpdateAlias", When::Changes(&["key"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = AliasOutputs;

    fn validate(&self, problems: &mut Problems) {
        let name = &self.name;
        let rest = name.strip_prefix("alias/");
        let fits = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
        problems.require(
            rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(fits))
                && name.len() <= 256,
            "name",
            format!(
                "`{name}` is no alias: `alias/` and letters, digits and any of /_-, 256 at most"
            ),
        );
        let own = rest.is_none_or(|rest| !rest.starts_with("aws/"));
        problems.require(own, "name", "AWS keeps `alias/aws/` for itself");
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<AliasOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws).await?;
        let look = |w: &Wanted<Self>| {
            let there = listed.iter().find(|alias| alias.alias_name() == Some(&w.inputs.name));
            // Where only the intent is recorded, one for another key is not the one we made.
            let ours = there.filter(|alias| w.outputs.is_some() || w.inputs.is_for(alias));
            ours.map_or(Seen::Absent, |alias| w.inputs.live(alias).into())
        };
        Ok(wanted.iter().map(look).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<AliasOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws.kms.create_alias().alias_name(&self.name);
            let call = call.target_key_id(self.key.get().as_str()).send().await;
            call.map_err(fault("kms:CreateAlias"))
        };
        match cx.retry(SETTLING, unsettled, create).await {
            Ok(_) => Ok(self.outputs()),
            Err(fault) if fault.class == Class::Exists => self.taken(&aws, fault).await,
            Err(fault) => Err(fault),
        }
    }

    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<AliasOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.name.clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: AliasOutputs,
        approved: &Fields,
    ) -> Result<AliasOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = until_visible(cx, "the alias to be listed", || self.find(&aws)).await?;
        if approved.has("key") && !self.is_for(&there) {
            let update = || async {
                let call = aws.kms.update_alias().alias_name(&self.name);
                let call = call.target_key_id(self.key.get().as_str()).send().await;
                call.map_err(fault("kms:UpdateAlias"))
            };
            cx.retry(SETTLING, unsettled, update).await?;
            let moved = async || Ok(self.find(&aws).await?.filter(|alias| self.is_for(alias)));
            until_visible(cx, "the alias to be that of the key", moved).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &AliasOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws.kms.delete_alias().alias_name(&self.name).send().await;
        absent(call.map_err(fault("kms:DeleteAlias")))?;
        until_gone(cx, "the alias to be gone", || self.find(&aws)).await
    }
}

impl Alias {
    fn outputs(&self) -> AliasOutputs {
        let Scope { account, region, partition, .. } = self.scope.get();
        let arn = format!("arn:{partition}:kms:{region}:{account}:{}", self.name);
        AliasOutputs { name: self.name.clone(), arn: arn.into() }
    }

    /// KMS tells the key by its id, programs name it by its ARN or its id.
    fn is_for(&self, alias: &AliasListEntry) -> bool {
        let wanted = self.key.get().as_str();
        alias.target_key_id() == Some(wanted.rsplit_once(":key/").map_or(wanted, |(_, id)| id))
    }

    fn live(&self, alias: &AliasListEntry) -> Live<AliasOutputs> {
        let Scope { account, region, partition, .. } = self.scope.get();
        let key = match alias.target_key_id() {
            _ if self.is_for(alias) => self.key.get().to_string(),
            Some(id) => format!("arn:{partition}:kms:{region}:{account}:key/{id}"),
            None => String::new(),
        };
        Live::new(self.outputs(), json!({ "key": key }))
    }

    async fn find(&self, aws: &Clients) -> Result<Option<AliasListEntry>> {
        let listed = list(aws).await?;
        Ok(listed.into_iter().find(|alias| alias.alias_name() == Some(&self.name)))
    }

    /// The name is taken: by this very resource, when the answer to its create was lost, or by another.
    async fn taken(&self, aws: &Clients, fault: Fault) -> Result<AliasOutputs> {
        let Some(there) = self.find(aws).await? else { return Err(fault) };
        if self.is_for(&there) {
            return Ok(self.outputs());
        }
        let key = there.target_key_id().unwrap_or("no key");
        let what = format!("the alias `{}` exists already and is not this resource's", self.name);
        Err(Fault::new(Class::NotOurs, what)
            .why(format!("it is a name of {key}"))
            .hint("give this resource another `name`, or delete that alias"))
    }
}

async fn list(aws: &Clients) -> Result<Vec<AliasListEntry>> {
    pages("kms:ListAliases", aws.kms.list_aliases().into_paginator().items().send()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_apart_from_those_of_aws() {
        let mistakes = |name: &str| {
            let key = Arn::from("arn:aws:kms:eu-west-1:1:key/2").into();
            let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
            let mut problems = Problems::default();
            Alias::new(scope, name, key).validate(&mut problems);
            problems.into_vec().len()
        };
        assert_eq!(mistakes("alias/data/main"), 0);
        for wrong in ["data", "alias/", "alias/a b", "alias/aws/rds"] {
            assert_eq!(mistakes(wrong), 1, "{wrong}");
        }
    }
}
