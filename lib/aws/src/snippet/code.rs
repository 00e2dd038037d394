//! A Rust expression, and how it is laid out.

/// Columns of a line.
const WIDTH: usize = 100;

/// An expression: `head`, items with commas between, `tail`. Without items it is its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    head: String,
    items: Vec<Code>,
    tail: &'static str,
}

impl Code {
    /// A word or a literal.
    pub(super) fn word(text: impl Into<String>) -> Self {
        Self { head: text.into(), items: Vec::new(), tail: "" }
    }

    /// A text as a literal.
    pub(super) fn text(text: &str) -> Self {
        Self::word(format!("{text:?}"))
    }

    /// Items between `head`, such as `Some(`, and `tail`.
    pub(super) fn list(head: impl Into<String>, items: Vec<Self>, tail: &'static str) -> Self {
        Self { head: head.into(), items, tail }
    }

    /// The same behind something: `name: ` or `let vpc = `.
    pub(super) fn behind(self, before: &str) -> Self {
        Self { head: format!("{before}{}", self.head), ..self }
    }

    /// What it is on one line.
    pub(super) fn flat(&self) -> String {
        if self.items.is_empty() {
            return format!("{}{}", self.head, self.tail);
        }
        let items: Vec<_> = self.items.iter().map(Self::flat).collect();
        // The braces of a struct have space inside.
        let braces = self.head == "{" || self.head.ends_with(" {");
        let air = if braces { " " } else { "" };
        format!("{}{air}{}{air}{}", self.head, items.join(", "), self.tail)
    }

    /// Writes it so far to the right, on as many lines as it takes; `after` follows it.
    pub(super) fn write(&self, out: &mut String, indent: usize, after: &str) {
        let flat = self.flat();
        let fits = indent + flat.len() + after.len() <= WIDTH && !flat.contains('\n');
        if fits || self.items.is_empty() {
            out.extend([flat.as_str(), after, "\n"]);
        } else if let [one] = &self.items[..]
            && !one.items.is_empty()
            && self.head.ends_with('(')
        {
            // A call of one argument holds it in its own brackets.
            let inner = Self { head: format!("{}{}", self.head, one.head), ..one.clone() };
            inner.write(out, indent, &format!("{}{after}", self.tail));
        } else {
            out.extend([self.head.as_str(), "\n"]);
            for item in &self.items {
                *out += &" ".repeat(indent + 4);
                // Nothing may follow what a struct takes from elsewhere.
                let comma = if item.head.starts_with("..") { "" } else { "," };
                item.write(out, indent + 4, comma);
            }
            out.extend([" ".repeat(indent).as_str(), self.tail, after, "\n"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_on_a_line_has_an_item_a_line() {
        let words = |count| (0..count).map(|n| Code::word(format!("argument_{n}"))).collect();
        let mut out = String::new();
        Code::list("f(", words(3), ")").behind("let x = ").write(&mut out, 4, ";");
        assert_eq!(out, "let x = f(argument_0, argument_1, argument_2);\n");
        let mut out = String::new();
        let inner = Code::list("Thing {", words(9), "}");
        Code::list("Some(", vec![inner], ")").write(&mut out, 0, ",");
        assert!(out.starts_with("Some(Thing {\n    argument_0,\n"), "{out}");
        assert!(out.ends_with("    argument_8,\n}),\n"), "{out}");
    }
}
