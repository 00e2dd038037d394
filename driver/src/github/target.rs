//! Which pull request a run is of, as GitHub's runners say.

use groundplan::{Json, Secret};
use std::{fmt, path::Path};

/// A pull request, and what it takes to write to it. It holds a token, and has no `Debug`.
pub(crate) struct Target {
    /// The base of all calls, such as `https://api.github.com`.
    pub(super) api: String,
    /// `OWNER/NAME`.
    pub(super) repository: String,
    pub(super) number: u64,
    pub(super) token: Secret,
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "pull request {} of {}", self.number, self.repository)
    }
}

impl Target {
    /// Finds it from variables and the file with the event; or says what is missing, and what now.
    pub(crate) fn find(
        variable: impl Fn(&str) -> Option<String>,
        read: impl Fn(&Path) -> std::io::Result<String>,
    ) -> Result<Self, String> {
        let token = variable("GITHUB_TOKEN").map(|token| token.trim().to_owned());
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Err("there is no GITHUB_TOKEN; in a workflow: `env: {GITHUB_TOKEN: \"${{ github.token }}\"}`".into());
        };
        if !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err("GITHUB_TOKEN holds characters that no token has; set it anew".into());
        }
        let repository = variable("GITHUB_REPOSITORY").filter(|name| is_repository(name));
        let Some(repository) = repository else {
            return Err("GITHUB_REPOSITORY names no repository; set it to OWNER/NAME".into());
        };
        let event = variable("GITHUB_EVENT_PATH").and_then(|path| read(Path::new(&path)).ok());
        let number = event.as_deref().and_then(of_event);
        let number = number.or_else(|| of_ref(&variable("GITHUB_REF")?));
        let Some(number) = number else {
            return Err("neither GITHUB_EVENT_PATH nor GITHUB_REF (refs/pull/N/merge) names a pull request; run this on `pull_request`".into());
        };
        let api = variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".into());
        let api = api.trim_end_matches('/').to_owned();
        if !api.starts_with("https://") && !is_here(&api) {
            return Err(format!(
                "GITHUB_API_URL is `{api}`, which would send the token in the clear; use https"
            ));
        }
        Ok(Self { api, repository, number, token: Secret::new(token) })
    }
}

/// The pull request of an event: its own, or that of a comment on one.
fn of_event(text: &str) -> Option<u64> {
    let event: Json = serde_json::from_str(text).ok()?;
    let own = &event["pull_request"]["number"];
    let commented = event["issue"]["pull_request"].is_object().then(|| &event["issue"]["number"]);
    own.as_u64().or_else(|| commented?.as_u64())
}

fn of_ref(name: &str) -> Option<u64> {
    name.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
}

fn is_repository(name: &str) -> bool {
    let plain = |part: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        !part.is_empty() && part.chars().all(fits) && part != ".."
    };
    name.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}

/// Whether calls stay on this machine.
fn is_here(api: &str) -> bool {
    let host = api.strip_prefix("http://").unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    ["127.0.0.1", "localhost"].contains(&host)
}
