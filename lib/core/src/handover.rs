//! A resource goes from one stack to another: its record, that is. The object is not asked for.
//!
//! Three records, each durable before the next: the other stack *expects* it, this one *hands it over*, the
//! other one says that it has *arrived*. Who may act on the object is the first until it has let go, nobody
//! then, and the other from its arrival on; it is on record somewhere at every instant. What is cut off
//! goes on where it was when the same is asked for again.

use groundplan_state::{
    Address, Change, Error, Expected, Marker, Place, Session, Snapshot, Status,
};

/// Why a resource did not go to another stack.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// It cannot go: why, and what now.
    #[error("{what}")]
    Refused {
        /// Why.
        what: String,
        /// What to do.
        hint: String,
    },
    /// A state could not be written.
    #[error("the state could not be written")]
    Store(#[from] Error),
}

fn refused<T>(what: String, hint: impl Into<String>) -> Result<T, HandoverError> {
    Err(HandoverError::Refused { what, hint: hint.into() })
}

/// How far a resource is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is where it was.
    Begins,
    /// It was let go of, and has not arrived.
    Between,
    /// It has arrived.
    Ended,
    /// It is expected, and is nowhere any more.
    Gone,
}

/// Says whether a resource can go to another stack. `address` is its name, `to` that in the other one.
///
/// # Errors
/// Why it cannot.
pub fn can_go(
    from: &Snapshot,
    address: &Address,
    to: &Snapshot,
    named: &Address,
) -> Result<(), HandoverError> {
    way(from, address, to, named).map(drop)
}

fn way(
    from: &Snapshot,
    address: &Address,
    to: &Snapshot,
    named: &Address,
) -> Result<Way, HandoverError> {
    if from.stack == to.stack {
        return refused(
            format!("both are stack `{}`", from.stack),
            "within a stack the program renames a resource: `stack.moved`",
        );
    }
    if from.realm != to.realm {
        let what = format!("`{}` is of {}, `{}` of {}", from.stack, from.realm, to.stack, to.realm);
        return refused(what, "a resource stays in its world");
    }
    if address.kind() != named.kind() {
        return refused(
            format!("`{named}` is of another kind"),
            format!("a name that begins with {}/", address.kind()),
        );
    }
    let went = Place { stack: to.stack.clone(), address: named.clone() };
    let let_go =
        from.left.iter().any(|left| left.address == *address && left.to.as_ref() == Some(&went));
    let expected = to.expected.get(named);
    let ours = expected.is_some_and(|e| e.from.lineage == from.lineage && e.address == *address);
    match from.entries.get(address) {
        None if let_go && ours => Ok(Way::Between),
        None if let_go => Ok(Way::Ended),
        None if ours => Ok(Way::Gone),
        None => refused(
            format!("`{address}` is not on record in stack `{}`", from.stack),
            "`apply state list` lists what is",
        ),
        Some(_) if let Some(other) = expected.filter(|_| !ours) => refused(
            format!(
                "stack `{}` expects another object as `{named}`: `{}` of stack `{}`",
                to.stack, other.address, other.from.stack
            ),
            format!(
                "`apply state --stack {} mv {} --to {} --as {named}` ends that; or choose another name",
                other.from.stack, other.address, to.stack
            ),
        ),
        Some(_) if to.entries.contains_key(named) || to.deposed.contains_key(named) => refused(
            format!("stack `{}` has a `{named}` already", to.stack),
            "choose another name for it there",
        ),
        Some(entry) if entry.status != Status::Ready || from.deposed.contains_key(address) => {
            refused(
                format!("the last run of stack `{}` left `{address}` unfinished", from.stack),
                "apply that stack first, so that nothing is open, then move it",
            )
        }
        Some(_) => Ok(Way::Begins),
    }
}

/// Takes a resource from one stack to another, from wherever an earlier attempt was cut off. True if it was
/// there already.
///
/// # Errors
/// If it cannot go, before anything is written; or if a state cannot be written.
pub async fn hand_over(
    from: &mut dyn Session,
    address: &Address,
    to: &mut dyn Session,
    named: &Address,
) -> Result<bool, HandoverError> {
    let begun = way(from.snapshot(), address, to.snapshot(), named)?;
    if begun == Way::Ended {
        return Ok(true);
    }
    if begun == Way::Gone {
        to.append(vec![Change::Forgo { address: named.clone() }]).await?;
        let (from, to) = (&from.snapshot().stack, &to.snapshot().stack);
        return refused(
            format!(
                "`{address}` is not on record in stack `{from}` any more: stack `{to}` expects it no more"
            ),
            format!("if it is there, `apply import` takes it up in stack `{to}`"),
        );
    }
    if begun == Way::Begins {
        let old = from.snapshot();
        let marker = Marker { stack: old.stack.clone(), lineage: old.lineage.clone() };
        let entry = old.entries[address].clone();
        let expected = Box::new(Expected { from: marker, address: address.clone(), entry });
        to.append(vec![Change::Expect { address: named.clone(), expected }]).await?;
        let place = Place { stack: to.snapshot().stack.clone(), address: named.clone() };
        from.append(vec![Change::HandOver { address: address.clone(), to: place }]).await?;
    }
    to.append(vec![Change::Arrive { address: named.clone() }]).await?;
    Ok(false)
}
