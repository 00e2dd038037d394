//! The graph for Graphviz: `apply graph --format dot | dot -Tsvg`.

use super::{Graph, label};
use crate::render::{action::class, paint::clean};
use std::fmt::Write;

/// The graph in DOT. An arrow leads from what is needed to what needs it.
pub(crate) fn dot(graph: &Graph<'_>, stack: &str) -> String {
    let mut text = format!("digraph {} {{\n", quoted(stack));
    text.push_str("  rankdir=TB;\n");
    text.push_str("  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n");
    text.push_str("  edge [color=\"#7a8490\"];\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let (fill, line) = colors(class(&node.action));
        let style = if node.derived { ", style=\"rounded,filled,dashed\"" } else { "" };
        let label = quoted(&label(node).join("\n"));
        let _ = writeln!(
            text,
            "  n{number} [label={label}, fillcolor=\"{fill}\", color=\"{line}\"{style}];"
        );
    }
    for (need, user) in graph.edges() {
        let _ = writeln!(text, "  n{need} -> n{user};");
    }
    text.push_str("}\n");
    text
}

/// The fill and the line of a class of action.
pub(super) fn colors(class: &str) -> (&'static str, &'static str) {
    match class {
        "create" | "import" => ("#dcf3e3", "#136c36"),
        "update" | "finish" | "forget" => ("#fdf0cd", "#7d5200"),
        "delete" | "replace" => ("#fde4e1", "#a8201a"),
        "derive" | "record" => ("#e0edfb", "#0b5cad"),
        _ => ("#f5f7f9", "#7a8490"),
    }
}

/// A quoted string of DOT. A backslash begins an escape there, such as `\N` for the node's name.
fn quoted(text: &str) -> String {
    let text = clean(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_label_cannot_end_its_quotes() {
        assert_eq!(quoted("a\"]; b\\N\n\u{1b}"), r#""a\"]; b\\N\n\\u{1b}""#);
    }
}
