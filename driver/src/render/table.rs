//! Aligned columns, cut nowhere: what is in a cell can be copied out of it.

use super::{
    paint::{Paint, Tone, one_line},
    wrap::wrap,
};
use unicode_width::UnicodeWidthStr;

/// A cell wider than this does not push the others of its column away.
const WIDEST: usize = 48;

/// How much further to the right a row goes on below itself, where no column says it.
const BELOW: usize = 4;
/// No line is broken into pieces narrower than this, however narrow the terminal is.
const NARROWEST: usize = 16;

/// What stands between two columns.
const GAP: &str = "  ";
/// The same before what a value becomes.
const BECOMES: &str = " → ";

/// A piece of text in its column.
#[derive(Debug)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
    gap: &'static str,
}

impl Cell {
    pub(crate) fn new(tone: Tone, text: impl AsRef<str>) -> Self {
        // A line break in a name would look like another line of the table.
        Self { text: one_line(text.as_ref()), tone, gap: GAP }
    }

    /// What the value in the cell before becomes.
    pub(crate) fn becomes(text: impl AsRef<str>) -> Self {
        Self { gap: BECOMES, ..text.into() }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(Tone::Plain, text)
    }
}

/// Rows whose columns are aligned.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table whose first row says what the columns are.
    pub(crate) fn with_head(titles: &[&str]) -> Self {
        let mut table = Self::default();
        table.row(titles.iter().map(|title| Cell::new(Tone::Dim, title)));
        table
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn rows(&mut self, rows: Vec<Vec<Cell>>) {
        self.rows.extend(rows);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lines, each with this many blanks before it. A row is one line, however long.
    pub(crate) fn render(&self, indent: usize, paint: &Paint) -> String {
        self.lay(indent, usize::MAX, paint)
    }

    /// The same in lines that fit: a cell that has no room beside those before it goes below them.
    pub(crate) fn fitted(&self, indent: usize, paint: &Paint) -> String {
        self.lay(indent, paint.width, paint)
    }

    fn lay(&self, indent: usize, width: usize, paint: &Paint) -> String {
        let starts = self.starts(indent);
        // Below the second column, unless that begins too far to the right.
        let second = starts.get(1).copied().filter(|start| *start <= width / 2);
        let below = second.unwrap_or(indent + BELOW);
        let mut text = String::new();
        for row in &self.rows {
            let mut at = 0;
            for (i, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.text.is_empty()) {
                let mut gap = if i == 0 { "" } else { cell.gap };
                let mut start = starts[i].max(at + gap.width());
                if at > 0 && start > below && start + cell.text.width() > width {
                    text.push('\n');
                    gap = gap.trim_start();
                    (at, start) = (0, below + gap.width());
                }
                text.push_str(&" ".repeat(start - at - gap.width()));
                text.push_str(gap);
                let further = if i == 0 { indent + BELOW } else { start };
                let room = |from: usize| width.saturating_sub(from).max(NARROWEST);
                let lines = wrap(&cell.text, room(start), room(further));
                at = start;
                for (n, line) in lines.iter().enumerate() {
                    if n > 0 {
                        text.push('\n');
                        text.push_str(&" ".repeat(further));
                        at = further;
                    }
                    text.push_str(&paint.tone(cell.tone, line));
                    at += line.width();
                }
            }
            text.push('\n');
        }
        text
    }

    /// Where each column begins.
    fn starts(&self, indent: usize) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let mut start = indent;
        let place = |column| {
            if column > 0 {
                start += self.width(column - 1) + self.gap(column);
            }
            start
        };
        (0..columns).map(place).collect()
    }

    fn gap(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.gap.width()).max().unwrap_or_default()
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.text.width())
            .filter(|width| *width <= WIDEST)
            .max()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_is_seen() {
        let mut table = Table::with_head(&["name", "value", "note"]);
        table.row(["größe".into(), "1".into(), "x".into()]);
        table.row(["漢字".into(), Cell::new(Tone::Red, "w".repeat(50)), "y".into()]);
        table.row(["a".into(), "".into(), "".into()]);
        let text = table.render(2, &Paint { color: false, width: 80, unicode: true });
        let wide = "w".repeat(50);
        assert_eq!(
            text,
            format!("  name   value  note\n  größe  1      x\n  漢字   {wide}  y\n  a\n")
        );
    }

    #[test]
    fn what_has_no_room_beside_goes_below() {
        let mut table = Table::default();
        table.row(["cidr".into(), "10.0.0.0/16".into(), Cell::becomes("10.1.0.0/16")]);
        table.row(["tag".into(), "before".into(), Cell::becomes("one that is long"), "why".into()]);
        table.row(["a-path-of-its-own".into(), "".into(), "".into(), "why, and why else".into()]);
        let text = table.fitted(2, &Paint { color: false, width: 30, unicode: true });
        insta::assert_snapshot!(text, @"
        cidr
            10.0.0.0/16
            → 10.1.0.0/16
        tag                before
            → one that is long
            why
        a-path-of-its-own
            why, and why else
        ");
        assert_eq!(
            table.render(2, &Paint { color: false, width: 30, unicode: true }).lines().count(),
            3
        );
    }
}
