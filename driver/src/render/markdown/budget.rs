//! A document that may not be longer than so many bytes.

/// A document with room for so many bytes.
#[derive(Debug)]
pub(super) struct Budget {
    text: String,
    most: usize,
}

impl Budget {
    /// An empty document of at most so many bytes.
    pub(super) fn of(most: usize) -> Self {
        Self { text: String::new(), most }
    }

    /// How many bytes there is still room for.
    pub(super) fn left(&self) -> usize {
        self.most.saturating_sub(self.text.len())
    }

    /// Adds a piece if it fits whole.
    #[must_use]
    pub(super) fn add(&mut self, piece: &str) -> bool {
        let fits = piece.len() <= self.left();
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Adds a table of as many rows as fit beside what `keep` bytes are kept for; how many are left out. The
    /// table is left away where not one fits.
    pub(super) fn table(&mut self, head: &str, rows: &[String], keep: usize) -> usize {
        let mut table = head.to_owned();
        let mut shown = 0;
        for row in rows {
            if table.len() + row.len() + keep > self.left() {
                break;
            }
            table.push_str(row);
            shown += 1;
        }
        if shown > 0 {
            table.push('\n');
            self.text.push_str(&table);
        }
        rows.len() - shown
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
