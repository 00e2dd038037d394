//! The calls to GitHub, each tried once.

use super::{target::Target, trouble::Trouble};
use groundplan::json;
use octocrab::{Octocrab, Page};
use serde::Deserialize;
use std::time::Duration;

/// How long a connection, and each part of an answer, may take.
const CONNECT: Duration = Duration::from_secs(10);
/// See [`CONNECT`].
const READ: Duration = Duration::from_secs(30);
/// How many comments GitHub gives at once.
const PAGE: usize = 100;
/// How many pages are looked through.
const PAGES: usize = 50;

/// A comment, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) html_url: String,
    /// None where the account is gone.
    user: Option<User>,
    #[serde(default)]
    body: String,
}

#[derive(Debug, Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type", default)]
    sort: String,
}

/// Who the token speaks for.
#[derive(Debug)]
pub(super) enum Me {
    /// An account.
    Account(String),
    /// An app, such as that of GitHub Actions, whose token may not ask for its name.
    App,
}

impl Me {
    /// Whether we wrote a comment. Anybody who may comment can copy a marker, and could change a plan
    /// that was written into a comment of theirs.
    pub(super) fn wrote(&self, comment: &Comment) -> bool {
        let by = |fits: &dyn Fn(&User) -> bool| comment.user.as_ref().is_some_and(fits);
        match self {
            Self::Account(login) => by(&|user| user.login == *login),
            Self::App => by(&|user| user.sort == "Bot"),
        }
    }
}

/// GitHub, as seen by a token and for a pull request.
pub(super) struct Api {
    client: Octocrab,
    repository: String,
    number: u64,
}

impl Api {
    /// A client that tries each call once.
    pub(super) fn of(target: &Target) -> Result<Self, Trouble> {
        let client = Octocrab::builder()
            .base_uri(&*target.api)?
            .personal_token(target.token.expose())
            .set_connect_timeout(Some(CONNECT))
            .set_read_timeout(Some(READ))
            .set_write_timeout(Some(READ))
            .build()?;
        Ok(Self { client, repository: target.repository.clone(), number: target.number })
    }

    /// The comments on the pull request that begin with this, of all its pages.
    pub(super) async fn beginning_with(&self, marker: &str) -> Result<Vec<Comment>, Trouble> {
        let route = format!("/repos/{}/issues/{}/comments", self.repository, self.number);
        let mut found = Vec::new();
        for number in 1..=PAGES {
            let wanted = [("per_page", PAGE), ("page", number)];
            let page: Page<Comment> = self.client.get(&route, Some(&wanted)).await?;
            let begins = |comment: &Comment| comment.body.starts_with(marker);
            found.extend(page.items.into_iter().filter(begins));
            if page.next.is_none() {
                return Ok(found);
            }
        }
        // Somewhere behind there may be one: better none than two.
        if found.is_empty() { Err(Trouble::crowded(PAGE * PAGES)) } else { Ok(found) }
    }

    /// Who the token speaks for.
    pub(super) async fn me(&self) -> Result<Me, Trouble> {
        match self.client.get::<User, _, ()>("/user", None).await.map_err(Trouble::from) {
            Ok(user) => Ok(Me::Account(user.login)),
            Err(trouble) if trouble.is_refusal() => Ok(Me::App),
            Err(trouble) => Err(trouble),
        }
    }

    /// Writes a new comment.
    pub(super) async fn create(&self, body: &str) -> Result<Comment, Trouble> {
        let route = format!("/repos/{}/issues/{}/comments", self.repository, self.number);
        Ok(self.client.post(route, Some(&json!({ "body": body }))).await?)
    }

    /// Writes a comment anew.
    pub(super) async fn update(&self, id: u64, body: &str) -> Result<Comment, Trouble> {
        let route = format!("/repos/{}/issues/comments/{id}", self.repository);
        let updated = self.client.patch(route, Some(&json!({ "body": body }))).await;
        // Somebody deleted it since it was seen: look again.
        updated.map_err(|error| Trouble::from(error).passing_if_gone())
    }
}
