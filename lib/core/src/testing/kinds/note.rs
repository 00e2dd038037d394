//! Not found again: neither mark nor name nor key.

use super::{Simulated, cloud, remove, seen, settle};
use crate::{
    Cx, Fields, Live, Meta, Ownership, Resource, Result, Seen, StepCx, Wanted, json,
    testing::Object,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A note: no tags, no name, no key, no token. Only the id tells one from another.
///
/// What such a kind cannot promise: when the answer to its create is lost, or the process dies before
/// the id is recorded, nobody can tell whether there is an object, and which. The engine then makes
/// another, and the first one stays. Real services have few such kinds; a kind of one's own should put
/// the mark, a token or a name into its create.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Can change.
    pub text: String,
}

crate::outputs! {
    /// What the cloud assigned to a [`Note`].
    pub struct NoteOutputs -> NoteHandle {
        /// The id.
        id: String,
    }
}

impl Simulated for Note {
    fn live(object: &Object) -> Live<NoteOutputs> {
        Live::new(NoteOutputs { id: object.id.clone() }, object.fields.clone())
            .leaving(object.is_leaving())
    }
}

impl Resource for Note {
    const KIND: &'static str = "sim.note";
    const META: Meta = Meta { ownership: Ownership::KeyAndValue, ..Meta::DEFAULT };
    type Outputs = NoteOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<NoteOutputs>>> {
        let all = cloud(cx).list(Self::KIND).await?;
        let see = |w: &Wanted<Self>| {
            seen::<Self>(&all, |o| w.outputs.as_ref().is_some_and(|known| known.id == o.id))
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<NoteOutputs> {
        let object = Object::new(Self::KIND, json!({ "text": self.text }), BTreeMap::new());
        Ok(NoteOutputs { id: cloud(cx).create(None, object).await?.id })
    }

    async fn converge(&self, cx: &StepCx, live: NoteOutputs, _: &Fields) -> Result<NoteOutputs> {
        settle(cx, &live.id, |o| o.fields["text"] = self.text.clone().into()).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &NoteOutputs) -> Result<()> {
        remove(cx, &live.id).await
    }
}
