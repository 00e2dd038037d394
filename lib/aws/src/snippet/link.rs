//! What one object's inputs say that another's outputs are becomes a reference: `vpc.id()`, not `vpc-0a1b`.

use super::{
    Declared,
    forms::{self, Holds, Type},
};
use groundplan_core::{Address, Json, Val, to_json};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds that only say that something is ready which others made. What needs it to be ready refers to them.
const PASS_ON: [&str; 3] = ["ec2.gateway_attachment", "ec2.peering_acceptance", "kms.key_policy"];
/// Kinds that need what they refer to to be ready, and not only to be there.
const NEED_READY: [&str; 1] = ["ec2.route"];

/// Puts references in the place of values that others of these objects give, and puts each object after all
/// that it refers to.
pub(super) fn link(declared: &mut Vec<Declared>) {
    let given = given(declared);
    let mut needs: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for one in declared.iter_mut() {
        let Some((service, _, form)) = forms::of_kind(one.address.kind()) else { continue };
        let own = one.address.clone();
        let mut used = BTreeSet::new();
        let mut put = |of: &str, value: &mut Json| {
            let Some(text) = value.as_str() else { return };
            let found = given.get(&(of.to_owned(), text.to_owned()));
            let Some((address, output)) = found.and_then(|found| choose(&own, found)) else {
                return;
            };
            // Nothing may wait for what waits for it.
            if !reaches(&needs, address, &own) {
                *value = to_json(&Val::<String>::output(address, output));
                used.insert(address.clone());
            }
        };
        for (name, of, _) in &form.fields {
            if let Some(value) = one.inputs.get_mut(name) {
                each(service, of, value, &mut put);
            }
        }
        needs.insert(own, used);
    }
    order(declared, &needs);
}

/// An output of an object.
type Output = (Address, String);

/// Every output, by its type and value.
fn given(declared: &[Declared]) -> BTreeMap<(String, String), Vec<Output>> {
    let mut given: BTreeMap<_, Vec<Output>> = BTreeMap::new();
    for one in declared {
        let Some((_, _, form)) = forms::of_kind(one.address.kind()) else { continue };
        for (name, of) in &form.outputs {
            let value = one.outputs.get(name).and_then(Json::as_str).unwrap_or_default();
            if !value.is_empty() {
                let output = (one.address.clone(), name.clone());
                given.entry((of.clone(), value.to_owned())).or_default().push(output);
            }
        }
    }
    given
}

/// The output to refer to, of all that give a value: that of the object whose own it is, or of what says that
/// it is ready.
fn choose<'a>(user: &Address, found: &'a [Output]) -> Option<&'a Output> {
    let wants_ready = NEED_READY.contains(&user.kind());
    let fits = |(address, _): &&Output| address != user;
    let rank = |(address, _): &&Output| PASS_ON.contains(&address.kind()) != wants_ready;
    found.iter().filter(fits).min_by_key(rank)
}

/// Whether an object refers to another, be it through others.
fn reaches(needs: &BTreeMap<Address, BTreeSet<Address>>, from: &Address, to: &Address) -> bool {
    from == to || needs.get(from).into_iter().flatten().any(|next| reaches(needs, next, to))
}

/// Each value that may be another object's output, with its type.
fn each(service: &str, of: &str, value: &mut Json, put: &mut impl FnMut(&str, &mut Json)) {
    match Type::of(of) {
        Type::Val(inner) => put(inner, value),
        Type::Option(inner) => each(service, inner, value, put),
        Type::List(inner) | Type::Set(inner) => {
            for item in value.as_array_mut().into_iter().flatten() {
                each(service, inner, item, put);
            }
        }
        Type::Map(inner) => {
            for (_, item) in value.as_object_mut().into_iter().flatten() {
                each(service, inner, item, put);
            }
        }
        Type::Plain(name) => {
            let Some(form) = forms::of_type(service, name) else { return };
            let Some(inside) = value.as_object_mut() else { return };
            for (name, of, _) in &form.fields {
                if let Some(value) = inside.get_mut(name) {
                    each(service, of, value, put);
                }
            }
            for (wire, _, holds) in &form.variants {
                match (holds, inside.get_mut(wire)) {
                    (Holds::One(of), Some(value)) => each(service, of, value, put),
                    (Holds::Fields(fields), Some(Json::Object(inside))) => {
                        for (name, of, _) in fields {
                            if let Some(value) = inside.get_mut(name) {
                                each(service, of, value, put);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Puts each after all that it refers to, and otherwise leaves them as they are.
fn order(declared: &mut Vec<Declared>, needs: &BTreeMap<Address, BTreeSet<Address>>) {
    let (mut waiting, mut there) = (std::mem::take(declared), BTreeSet::new());
    while !waiting.is_empty() {
        let ready = |one: &Declared| needs.get(&one.address).is_none_or(|n| n.is_subset(&there));
        let next = waiting.iter().position(ready).unwrap_or(0);
        let next = waiting.remove(next);
        there.insert(next.address.clone());
        declared.push(next);
    }
}
