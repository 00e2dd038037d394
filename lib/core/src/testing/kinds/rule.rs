//! Found by the key that its inputs give.

use super::{Simulated, cloud, remove, seen, settle};
use crate::{
    Cx, Fields, Identity, Live, LostCreate, Meta, Ownership, Resource, Result, Seen, StepCx, Val,
    Wanted, json, testing::Object, to_json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule: no tags, no name; its network and port are its key, and it goes with its network. Like a
/// route.
///
/// What such a kind cannot promise, as its objects carry no mark: one that a process makes after it was
/// thawed stays unknown until its network goes or the key is wanted again; and one that others made under a
/// key that is wanted counts as made by a create whose answer was lost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// The network. Cannot change.
    pub net: Val<String>,
    /// Cannot change.
    pub port: u16,
    /// Where it leads. Can change.
    pub target: Val<String>,
}

crate::outputs! {
    /// What the cloud assigned to a [`Rule`].
    pub struct RuleOutputs -> RuleHandle {
        /// The id.
        id: String,
    }
}

impl Simulated for Rule {
    fn live(object: &Object) -> Live<RuleOutputs> {
        Live::new(RuleOutputs { id: object.id.clone() }, object.fields.clone())
            .leaving(object.is_leaving())
    }
}

impl Rule {
    fn key(&self) -> String {
        format!("{}:{}", self.net.get(), self.port)
    }
}

impl Resource for Rule {
    const KIND: &'static str = "sim.rule";
    const META: Meta = Meta {
        immutable: &["net", "port"],
        holds: &["net"],
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        coexists: false,
        ..Meta::DEFAULT
    };
    type Outputs = RuleOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<RuleOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let see = |w: &Wanted<Self>| {
            let key = Some(w.inputs.key());
            seen::<Self>(&all, |o| o.name == key)
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<RuleOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let found = all.iter().find(|rule| rule.name.as_deref() == Some(id));
        Ok(found.map(|rule| Identity::new(RuleOutputs { id: rule.id.clone() })))
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(Self::key(self))
    }

    async fn create(&self, cx: &StepCx) -> Result<RuleOutputs> {
        let fields = json!({ "net": self.net, "port": self.port, "target": self.target });
        let object = Object::new(Self::KIND, fields, BTreeMap::new())
            .named(&self.key())
            .within(self.net.get());
        Ok(RuleOutputs { id: cloud(cx).create(None, object).await?.id })
    }

    async fn converge(&self, cx: &StepCx, live: RuleOutputs, _: &Fields) -> Result<RuleOutputs> {
        let target = to_json(&self.target);
        settle(cx, &live.id, |o| o.fields["target"] = target.clone()).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &RuleOutputs) -> Result<()> {
        remove(cx, &live.id).await
    }
}
