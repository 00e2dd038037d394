//! Text that grows line by line.

use super::{
    paint::{Paint, Tone, clean, one_line},
    wrap::wrap,
};
use std::fmt::Display;
use unicode_width::UnicodeWidthStr;

/// Text that grows line by line.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    text: String,
    paint: &'a Paint,
}

impl<'a> Page<'a> {
    pub(crate) fn new(paint: &'a Paint) -> Self {
        Self { text: String::new(), paint }
    }

    /// Adds finished lines.
    pub(crate) fn add(&mut self, lines: impl AsRef<str>) {
        self.text.push_str(lines.as_ref());
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, text: impl Display) {
        self.text.push_str(&text.to_string());
        self.text.push('\n');
    }

    /// Adds an empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Adds text from elsewhere behind a label. Its further lines stand below its first.
    pub(crate) fn say(&mut self, tone: Tone, label: &str, text: impl AsRef<str>) {
        let below = format!("\n{}", " ".repeat(label.width() + 1));
        let text = clean(text.as_ref().trim_end()).replace('\n', &below);
        self.line(format!("{} {text}", self.paint.tone(tone, label)));
    }

    /// Adds a sentence from elsewhere behind a label. Where it does not fit it goes on below; a line
    /// break in it is written out.
    pub(crate) fn tell(&mut self, tone: Tone, label: &str, text: impl AsRef<str>) {
        let text = one_line(text.as_ref().trim());
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        self.flow(tone, label, &words, " ");
    }

    /// Adds items one after another behind a label, in as many lines as they take.
    pub(crate) fn flow(&mut self, tone: Tone, label: &str, items: &[String], separator: &str) {
        let width = self.paint.width;
        let label = self.label(tone, label);
        let indent = (label.width() + 1).min(width / 2);
        let mut line = self.paint.tone(tone, &label);
        let mut used = label.width() + 1;
        for (i, item) in items.iter().enumerate() {
            let item = one_line(item);
            // What follows an item is in its line.
            let end = if i + 1 < items.len() { separator.trim_end().width() } else { 0 };
            let width = width.saturating_sub(end);
            if i > 0 && used + separator.width() + item.width() > width {
                self.line(format!("{line}{}", separator.trim_end()));
                line = " ".repeat(indent - 1);
                used = indent;
            } else if i > 0 {
                used += separator.width();
            }
            line.push_str(if i == 0 || used == indent { " " } else { separator });
            let room = width.saturating_sub(indent);
            let mut pieces = wrap(&item, room.saturating_sub(used - indent), room).into_iter();
            line.push_str(&pieces.next().unwrap_or_default());
            used += item.width();
            for piece in pieces {
                self.line(line.trim_end());
                line = format!("{}{piece}", " ".repeat(indent));
                used = indent + piece.width();
            }
        }
        self.line(line);
    }

    /// What items stand behind: the label, or the last line of one that fills some by itself.
    fn label(&mut self, tone: Tone, text: &str) -> String {
        let (text, width) = (one_line(text), self.paint.width);
        if text.width() < width {
            return text;
        }
        let mut last = String::new();
        for (n, line) in wrap(&text, width, width / 2).into_iter().enumerate() {
            if n > 0 {
                self.line(self.paint.tone(tone, last));
            }
            last = format!("{}{line}", " ".repeat(if n > 0 { width / 4 } else { 0 }));
        }
        last
    }

    /// The finished text, in the glyphs that can be shown.
    pub(crate) fn finish(self) -> String {
        self.paint.finish(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn what_does_not_fit_a_line_goes_on_below() {
        let mut page = Page::new(&Paint { color: false, width: 24, unicode: true });
        page.say(Tone::Red, "error:", "one\ntwo\n");
        let items = ["alpha", "beta", "gamma", "delta"].map(str::to_owned);
        page.flow(Tone::Plain, "  + create", &items, ", ");
        page.flow(Tone::Plain, "   ", &items, " · ");
        assert_snapshot!(page.finish(), @"
        error: one
               two
          + create alpha, beta,
                   gamma, delta
            alpha · beta ·
            gamma · delta
        ");
    }
}
