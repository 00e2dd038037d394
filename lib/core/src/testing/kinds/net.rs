//! Found by its tags alone.

use super::{Simulated, cloud, marked, owned, remove, seen, settle};
use crate::{
    Class, Cx, Fault, Fields, Identity, Live, Mark, Marked, Meta, Near, Resource, Result, Seen,
    StepCx, Typical, Wanted, json, testing::Object, to_json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

impl Simulated for Net {
    fn live(object: &Object) -> Live<NetOutputs> {
        Live::new(NetOutputs { id: object.id.clone() }, object.fields.clone())
            .tagged(object.tags())
            .leaving(object.is_leaving())
    }
}

impl Resource for Net {
    const KIND: &'static str = "sim.net";
    const META: Meta = Meta {
        immutable: &["cidr"],
        defaults: &[("tags", "tags")],
        typical: Typical::seconds(3, 1, 2),
        ..Meta::DEFAULT
    };
    type Outputs = NetOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<NetOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let see = |w: &Wanted<Self>| {
            seen::<Self>(&all, |o| match &w.outputs {
                Some(outputs) => o.id == outputs.id,
                None => owned(o, &w.owner),
            })
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn marked(cx: &Cx, _: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<NetOutputs>>> {
        marked::<Self>(cx, mark).await
    }

    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<NetOutputs>>> {
        if !id.starts_with("net-") {
            let what = format!("`{id}` is no network's id");
            return Err(Fault::new(Class::Invalid, what).hint("an id such as net-1"));
        }
        Ok(Some(Identity::new(NetOutputs { id: id.to_owned() })))
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
        let (mtu, tags) = (approved.has("mtu"), approved.has("tags"));
        let change = |o: &mut Object| {
            if mtu {
                o.fields["mtu"] = self.mtu.into();
            }
            if tags {
                o.fields["tags"] = to_json(&self.tags);
                o.tags.extend(cx.tags(&BTreeMap::new()));
            }
        };
        settle(cx, &live.id, change).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &NetOutputs) -> Result<()> {
        remove(cx, &live.id).await
    }
}
