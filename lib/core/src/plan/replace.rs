//! Decides which object of a replacement goes first: the old one, or, where something that stays holds
//! it, the new one.

use super::{
    model::{Action, Refusal, ReplaceOrder},
    planner::Planner,
};
use crate::{Meta, expr};
use groundplan_state::Address;
use std::collections::BTreeMap;

impl Planner<'_> {
    /// A replaced object that something holds which stays is made anew first: the holder can only let
    /// go of the old one once there is another. What such an object needs is then made first as well.
    pub(super) fn choose_replace_orders(&mut self) -> Vec<Refusal> {
        let mut refused = std::mem::take(&mut self.refused);
        let mut first: BTreeMap<Address, String> = BTreeMap::new();
        for node in self.graph.nodes.iter().rev() {
            let Some(decision) = self.decisions.get_mut(&node.address) else { continue };
            let meta = self.registry.meta(node.address.kind()).unwrap_or(&Meta::DEFAULT);
            let parents = |all: bool| {
                let uses = expr::uses(&node.draft).into_iter().flatten();
                uses.filter(move |u| all || Meta::covers(meta.holds, &u.at)).map(|u| u.address)
            };
            let forced = first.get(&node.address).cloned();
            let mut note = |parent: Address, why: &String| {
                first.entry(parent).or_insert_with(|| why.clone());
            };
            match &mut decision.action {
                Action::Keep
                | Action::Update
                | Action::Import { .. }
                | Action::Finish
                | Action::Record => {
                    let why = format!("{} is changed in place and holds it", node.address);
                    parents(false).for_each(|parent| note(parent, &why));
                }
                Action::Replace { order, .. } => {
                    let chosen =
                        node.options.create_before_delete.then(|| "the program says so".to_owned());
                    let Some(why) = forced.clone().or(chosen) else { continue };
                    if !meta.coexists {
                        let what = format!(
                            "must be made anew before the old one goes ({why}), but two cannot exist at once"
                        );
                        let lift = "--replace of the resource that holds it".to_owned();
                        refused.push(Refusal { address: node.address.clone(), what, lift });
                        continue;
                    }
                    *order = ReplaceOrder::Create { why };
                    let why = format!("{} is made before its old object goes", node.address);
                    parents(true).for_each(|parent| note(parent, &why));
                    continue;
                }
                _ => {}
            }
            // What is made first waits for all it needs, directly or through others.
            if let Some(why) = forced {
                parents(true).for_each(|parent| note(parent, &why));
            }
        }
        refused
    }
}
