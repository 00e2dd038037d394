//! What stands around the content of every page.

use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// The style that all pages share.
const STYLE: &str = include_str!("page.css");

/// A page. Style and script are ours and part of this program; only they are let run.
pub(super) fn document(
    title: &str,
    style: &'static str,
    script: &'static str,
    body: &Markup,
) -> String {
    let style = format!("{STYLE}{style}");
    // A second wall: even if something from a plan were markup, a browser would load and run nothing.
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(&style),
        hash(script)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (super::foreign::plain(title)) }
                style { (PreEscaped(&style)) }
            }
            body {
                (body)
                script { (PreEscaped(script)) }
            }
        }
    };
    page.into_string()
}

/// What a content security policy knows an inline style or script by.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}
