//! Which commit of the program a run is of, for the record. Not known is no failure.

use crate::environment;
use std::{path::Path, process::Command};

/// Variables in which pipelines name the commit they are for.
const NAMED: [&str; 3] = ["GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT"];

/// The commit of the folder of the settings; with `+` behind it where files differ from it.
pub(crate) fn of(folder: &Path) -> Option<String> {
    NAMED.iter().find_map(|name| environment::variable(name)).or_else(|| checked_out(folder))
}

fn checked_out(folder: &Path) -> Option<String> {
    let whole = ["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"];
    let ended = Command::new("git").arg("-C").arg(folder).args(whole).output().ok()?;
    let text = String::from_utf8(ended.stdout).ok()?;
    ended.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_outside_any_repository_has_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(checked_out(folder.path()), None);
    }
}
