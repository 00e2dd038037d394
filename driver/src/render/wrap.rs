//! Lines that fit: long text goes on below, and nothing of it is left out.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text in lines of at most `room` columns, the first of at most `first`. They end after a blank or a
/// comma; only in a word that is wider than a line they end where its parts do, or else anywhere.
pub(super) fn wrap(text: &str, first: usize, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let (mut used, mut left, mut empty) = (0, first, true);
    let words = text.split_inclusive([' ', ',']).flat_map(|word| parts(word, room));
    for word in words {
        // The rest of the first line may be too short for anything.
        if (!empty || left < room) && used + word.trim_end().width() > left {
            lines.push(String::new());
            (used, left, empty) = (0, room, true);
        }
        for c in word.chars() {
            let width = c.width().unwrap_or_default();
            if used > 0 && used + width > left {
                // A blank at the end of a line is not seen.
                if c == ' ' {
                    continue;
                }
                lines.push(String::new());
                (used, left) = (0, room);
            }
            lines.last_mut().expect("BUG: there is a line").push(c);
            used += width;
            empty &= c == ' ';
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The parts of a word that is wider than a line, as of a path or an ARN.
fn parts(word: &str, room: usize) -> Vec<&str> {
    if word.width() > room { word.split_inclusive(['/', '.', ':']).collect() } else { vec![word] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_after_blanks_and_commas_and_long_words_at_their_parts() {
        assert_eq!(wrap("one two, three", 20, 20), ["one two, three"]);
        assert_eq!(wrap("one two, three", 8, 20), ["one two,", "three"]);
        assert_eq!(wrap("a,b,cc dd", 4, 6), ["a,b,", "cc dd"]);
        assert_eq!(wrap("abcdefgh ij", 3, 4), ["", "abcd", "efgh", "ij"]);
        assert_eq!(wrap("  x/abcdef/g", 8, 8), ["  x/", "abcdef/g"]);
        assert_eq!(wrap("漢字漢字", 5, 4), ["漢字", "漢字"]);
        assert_eq!(wrap("", 5, 4), [""]);
    }
}
