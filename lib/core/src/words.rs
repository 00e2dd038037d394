//! How things are written down, everywhere in the same way.

use sha2::{Digest, Sha256};

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        items => items.concat(),
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_prose() {
        let first = |n: usize| list(&["a", "b", "c"].map(str::to_owned)[..n]);
        assert_eq!([first(0), first(1), first(2), first(3)], ["", "a", "a and b", "a, b and c"]);
    }
}
