//! Where things are: the keys of a stack's values.
//!
//! ```text
//! STACK/state.<slot>.json    the state up to that slot of the journal; the highest is the present one
//! STACK/journal/<slot>.json  one group of changes, or a lease taken or given back
//! STACK/lease.<epoch>.json   written again and again by the holder of that lease while it lives
//! STACK/damaged/…            what a repair moved aside
//! ```

/// The folder of a stack.
pub(super) fn folder(stack: &str) -> String {
    format!("{stack}/")
}

pub(super) fn snapshots(stack: &str) -> String {
    format!("{stack}/state.")
}

pub(super) fn journal(stack: &str) -> String {
    format!("{stack}/journal/")
}

pub(super) fn leases(stack: &str) -> String {
    format!("{stack}/lease.")
}

pub(super) fn snapshot(stack: &str, slot: u64) -> String {
    format!("{stack}/state.{slot:012}.json")
}

pub(super) fn slot(stack: &str, slot: u64) -> String {
    format!("{stack}/journal/{slot:012}.json")
}

pub(super) fn lease(stack: &str, epoch: u64) -> String {
    format!("{stack}/lease.{epoch:012}.json")
}

/// Where a value is moved by the repair that takes this slot.
pub(super) fn aside(stack: &str, repair: u64, key: &str) -> String {
    let name = key.strip_prefix(&folder(stack)).unwrap_or(key);
    format!("{stack}/damaged/{repair:012}/{name}")
}

pub(super) fn is_aside(stack: &str, key: &str) -> bool {
    key.starts_with(&format!("{stack}/damaged/"))
}

/// The number in a key that begins with `prefix`, if it is one of ours.
pub(super) fn number(prefix: &str, key: &str) -> Option<u64> {
    let digits = key.strip_prefix(prefix)?.strip_suffix(".json")?;
    let ours = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit());
    ours.then(|| digits.parse().ok()).flatten()
}

/// Whether a name can be part of keys, and leads nowhere else.
pub(super) fn is_stack(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    !name.is_empty() && name.chars().all(plain)
}
