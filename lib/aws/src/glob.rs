//! The patterns of IAM: `*` is any text, `?` any one letter.

/// Whether a pattern covers a text, or all that another pattern stands for.
///
/// A pattern in place of the text is read letter by letter, where its `*` fits nothing but a `*`; so two
/// patterns that mean the same in another spelling may be told apart, and none covers what it should not.
pub(crate) fn covers(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The last `*`, and how far the text goes that it stands for: only that one is ever tried again.
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == text[t] || (*c == '?' && text[t] != '*') => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((at, until)) = star else { return false };
                star = Some((at, until + 1));
                (p, t) = (at + 1, until + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_pattern_covers_what_it_stands_for() {
        for (pattern, text, so) in [
            ("*", "", true),
            ("*", "a", true),
            ("*", "*", true),
            ("", "a", false),
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("a:*", "a:b:*", true),
            ("a:*:c", "a:b:c", true),
            ("a:*:c", "a:b:c:d:c", true),
            ("a:*:c", "a:b", false),
            ("a:b", "a:*", false),
            ("?", "ä", true),
            ("?", "?", true),
            ("?", "*", false),
            ("a-??", "a-*", false),
            ("a-*", "a-??", true),
            ("*:*", "s3:*", true),
            ("*:*", "*", false),
        ] {
            assert_eq!(covers(pattern, text), so, "`{pattern}` and `{text}`");
        }
    }

    #[test]
    fn many_stars_take_no_longer() {
        let (pattern, text) = ("a*".repeat(200) + "b", "a".repeat(2000));
        assert!(!covers(&pattern, &text), "with a try of every star this would never end");
    }
}
