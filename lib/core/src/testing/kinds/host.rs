//! Found by its unique name; its tags tell whose it is.

use super::{Simulated, cloud, marked, owned, remove, seen, settle};
use crate::{
    Cx, Fields, Identity, Live, LostCreate, Mark, Marked, Meta, Naming, Near, Resource, Result,
    Seen, StepCx, TAG_LINEAGE, Typical, Val, Wanted, json, testing::Object, to_json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A host: has a unique name, like a role; holds its networks, which it can change.
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

impl Simulated for Host {
    fn live(object: &Object) -> Live<HostOutputs> {
        let outputs = HostOutputs {
            id: object.id.clone(),
            name: object.name.clone().unwrap_or_default(),
            ip: object.fields["ip"].as_str().map(str::to_owned),
        };
        let mut fields = object.fields.clone();
        fields.as_object_mut().map(|map| map.remove("ip"));
        Live::new(outputs, fields).tagged(object.tags()).leaving(object.is_leaving())
    }
}

impl Host {
    fn nets(&self) -> Vec<String> {
        self.nets.iter().map(|net| net.get().clone()).collect()
    }
}

impl Resource for Host {
    const KIND: &'static str = "sim.host";
    const META: Meta = Meta {
        immutable: &["image"],
        volatile: &["ip"],
        holds: &["nets"],
        naming: Naming::Derived { max: 24 },
        lost_create: LostCreate::UniqueName,
        typical: Typical::seconds(600, 60, 120),
        ..Meta::DEFAULT
    };
    type Outputs = HostOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<HostOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let ours = |o: &Object, w: &Wanted<Self>| {
            let unmarked = w.outputs.is_some() && !o.tags.contains_key(TAG_LINEAGE);
            w.taking || unmarked || owned(o, &w.owner)
        };
        let see = |w: &Wanted<Self>| seen::<Self>(&all, |o| o.name == w.name && ours(o, w));
        Ok(wanted.iter().map(see).collect())
    }

    /// Leaves out what is recorded, as kinds do whose objects take a call each.
    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<HostOutputs>>> {
        let mut all = marked::<Self>(cx, mark).await?;
        all.retain(|one| !near.is_recorded(|known| known.id == one.id));
        Ok(all)
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<HostOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let found = all.iter().find(|host| host.name.as_deref() == Some(id));
        Ok(found.map(|host| Identity::named(Self::live(host).outputs, id)))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn create(&self, cx: &StepCx) -> Result<HostOutputs> {
        let fields = json!({ "image": self.image, "nets": self.nets, "size": self.size });
        let object = Object::new(Self::KIND, fields, cx.tags(&BTreeMap::new()))
            .named(cx.name())
            .holding(self.nets());
        let made = cloud(cx).create(None, object).await?;
        Ok(HostOutputs { id: made.id, name: cx.name().to_owned(), ip: None })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: HostOutputs,
        approved: &Fields,
    ) -> Result<HostOutputs> {
        let (size, nets) = (approved.has("size"), approved.has("nets"));
        let ip = format!("10.0.0.{}", self.size);
        let change = |o: &mut Object| {
            if approved.has("tags") {
                o.tags.extend(cx.tags(&BTreeMap::new()));
            }
            if size {
                o.fields["size"] = self.size.into();
                o.fields["ip"] = ip.clone().into();
            }
            if nets {
                o.fields["nets"] = to_json(&self.nets);
                o.holds = self.nets();
            }
        };
        settle(cx, &live.id, change).await?;
        Ok(HostOutputs { ip: Some(ip), ..live })
    }

    async fn delete(&self, cx: &StepCx, live: &HostOutputs) -> Result<()> {
        remove(cx, &live.id).await
    }
}
