//! Aligned columns. Never wraps or cuts: what is in a cell can be copied out of it.

use super::paint::{Paint, Tone, clean};
use unicode_width::UnicodeWidthStr;

/// A cell wider than this does not push the others of its column away.
const WIDEST: usize = 48;

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
        Self { text: clean(text.as_ref()).replace('\n', "\\n"), tone, gap: GAP }
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

    /// Lines, each with this many blanks before it.
    pub(crate) fn render(&self, indent: usize, paint: &Paint) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<_> = (0..columns).map(|column| self.width(column)).collect();
        let gaps: Vec<_> = (0..columns).map(|column| self.gap(column)).collect();
        let mut text = String::new();
        for row in &self.rows {
            text.push_str(&" ".repeat(indent));
            let filled = |cell: &Cell| !cell.text.is_empty();
            let used = row.iter().rposition(filled).map_or(0, |last| last + 1);
            for (i, cell) in row[..used].iter().enumerate() {
                if i > 0 {
                    let room = widths[i - 1].saturating_sub(row[i - 1].text.width());
                    let gap = if filled(cell) { cell.gap } else { "" };
                    text.push_str(&" ".repeat(room + gaps[i] - gap.width()));
                    text.push_str(gap);
                }
                text.push_str(&paint.tone(cell.tone, &cell.text));
            }
            text.push('\n');
        }
        text
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
}
