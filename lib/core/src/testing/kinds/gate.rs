//! Found by its client token: the create that is repeated answers with the same object.

use super::{Simulated, cloud, marked, owned, remove, seen, settle};
use crate::{
    Cx, Fields, Live, LostCreate, Mark, Marked, Meta, Near, ReadCost, Resource, Result, Seen,
    StepCx, Typical, Val, Wanted, json, testing::Object,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A gateway: has a client token and tags, and no name; holds its network. Like a NAT gateway.
///
/// Lists may lack it for longer than anybody looks for it; by its id it is found soon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gate {
    /// Its network. Cannot change.
    pub net: Val<String>,
    /// Can.
    pub size: u32,
}

crate::outputs! {
    /// What the cloud assigned to a [`Gate`].
    pub struct GateOutputs -> GateHandle {
        /// The id.
        id: String,
    }
}

impl Simulated for Gate {
    fn live(object: &Object) -> Live<GateOutputs> {
        Live::new(GateOutputs { id: object.id.clone() }, object.fields.clone())
            .leaving(object.is_leaving())
    }
}

impl Resource for Gate {
    const KIND: &'static str = "sim.gate";
    const META: Meta = Meta {
        immutable: &["net"],
        holds: &["net"],
        lost_create: LostCreate::ClientToken,
        read_cost: ReadCost::Object("lists may lack what was just made"),
        typical: Typical::seconds(90, 5, 60),
        ..Meta::DEFAULT
    };
    type Outputs = GateOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<GateOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let mut found = Vec::new();
        for w in wanted {
            found.push(match &w.outputs {
                Some(outputs) => {
                    let one = cloud(cx).get(&outputs.id).await?;
                    one.map_or(Seen::Absent, |object| Self::live(&object).into())
                }
                None => seen::<Self>(&all, |o| owned(o, &w.owner)),
            });
        }
        Ok(found)
    }

    async fn marked(cx: &Cx, _: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<GateOutputs>>> {
        marked::<Self>(cx, mark).await
    }

    async fn create(&self, cx: &StepCx) -> Result<GateOutputs> {
        let fields = json!({ "net": self.net, "size": self.size });
        let object = Object::new(Self::KIND, fields, cx.tags(&BTreeMap::new()))
            .holding(vec![self.net.get().clone()]);
        Ok(GateOutputs { id: cloud(cx).create(Some(cx.token()), object).await?.id })
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: GateOutputs,
        approved: &Fields,
    ) -> Result<GateOutputs> {
        let size = approved.has("size");
        let change = |o: &mut Object| {
            if size {
                o.fields["size"] = self.size.into();
            }
        };
        settle(cx, &live.id, change).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &GateOutputs) -> Result<()> {
        remove(cx, &live.id).await
    }
}
