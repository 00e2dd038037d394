//! Colour and glyphs. Nothing here is needed to understand a text: without either it says the same.

use anstyle::{AnsiColor, Style};
use std::{borrow::Cow, fmt};

/// What the place that a text goes to can show. Decided by the caller: no text depends on its surroundings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    /// Whether it understands colour.
    pub(crate) color: bool,
    /// How many columns it has.
    pub(crate) width: usize,
    /// Whether it has more than ASCII.
    pub(crate) unicode: bool,
}

/// The colour of a piece of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    Bold,
    Green,
    Yellow,
    Red,
    Dim,
}

/// What is written in place of a glyph where there is only ASCII.
const ASCII: [(char, &str); 4] = [('→', "->"), ('…', "..."), ('×', "x"), ('·', "-")];

impl Paint {
    /// The text in this tone.
    pub(crate) fn tone(&self, tone: Tone, text: impl fmt::Display) -> String {
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        let style = match tone {
            _ if !self.color => Style::new(),
            Tone::Plain => Style::new(),
            Tone::Bold => Style::new().bold(),
            Tone::Green => color(AnsiColor::Green),
            Tone::Yellow => color(AnsiColor::Yellow),
            Tone::Red => color(AnsiColor::Red),
            Tone::Dim => Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
    }

    /// The text in bold.
    pub(crate) fn bold(&self, text: impl fmt::Display) -> String {
        self.tone(Tone::Bold, text)
    }

    /// The text in the colour of what went well or is made.
    pub(crate) fn green(&self, text: impl fmt::Display) -> String {
        self.tone(Tone::Green, text)
    }

    /// The text in the colour of what changes or deserves a look.
    pub(crate) fn yellow(&self, text: impl fmt::Display) -> String {
        self.tone(Tone::Yellow, text)
    }

    /// The text in the colour of what failed or is destroyed.
    pub(crate) fn red(&self, text: impl fmt::Display) -> String {
        self.tone(Tone::Red, text)
    }

    /// The text in the colour of what may be passed over.
    pub(crate) fn dim(&self, text: impl fmt::Display) -> String {
        self.tone(Tone::Dim, text)
    }

    /// The finished text, in the glyphs that can be shown.
    pub(crate) fn finish(&self, text: String) -> String {
        if self.unicode {
            return text;
        }
        ASCII.iter().fold(text, |text, (glyph, ascii)| text.replace(*glyph, ascii))
    }
}

/// Text from elsewhere without what would move the cursor, recolour the terminal or turn the reading
/// direction: a tag or an error message must not be able to rewrite the plan above it.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => cleaned.push_str("    "),
            '\r' => {}
            c if steers(c) => cleaned.extend(c.escape_unicode()),
            c => cleaned.push(c),
        }
    }
    Cow::Owned(cleaned)
}

/// The same in one line: a line break is written out, so that no text can look like a line of ours.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).replace('\n', "\\n")
}

/// Whether a character steers what shows it, or is not seen. A line feed is no such thing.
pub(crate) fn steers(c: char) -> bool {
    (c.is_control() && c != '\n') || is_unseen(c)
}

/// Whether a character shows nothing, or turns the reading direction: two texts that differ in such ones
/// look alike.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_drive_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Kb\r\n\u{9b}1A\u{202e}c"), "a\\u{1b}[2Kb\n\\u{9b}1A\\u{202e}c");
        assert_eq!(one_line("a\r\n- delete"), "a\\n- delete");
        assert_eq!(clean("data\u{200b}hub"), "data\\u{200b}hub", "it looks like another name");
    }

    #[test]
    fn without_colour_and_unicode_the_words_are_the_same() {
        let rich = Paint { color: true, width: 80, unicode: true };
        let poor = Paint { color: false, width: 80, unicode: false };
        let text = |paint: Paint| paint.finish(format!("{} a → b…", paint.red("failed")));
        assert_eq!(text(rich), "\u{1b}[31mfailed\u{1b}[0m a → b…");
        assert_eq!(text(poor), "failed a -> b...");
    }
}
