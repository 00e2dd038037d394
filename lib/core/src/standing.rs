//! An object that nothing here declares or records, read as a program would have to declare it.

use crate::{Cx, Live, Owner, Registry, Result, Seen, kind::WantedJson, plan};
use groundplan_state::Address;
use serde_json::{Map, Value as Json};

/// A live object, and what a program would say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its inputs as they are there. Nothing that is read holds a secret, so neither does this.
    pub inputs: Map<String, Json>,
    /// What the cloud assigned.
    pub outputs: Json,
    /// Its own name, where its kind has names.
    pub name: Option<String>,
}

impl Registry {
    /// Reads an object by the id that its users know it by. None if there is no such object.
    ///
    /// `asked` holds the required inputs of the kind. Of these only those matter that say where the object is
    /// and, where it goes with a parent, which one it is; all others may say anything of their type. The answer
    /// may name more than the kind has inputs for: what its objects always are and this one is not.
    ///
    /// # Errors
    /// If the id is none of the kind, or the read fails.
    ///
    /// # Panics
    /// If the registry does not know the kind.
    pub async fn standing(
        &self,
        cx: &Cx,
        address: &Address,
        asked: &Json,
        id: &str,
    ) -> Result<Option<Standing>> {
        let kind = self.resource(address.kind()).expect("BUG: only resources stand anywhere");
        let known = plan::passing(cx, || kind.identify(cx, asked, id)).await?;
        let Some(identity) = known else { return Ok(None) };
        let owner = Owner {
            stack: cx.stack().to_owned(),
            lineage: cx.lineage().to_owned(),
            address: address.clone(),
            generation: 0,
        };
        let wanted = |inputs: &Json| WantedJson {
            owner: owner.clone(),
            inputs: inputs.clone(),
            outputs: Some(identity.outputs.clone()),
            name: identity.name.clone(),
            taking: true,
        };
        let first = self.live(cx, address.kind(), wanted(asked)).await?;
        let Some(first) = first else { return Ok(None) };
        // Kinds answer in the form of what they are asked with: the second time that is what is there.
        let asked = plan::before(asked, Some(&required(asked, &first.fields)));
        let live = self.live(cx, address.kind(), wanted(&asked)).await?;
        let Some(live) = live else { return Ok(None) };
        let Json::Object(mut inputs) = plan::before(&asked, Some(&live.fields)) else {
            unreachable!("BUG: inputs are an object")
        };
        inputs.retain(|_, value| !value.is_null());
        Ok(Some(Standing { inputs, outputs: live.outputs, name: identity.name }))
    }

    async fn live(&self, cx: &Cx, kind: &str, wanted: WantedJson) -> Result<Option<Live<Json>>> {
        let seen = plan::observe(self, cx, kind, &[wanted], false).await?;
        Ok(seen.into_iter().next().and_then(|seen| match seen {
            Seen::Present(live) if !live.leaving => Some(*live),
            _ => None,
        }))
    }
}

/// What was read of the inputs that were asked with.
fn required(asked: &Json, live: &Json) -> Json {
    let read = live.as_object().into_iter().flatten();
    let known = read.filter(|(field, value)| asked.get(field).is_some() && !value.is_null());
    known.map(|(field, value)| (field.clone(), value.clone())).collect::<Map<_, _>>().into()
}
