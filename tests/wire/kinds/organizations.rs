//! Units and accounts.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::Val;
use groundplan::aws::{
    Arn,
    organizations::{Account, Organization, Unit, UnitHandle},
};

specimens![account, unit];

fn account() -> Specimen<Account> {
    Specimen::new("account", |ground| {
        let name = ground.stack.name().to_owned();
        let (parent, email) = (a_unit(ground, "one"), format!("{name}@example.com"));
        Account::new(ground.scope(), parent, name, email)
    })
    .tags(|account| &mut account.tags)
    .update("parent", |account, ground| account.parent = a_unit(ground, "two"))
    .replace("email", |account, _| account.email = format!("other-{}", account.email))
    .fixed("name", "Organizations renames no account: tests/wire/organization")
    .fixed("role_name", "is looked at only when an account is made")
    .fixed("close_on_delete", "an account is closed once: tests/wire/organization")
}

fn unit() -> Specimen<Unit> {
    Specimen::new("unit", |ground| {
        let parent = a_unit(ground, "one");
        Unit::new(ground.scope(), parent, "data")
    })
    .tags(|unit| &mut unit.tags)
    .update("name", |unit, _| unit.name = "platform".into())
    .replace("parent", |unit, ground| unit.parent = a_unit(ground, "two"))
}

fn a_unit(ground: &mut Ground, name: &str) -> Val<String> {
    own_unit(ground, name).id()
}

pub(super) fn a_unit_arn(ground: &mut Ground, name: &str) -> Val<Arn> {
    own_unit(ground, name).arn()
}

/// A unit of the stack's own in the root.
fn own_unit(ground: &mut Ground, name: &str) -> UnitHandle {
    let scope = ground.scope();
    let root = ground.derive("the", Organization::new(scope.clone())).root();
    let own = format!("{}-{name}", ground.stack.name());
    ground.add(name, Unit::new(scope, root, own))
}
