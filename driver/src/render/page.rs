//! Text that grows line by line.

use super::paint::{Paint, Tone, clean};
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

    /// Adds items one after another behind a label, in as many lines as they take.
    pub(crate) fn flow(&mut self, tone: Tone, label: &str, items: &[String], separator: &str) {
        let indent = label.width() + 1;
        let mut line = self.paint.tone(tone, label);
        let mut used = indent;
        for (i, item) in items.iter().enumerate() {
            let item = clean(item);
            if i > 0 && used + separator.width() + item.width() > self.paint.width {
                self.line(format!("{line}{}", separator.trim_end()));
                line = " ".repeat(indent - 1);
                used = indent;
            } else if i > 0 {
                used += separator.width();
            }
            line.push_str(if used == indent { " " } else { separator });
            line.push_str(&item);
            used += item.width();
        }
        self.line(line);
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
            alpha · beta · gamma ·
            delta
        ");
    }
}
