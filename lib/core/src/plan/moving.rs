//! What goes to another stack, or comes from one: neither removed here nor made here meanwhile.

use super::{model::Refusal, planner::Planner};
use groundplan_state::Address;

impl Planner<'_> {
    /// Why a resource that is not on record is not to be made: it is on its way between stacks.
    pub(super) fn on_its_way(&self, address: &Address) -> Option<Refusal> {
        if self.state.entries.contains_key(address) {
            return None;
        }
        let stack = &self.state.stack;
        let refusal = |what, lift| Some(Refusal { address: address.clone(), what, lift });
        if let Some(expected) = self.state.expected.get(address) {
            let (from, name) = (&expected.from.stack, &expected.address);
            let what = format!("comes from stack `{from}`, and that was cut off on the way");
            return refusal(what, mv(from, name, stack, address));
        }
        if let Some((_, from, name)) = self.graph.coming.iter().find(|(to, ..)| to == address) {
            let what = format!("comes from stack `{from}`, which has not handed it over");
            return refusal(what, mv(from, name, stack, address));
        }
        let went =
            self.state.left.iter().find(|left| left.address == *address && left.to.is_some());
        let place = went.and_then(|left| left.to.as_ref())?;
        let what = format!("went to stack `{}` as {}", place.stack, place.address);
        refusal(what, "another name for what is to be made, or taking it out of the program".into())
    }

    /// Takes what is to go to another stack out of what this plan is about, and says so. Until it is handed
    /// over nothing happens to it.
    pub(super) fn set_aside_what_leaves(&mut self) {
        for (address, to) in &self.graph.leaving {
            if self.state.entries.contains_key(address) {
                let (address, stack) = (address.clone(), self.state.stack.clone());
                let hand = mv(&stack, &address, to, &address);
                self.notes.push(format!("{address} goes to stack `{to}`: {hand} hands it over"));
                self.set_aside.insert(address);
            }
        }
        for (address, expected) in &self.state.expected {
            if self.graph.node(address).is_none() {
                let hand = mv(&expected.from.stack, &expected.address, &self.state.stack, address);
                let from = &expected.from.stack;
                self.notes.push(format!("{address} comes from stack `{from}`: {hand} ends that"));
            }
        }
    }
}

/// The command that takes a resource from one stack to another.
fn mv(from: &str, address: &Address, to: &str, named: &Address) -> String {
    let named = if address == named { String::new() } else { format!(" --as {named}") };
    format!("`apply state --stack {from} mv {address} --to {to}{named}`")
}
