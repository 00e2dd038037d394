//! An organization: its units and accounts, and stacks that reach into several accounts.

mod accounts;
mod scopes;

use crate::harness::Wire;
use groundplan::aws::{
    Tags,
    organizations::{Account, Organization, Unit},
};
use groundplan::{Stack, Val};

/// A unit in a unit, and an account in one of them.
pub(crate) fn first(wire: &Wire) -> Stack {
    units(wire, "data", false)
}

/// The same with all changed that changes in place.
pub(crate) fn second(wire: &Wire) -> Stack {
    units(wire, "platform", true)
}

fn units(wire: &Wire, team: &str, moved: bool) -> Stack {
    let (mut stack, scope) = wire.stack();
    let tags = || Tags::from([("team".to_owned(), team.to_owned())]);
    let root = stack.derive("the", Organization::new(scope.clone())).root();
    let unit = |parent: Val<String>, name: String| Unit {
        tags: tags(),
        ..Unit::new(scope.clone(), parent, name)
    };
    let outer = stack.add("outer", unit(root, format!("{}-{team}", wire.name()))).id();
    let inner = stack.add("inner", unit(outer.clone(), team.to_owned())).id();
    let email = format!("{}@example.com", wire.name());
    let parent = if moved { outer } else { inner };
    let account = Account { tags: tags(), ..Account::new(scope, parent, "data", email) };
    stack.add("data", account);
    stack
}
