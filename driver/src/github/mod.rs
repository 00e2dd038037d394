//! The plan as a comment on its pull request: one for each stack, kept up to date.
//!
//! Nothing that happens here fails a run: what could not be written is told, with what to do about it.
//! Knows nothing of plans; it is given a body. Reads no environment itself.

mod api;
mod pace;
mod target;
mod trouble;

pub(crate) use pace::Pace;
pub(crate) use target::Target;

use api::{Api, Comment};
use trouble::Trouble;

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Where the comment is, if it was written.
    pub(crate) url: Option<String>,
    /// What people should not miss.
    pub(crate) notes: Vec<String>,
}

/// The hidden line that a stack's comment begins with and is found again by.
fn marker(stack: &str, env: Option<&str>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name = |text: &str| text.replace(|c| !plain(c), "_");
    match env {
        Some(env) => format!("<!-- groundplan:{}@{} -->", name(stack), name(env)),
        None => format!("<!-- groundplan:{} -->", name(stack)),
    }
}

/// Writes a body to the one comment of a stack (in an environment): updates it where there is one, and
/// creates it where there is none.
pub(crate) async fn upsert(
    target: &Target,
    stack: &str,
    env: Option<&str>,
    body: &str,
    pace: Pace,
) -> Outcome {
    let marker = marker(stack, env);
    let body = format!("{marker}\n{body}");
    let written = async {
        let api = Api::of(target)?;
        let mut tries = pace.tries();
        // Each try looks first: a create whose answer was lost is found, and not done again.
        loop {
            match write(&api, &marker, &body).await {
                Ok(written) => return Ok(written),
                Err(trouble) => tries.wait(trouble).await?,
            }
        }
    };
    let ended = match tokio::time::timeout(pace.whole, written).await {
        Ok(ended) => ended,
        Err(_) => Err(Trouble::slow(pace.whole)),
    };
    match ended {
        Ok((comment, notes)) => Outcome { url: Some(comment.html_url), notes },
        Err(trouble) => {
            let what = format!("the plan was not written to {target}: {trouble}");
            // GitHub tells no tokens. If something between here and there does, it ends here.
            Outcome { url: None, notes: vec![what.replace(target.token.expose(), "(token)")] }
        }
    }
}

/// One try: looks, then updates or creates.
async fn write(api: &Api, marker: &str, body: &str) -> Result<(Comment, Vec<String>), Trouble> {
    let found = api.beginning_with(marker).await?;
    let mut notes = Vec::new();
    let (mut ours, others) = if found.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        let me = api.me().await?;
        found.into_iter().partition(|comment: &Comment| me.wrote(comment))
    };
    ours.sort_by_key(|comment| comment.id);
    if let [other, ..] = &others[..] {
        notes.push(format!(
            "{} begins like the comment of this stack and is by somebody else; it was left alone",
            other.html_url
        ));
    }
    let Some(newest) = ours.pop() else { return Ok((api.create(body).await?, notes)) };
    if !ours.is_empty() {
        let older: Vec<_> = ours.into_iter().map(|comment| comment.html_url).collect();
        notes.push(format!(
            "this stack has {} comments; the newest was updated. Delete the others: {}",
            older.len() + 1,
            older.join(", ")
        ));
    }
    Ok((api.update(newest.id, body).await?, notes))
}

#[cfg(test)]
mod double;
#[cfg(test)]
mod tests;
