//! What goes wrong with GitHub, in words that say what now.

use jiff::{Timestamp, Unit};
use std::{error::Error, fmt, time::Duration};

/// Why a call failed, and whether it may succeed later.
#[derive(Debug)]
pub(super) struct Trouble {
    sort: Sort,
    /// What was answered, or why there was no answer.
    why: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Sort {
    /// Too many calls; none will be answered before then, if that is known.
    Limited(Option<Duration>),
    /// Answered with this status.
    Answered(u16),
    /// No answer, or none that could be read. The call may have had its effect.
    Lost,
    /// Too slow as a whole.
    Slow(Duration),
    /// More comments than are looked through.
    Crowded(usize),
    /// What was updated is there no more.
    Gone,
    /// Not to be called at all.
    Impossible,
}

impl Trouble {
    /// Everything together took longer than this.
    pub(super) fn slow(whole: Duration) -> Self {
        Self { sort: Sort::Slow(whole), why: String::new() }
    }

    /// More comments than these are not looked through.
    pub(super) fn crowded(most: usize) -> Self {
        Self { sort: Sort::Crowded(most), why: String::new() }
    }

    /// A failed update whose comment is there no more may succeed as a create.
    pub(super) fn passing_if_gone(self) -> Self {
        let gone = self.sort == Sort::Answered(404);
        Self { sort: if gone { Sort::Gone } else { self.sort }, ..self }
    }

    /// Whether the token may not do this.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.sort, Sort::Answered(403 | 404))
    }

    /// When another try may succeed, at the earliest; none if it never will.
    pub(super) fn passes_after(&self) -> Option<Duration> {
        match self.sort {
            Sort::Limited(wait) => Some(wait.unwrap_or_default()),
            Sort::Answered(408 | 500..) | Sort::Lost | Sort::Gone => Some(Duration::ZERO),
            Sort::Answered(_) | Sort::Slow(_) | Sort::Crowded(_) | Sort::Impossible => None,
        }
    }
}

impl From<octocrab::Error> for Trouble {
    fn from(error: octocrab::Error) -> Self {
        use octocrab::Error as E;
        match &error {
            E::GitHub { source, .. } => answered(source),
            E::UriParse { .. } | E::Uri { .. } | E::InvalidHeaderValue { .. } | E::Other { .. } => {
                Self { sort: Sort::Impossible, why: innermost(&error) }
            }
            _ => Self { sort: Sort::Lost, why: innermost(&error) },
        }
    }
}

fn answered(answer: &octocrab::GitHubError) -> Trouble {
    let header = |name: &str| {
        let value = answer.headers.as_ref()?.get(name)?.to_str().ok()?;
        value.parse::<u64>().ok()
    };
    let status = answer.status_code.as_u16();
    let retry_after = header("retry-after").map(Duration::from_secs);
    let used_up = header("x-ratelimit-remaining") == Some(0);
    let says_so = answer.message.to_lowercase().contains("rate limit");
    let limited = status == 429 || (status == 403 && (retry_after.is_some() || used_up || says_so));
    let reset = || {
        let at = i64::try_from(header("x-ratelimit-reset").filter(|_| used_up)?).ok()?;
        let left = at.saturating_sub(Timestamp::now().as_second());
        Some(Duration::from_secs(u64::try_from(left).unwrap_or_default()))
    };
    let sort =
        if limited { Sort::Limited(retry_after.or_else(reset)) } else { Sort::Answered(status) };
    // The first line is the message; a proxy may send a page.
    let why = answer.message.lines().next().unwrap_or_default();
    Trouble { sort, why: why.chars().take(200).collect() }
}

/// What is behind it all: `connection refused`, rather than that a request failed.
fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = &self.why;
        match self.sort {
            Sort::Limited(None) => write!(
                out,
                "GitHub lets this token make no more calls for now ({why}); run this again later"
            ),
            Sort::Limited(Some(wait)) => {
                let at = Timestamp::now() + wait;
                let at = at.round(Unit::Second).unwrap_or(at);
                write!(
                    out,
                    "GitHub lets this token make no more calls before {at} ({why}); run this again after that"
                )
            }
            Sort::Answered(401) => write!(
                out,
                "GitHub does not know the token (401: {why}); put one that counts into GITHUB_TOKEN"
            ),
            Sort::Answered(403) => write!(
                out,
                "the token may not do that (403: {why}); give the job `permissions: pull-requests: write`. For a pull request from a fork GitHub gives out tokens that can only read: run this on `workflow_run` there"
            ),
            Sort::Answered(404) => write!(
                out,
                "GitHub knows no such pull request, or does not show it to this token (404: {why}); look at GITHUB_REPOSITORY, and at what the token may read"
            ),
            Sort::Answered(status @ 500..) => write!(
                out,
                "GitHub has trouble of its own ({status}: {why}); look at https://www.githubstatus.com and run this again"
            ),
            Sort::Answered(status) => write!(
                out,
                "GitHub refuses it ({status}: {why}); the pull request may be locked or the comment too long"
            ),
            Sort::Lost => write!(
                out,
                "GitHub does not answer ({why}); look at the network and at GITHUB_API_URL, and run this again"
            ),
            Sort::Slow(whole) => {
                write!(out, "it took longer than {}s; run this again", whole.as_secs())
            }
            Sort::Crowded(most) => write!(
                out,
                "it has more than {most} comments, and ours is not among the first; delete some, or open another pull request"
            ),
            Sort::Gone => write!(
                out,
                "the comment was deleted while it was being updated ({why}); run this again"
            ),
            Sort::Impossible => {
                write!(
                    out,
                    "GitHub cannot be called ({why}); look at GITHUB_API_URL and at this machine's CA certificates"
                )
            }
        }
    }
}
