//! Text from elsewhere, as text.

use crate::render::paint::{clean, steers};
use maud::{Markup, Render, html};

/// Text from elsewhere: escaped, what steers unseen written out, and kept apart from the reading
/// direction of what stands around it.
pub(super) fn text(text: impl AsRef<str>) -> Markup {
    html! { bdi { (Visible(text.as_ref())) } }
}

/// Text from elsewhere, escaped, with what steers unseen written out.
pub(super) struct Visible<'a>(pub(super) &'a str);

impl Render for Visible<'_> {
    fn render_to(&self, page: &mut String) {
        let mut rest = self.0;
        let odd = |c: char| steers(c) && c != '\t';
        while let Some(at) = rest.find(odd) {
            let c = rest[at..].chars().next().expect("BUG: something was found there");
            rest[..at].render_to(page);
            let name = format!("U+{:04X}", u32::from(c));
            html! { span.hidden title=(name) { (c.escape_unicode().to_string()) } }.render_to(page);
            rest = &rest[at + c.len_utf8()..];
        }
        rest.render_to(page);
    }
}

/// A sentence from elsewhere, in which what stands between backticks is code.
pub(super) fn prose(text: impl AsRef<str>) -> Markup {
    let parts: Vec<_> = text.as_ref().split('`').collect();
    html! {
        bdi {
            @for (i, part) in parts.iter().enumerate() {
                // The last backtick of an odd number has no end, and is text.
                @if i % 2 == 1 && i + 1 < parts.len() {
                    code { (Visible(part)) }
                } @else {
                    @if i % 2 == 1 { "`" }
                    (Visible(part))
                }
            }
        }
    }
}

/// Text from elsewhere where no markup can be, as in a title.
pub(super) fn plain(text: &str) -> String {
    clean(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let shown = |text| prose(text).into_string();
        assert_eq!(shown("`a<` is `b"), "<bdi><code>a&lt;</code> is `b</bdi>");
        assert_eq!(shown("no code"), "<bdi>no code</bdi>");
    }

    #[test]
    fn markup_is_text_and_what_steers_is_seen() {
        assert_eq!(
            text("<b>&\"\u{202e}\u{1b}\n漢").into_string(),
            "<bdi>&lt;b&gt;&amp;&quot;<span class=\"hidden\" title=\"U+202E\">\\u{202e}</span>\
             <span class=\"hidden\" title=\"U+001B\">\\u{1b}</span>\n漢</bdi>"
        );
    }
}
