//! Objects that nothing here made, found by the ids that their users know them by.

use groundplan_core::{Class, Fault, Identity, Result};

/// An id that AWS assigned: letters, a hyphen, hexadecimal digits, as in `vpc-0a1b2c3d`.
pub(crate) fn assigned<O>(
    id: &str,
    prefix: &str,
    outputs: impl FnOnce(&str) -> O,
) -> Result<Option<Identity<O>>> {
    let rest = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    match rest {
        Some(rest) if !rest.is_empty() && rest.chars().all(|c| c.is_ascii_hexdigit()) => {
            Ok(Some(Identity::new(outputs(id))))
        }
        _ => Err(no_id(id, &format!("{prefix}-0123456789abcdef0"))),
    }
}

/// An object that its inputs give the key of: the id has to be that key.
pub(crate) fn keyed<O>(id: &str, key: Option<&str>, outputs: O) -> Result<Option<Identity<O>>> {
    match key {
        Some(key) if key == id => Ok(Some(Identity::new(outputs))),
        Some(key) => {
            let what = format!("its inputs in the program say {key}, and not {id}");
            Err(Fault::new(Class::Invalid, what).hint(format!("{key}, or inputs that say {id}")))
        }
        None => Err(no_id(id, "the key that its inputs give")),
    }
}

/// What `parent:name` says, of an object of this parent.
pub(crate) fn parts<'a>(id: &'a str, parent: &str) -> Result<(&'a str, &'a str)> {
    match id.split_once(':') {
        Some((of, name)) if of == parent && !name.is_empty() => Ok((of, name)),
        _ => Err(no_id(id, &format!("{parent}:NAME"))),
    }
}

/// What is no id of this kind; `like` is one.
pub(crate) fn no_id(id: &str, like: &str) -> Fault {
    Fault::new(Class::Invalid, format!("`{id}` is no id of its kind"))
        .hint(format!("an id such as {like}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_from_what_is_none() {
        let found = assigned("vpc-0a1b", "vpc", str::to_owned).unwrap().unwrap();
        assert_eq!(found.outputs, "vpc-0a1b");
        for wrong in ["vpc", "vpc-", "subnet-0a1b", "vpc-xyz", ""] {
            let fault = assigned(wrong, "vpc", str::to_owned).unwrap_err();
            assert_eq!(fault.class, Class::Invalid);
            assert_eq!(fault.hint.as_deref(), Some("an id such as vpc-0123456789abcdef0"));
        }
        assert!(keyed("rtb-1/0.0.0.0/0", Some("rtb-1/0.0.0.0/0"), ()).unwrap().is_some());
        let fault = keyed("rtb-2/0.0.0.0/0", Some("rtb-1/0.0.0.0/0"), ()).unwrap_err();
        assert_eq!(
            fault.what,
            "its inputs in the program say rtb-1/0.0.0.0/0, and not rtb-2/0.0.0.0/0"
        );
    }
}
