//! Objects on record that bear another stack's mark: somebody gave them away, or two states claim them.
//! Putting our mark back would take them from the other one, so a plan refuses, and a refresh only says so.

use super::planner::bearer;
use crate::{Live, Seen, TAG_ADDRESS, TAG_LINEAGE, TAG_STACK};
use groundplan_state::{Address, Entry, Snapshot};
use serde_json::Value as Json;

/// Whose mark a recorded object bears, if it is neither this stack's nor that of the one it came from.
pub(crate) fn foreign(
    state: &Snapshot,
    address: &Address,
    entry: &Entry,
    live: &Live<Json>,
) -> Option<String> {
    let mark = live.mark.as_ref()?;
    let lineage = mark.get(TAG_LINEAGE)?;
    let ours = *lineage == state.lineage.to_string();
    let from = *lineage == bearer(state, address, entry).lineage;
    let of = |tag: &str| mark.get(tag).map_or("an unknown", String::as_str);
    (!ours && !from).then(|| format!("{} of stack `{}`", of(TAG_ADDRESS), of(TAG_STACK)))
}

/// What is wrong with a record whose object is another stack's by its mark, and what mends it.
pub(super) fn refusal(
    state: &Snapshot,
    address: &Address,
    seen: Option<&Seen<Json>>,
) -> Option<(String, String)> {
    let entry = state.entries.get(address)?;
    let Some(Seen::Present(live)) = seen else { return None };
    let owner = foreign(state, address, entry, live)?;
    let lift = format!(
        "`apply state forget {address}` if it is that stack's now; else its `groundplan:` tags taken off, \
         and this stack marks it again"
    );
    Some((format!("is on record here and carries the mark of {owner}"), lift))
}
