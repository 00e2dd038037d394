//! What somebody approved of, as data that outlives the process.

use super::model::{Change, Mode, Plan};
use crate::{Graph, words::sha256};
use groundplan_state::{Address, Realm, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// A plan as it was shown, with what it rests on. Cannot be applied: it is what a plan that is made
/// later is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    /// The stack's name.
    pub stack: String,
    /// The world it is of.
    pub realm: Realm,
    /// The lineage of its state; none where nothing was recorded yet.
    pub lineage: Option<String>,
    /// What it is to bring about.
    pub mode: Mode,
    /// Whether live objects were read.
    pub refresh: bool,
    /// Resources whose protection is lifted.
    pub unprotect: BTreeSet<Address>,
    /// Resources to replace though nothing about them asks for it.
    pub replace: BTreeSet<Address>,
    /// A digest of each resource as the program wrote it, with its options.
    pub program: BTreeMap<Address, String>,
    /// Which objects change: by [`Change::object`], the token of the create that made each.
    pub objects: BTreeMap<String, String>,
    /// What the stack gives to its users, as the program wrote it.
    pub outputs: Map<String, Json>,
    /// What changes.
    pub changes: Vec<Change>,
}

impl Approved {
    /// What tells this plan from any other. The same program, state and cloud give the same digest,
    /// whoever plans and whenever.
    pub fn digest(&self) -> String {
        // A state that was only begun has a lineage and says no more than none; notes tell of the weather.
        let mut alike = Self { lineage: None, ..self.clone() };
        for change in &mut alike.changes {
            change.notes.clear();
            change.preview.iter_mut().for_each(|preview| preview.notes.clear());
        }
        format!("sha256:{}", sha256(crate::to_json(&alike).to_string().as_bytes()))
    }

    /// The resources that are still to be replaced on demand: those of which the object that was there then is
    /// there still. An apply that goes on replaces nothing twice.
    pub fn still_to_replace(&self, now: &Snapshot) -> BTreeSet<Address> {
        let is_there = |address: &&Address| {
            let entry = now.entries.get(*address);
            entry.map(|entry| &entry.token) == self.objects.get(&address.to_string())
        };
        self.replace.iter().filter(is_there).cloned().collect()
    }
}

impl Plan {
    /// What somebody who approves this plan of a program approves of.
    pub fn approved(&self, graph: &Graph) -> Approved {
        Approved {
            stack: self.stack.clone(),
            realm: self.realm.clone(),
            lineage: self.lineage.clone(),
            mode: self.mode,
            refresh: self.settings.refresh,
            unprotect: self.settings.unprotect.clone(),
            replace: self.settings.replace.clone(),
            program: graph.digests(),
            objects: self.objects.clone(),
            outputs: self.outputs.clone(),
            changes: self.changes.clone(),
        }
    }

    /// What tells this plan of a program from any other; see [`Approved::digest`].
    pub fn digest(&self, graph: &Graph) -> String {
        self.approved(graph).digest()
    }
}
