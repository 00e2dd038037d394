//! Kinds for the simulated cloud, one for each way in which an object is found again.

use super::{Object, SimCloud};
use crate::{
    Class, Cx, Derived, Fault, Fields, Live, LostCreate, Meta, Naming, Ownership, Patience, Probe,
    Registry, Resource, Result, Seen, StepCx, Typical, Val, Wanted, json, to_json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Every simulated kind.
pub fn registry() -> Registry {
    Registry::new().with::<Net>().with::<Host>().with::<Rule>().with_derived::<Sum>()
}

fn cloud(cx: &Cx) -> &SimCloud {
    cx.extension()
}

/// A network: no name and no token, found by its tags, like a VPC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Net {
    /// Cannot change.
    pub cidr: String,
    /// Can.
    pub mtu: u32,
    /// Can.
    pub tags: BTreeMap<String, String>,
}

crate::outputs! {
    /// What the cloud assigned to a [`Net`].
    pub struct NetOutputs -> NetHandle {
        /// The id.
        id: String,
    }
}

impl Resource for Net {
    const KIND: &'static str = "sim.net";
    const META: Meta =
        Meta { immutable: &["cidr"], typical: Typical::seconds(3, 1, 2), ..Meta::DEFAULT };
    type Outputs = NetOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<NetOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let see = |w: &Wanted<Self>| {
            let fits = |o: &&Object| match &w.outputs {
                Some(outputs) => o.id == outputs.id,
                None => owned(o, &w.owner),
            };
            match &all.iter().filter(fits).collect::<Vec<_>>()[..] {
                [] => Seen::Absent,
                [one] => Live::new(NetOutputs { id: one.id.clone() }, one.fields.clone()).into(),
                many => Seen::Ambiguous(many.iter().map(|o| o.id.clone()).collect()),
            }
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<NetOutputs> {
        // The settings come with converge, as with many real APIs.
        let object =
            Object::new(Self::KIND, json!({ "cidr": self.cidr }), cx.tags(&BTreeMap::new()));
        Ok(NetOutputs { id: cloud(cx).create(None, object).await?.id })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: NetOutputs,
        approved: &Fields,
    ) -> Result<NetOutputs> {
        settle(cx, &live.id).await?;
        let (mtu, tags) = (approved.has("mtu"), approved.has("tags"));
        let change = |o: &mut Object| {
            if mtu {
                o.fields["mtu"] = self.mtu.into();
            }
            if tags {
                o.fields["tags"] = to_json(&self.tags);
            }
        };
        repeat(cx, || cloud(cx).update(&live.id, change)).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &NetOutputs) -> Result<()> {
        repeat(cx, || cloud(cx).delete(&live.id)).await
    }
}

/// A host: has a unique name and a client token, holds its networks, which it can change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Host {
    /// The networks it is in. Can change.
    pub nets: Vec<Val<String>>,
    /// Cannot change.
    pub image: String,
    /// Can.
    pub size: u32,
}

crate::outputs! {
    /// What the cloud assigned to a [`Host`].
    pub struct HostOutputs -> HostHandle {
        /// The id.
        id: String,
        /// The name.
        name: String,
    } later {
        /// The address, once it runs. A new size moves it.
        ip: String,
    }
}

impl Resource for Host {
    const KIND: &'static str = "sim.host";
    const META: Meta = Meta {
        immutable: &["image"],
        volatile: &["ip"],
        holds: &["nets"],
        naming: Naming::Derived { max: 24 },
        lost_create: LostCreate::ClientToken,
        typical: Typical::seconds(600, 60, 120),
        ..Meta::DEFAULT
    };
    type Outputs = HostOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<HostOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let see = |w: &Wanted<Self>| {
            let one = all.iter().find(|o| o.name == w.name && owned(o, &w.owner));
            one.map_or(Seen::Absent, |one| {
                let outputs = HostOutputs {
                    id: one.id.clone(),
                    name: one.name.clone().unwrap_or_default(),
                    ip: one.fields["ip"].as_str().map(str::to_owned),
                };
                let mut fields = one.fields.clone();
                fields["nets"] = to_json(&one.holds);
                fields.as_object_mut().map(|map| map.remove("ip"));
                Live::new(outputs, fields).into()
            })
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<HostOutputs> {
        let holds = self.nets.iter().map(|net| net.get().clone()).collect();
        let fields = json!({ "image": self.image, "size": self.size });
        let object = Object::new(Self::KIND, fields, cx.tags(&BTreeMap::new()));
        let object = Object { holds, name: Some(cx.name().to_owned()), ..object };
        let made = cloud(cx).create(Some(cx.token()), object).await?;
        Ok(HostOutputs { id: made.id, name: cx.name().to_owned(), ip: None })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: HostOutputs,
        approved: &Fields,
    ) -> Result<HostOutputs> {
        settle(cx, &live.id).await?;
        let (size, nets) = (approved.has("size"), approved.has("nets"));
        let ip = format!("10.0.0.{}", self.size);
        let change = |o: &mut Object| {
            if size {
                o.fields["size"] = self.size.into();
                o.fields["ip"] = ip.clone().into();
            }
            if nets {
                o.holds = self.nets.iter().map(|net| net.get().clone()).collect();
            }
        };
        repeat(cx, || cloud(cx).update(&live.id, change)).await?;
        Ok(HostOutputs { ip: Some(ip.clone()), ..live })
    }

    async fn delete(&self, cx: &StepCx, live: &HostOutputs) -> Result<()> {
        repeat(cx, || cloud(cx).delete(&live.id)).await
    }
}

/// A rule: no tags, no name; its network and port are its key, like a route.
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
            let one = all.iter().find(|o| o.name == Some(w.inputs.key()));
            one.map_or(Seen::Absent, |one| {
                Live::new(RuleOutputs { id: one.id.clone() }, one.fields.clone()).into()
            })
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<RuleOutputs> {
        let fields = json!({ "net": self.net, "port": self.port, "target": self.target });
        let object = Object::new(Self::KIND, fields, BTreeMap::new());
        let object =
            Object { holds: vec![self.net.get().clone()], name: Some(self.key()), ..object };
        Ok(RuleOutputs { id: cloud(cx).create(None, object).await?.id })
    }

    async fn converge(&self, cx: &StepCx, live: RuleOutputs, _: &Fields) -> Result<RuleOutputs> {
        settle(cx, &live.id).await?;
        let target = to_json(&self.target);
        repeat(cx, || cloud(cx).update(&live.id, |o| o.fields["target"] = target.clone())).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &RuleOutputs) -> Result<()> {
        repeat(cx, || cloud(cx).delete(&live.id)).await
    }
}

/// A value that takes code to compute: several texts in one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sum {
    /// The texts.
    pub of: Vec<Val<String>>,
}

crate::outputs! {
    /// The value of a [`Sum`].
    pub struct SumOutputs -> SumHandle {
        /// The texts with `+` between them.
        text: String,
    }
}

impl Derived for Sum {
    const KIND: &'static str = "sim.sum";
    type Outputs = SumOutputs;

    async fn derive(&self, _: &Cx) -> Result<SumOutputs> {
        let texts: Vec<_> = self.of.iter().map(|val| val.get().as_str()).collect();
        Ok(SumOutputs { text: texts.join("+") })
    }
}

fn owned(object: &Object, owner: &crate::Owner) -> bool {
    owner.owns(|key| object.tags.get(key).map(String::as_str))
}

/// Waits until reads see the object.
async fn settle(cx: &StepCx, id: &str) -> Result<()> {
    cx.wait(Patience::SECONDS, "the object to show", || async {
        let found = cloud(cx).get(id).await?;
        Ok(if found.is_some() { Probe::Ready(()) } else { Probe::not_yet("not visible yet") })
    })
    .await
}

/// Repeats an idempotent call while it is in somebody's way or gets no answer.
async fn repeat<F: Future<Output = Result<()>> + Send>(
    cx: &StepCx,
    call: impl FnMut() -> F + Send,
) -> Result<()> {
    cx.retry(Patience::SECONDS, |f: &Fault| f.class == Class::InUse, call).await
}
