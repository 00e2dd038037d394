//! What the process was given by its surroundings. The only place that asks them.

use crate::render::error::{FAILED, Failure};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The surroundings of the process.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// The folder it was started in.
    pub(crate) here: PathBuf,
    /// The user's cache folder.
    pub(crate) cache: PathBuf,
    /// The machine.
    pub(crate) host: String,
    /// Whether what is shown may have more than ASCII.
    pub(crate) unicode: bool,
    /// Where programs are looked for.
    path: OsString,
}

/// What helm needs of the environment to reach registries and clusters; it is given nothing else.
const FOR_HELM: [&str; 10] = [
    "HOME",
    "PATH",
    "TMPDIR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
];

impl Environment {
    /// The surroundings of this process.
    pub(crate) fn of_process() -> Result<Self, Failure> {
        let here = std::env::current_dir().map_err(|error| Failure {
            what: "the current folder is gone or closed to you".into(),
            causes: vec![error.to_string()],
            hints: vec!["change to another folder: `cd`".into()],
            exit: FAILED,
        })?;
        let set = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
        Ok(Self {
            here,
            cache: cache.unwrap_or_else(std::env::temp_dir),
            host: host(),
            unicode: shows_unicode(
                ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name)).as_deref(),
            ),
            path: std::env::var_os("PATH").unwrap_or_default(),
        })
    }

    /// Surroundings in which nothing is found.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        let nowhere = PathBuf::from("/nowhere");
        Self {
            here: nowhere.clone(),
            cache: nowhere.clone(),
            host: "here".into(),
            unicode: true,
            path: nowhere.into(),
        }
    }

    /// The program of this name that would be started.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let candidates = std::env::split_paths(&self.path).map(|folder| folder.join(name));
        candidates.into_iter().find(|path| is_program(path))
    }

    /// The variables that helm is given.
    #[expect(clippy::unused_self, reason = "what is asked of the surroundings is asked through it")]
    pub(crate) fn for_helm(&self) -> Vec<(OsString, OsString)> {
        let set = |name: &&str| Some((OsString::from(name), std::env::var_os(name)?));
        FOR_HELM.iter().filter_map(set).collect()
    }
}

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first variable whose name begins like this, with its value.
pub(crate) fn first_with_prefix(prefix: &str) -> Option<String> {
    let named = |(name, value): (OsString, OsString)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        let fits = name.starts_with(prefix) && !value.is_empty();
        fits.then(|| format!("{value}, says {name}"))
    };
    std::env::vars_os().filter_map(named).min()
}

/// A locale that is not set is what containers have; their terminals show it all the same.
fn shows_unicode(locale: Option<&str>) -> bool {
    locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn host() -> String {
    let file = |path| std::fs::read_to_string(path).ok();
    variable("HOSTNAME")
        .or_else(|| file("/proc/sys/kernel/hostname"))
        .or_else(|| file("/etc/hostname"))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "this machine".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locale_that_says_otherwise_is_ascii() {
        assert!(shows_unicode(None));
        assert!(shows_unicode(Some("C.UTF-8")) && shows_unicode(Some("de_DE.utf8")));
        assert!(!shows_unicode(Some("C")) && !shows_unicode(Some("POSIX")));
    }
}
