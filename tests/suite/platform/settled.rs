//! Whether all is well again after something went wrong.

use super::{
    sweep::{Found, sweep},
    world::{Ended, Folder},
};

/// A plain run goes on to the end, the plan after it is empty, and the cloud holds one of each.
pub(super) fn settles(folder: &Folder) -> Ended {
    let ended = folder.run(&["--sandbox=aws", "--yes"]).with(0);
    is_settled(folder);
    ended
}

/// The plan is empty, and the cloud holds one of each.
pub(super) fn is_settled(folder: &Folder) {
    folder.run(&["--sandbox=aws", "plan"]).with(0);
    let (found, records) = (sweep(folder), folder.records());
    assert!(found.len() > 20, "{found:?}");
    for (address, objects) in found {
        assert!(records.contains_key(&address), "orphaned: {address} {objects:?}");
        assert_eq!(objects.len(), 1, "doubled: {address} {objects:?}");
    }
}

/// A run down to the end leaves nothing.
pub(super) fn goes(folder: &Folder) {
    folder.run(&["--sandbox=aws", "destroy", "--yes"]).with(0);
    assert_eq!(folder.records().len(), 0);
    assert_eq!(sweep(folder), Found::new());
}
