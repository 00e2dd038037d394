//! The graph for Mermaid, as GitHub draws it in Markdown.

use super::{Graph, dot::colors, label};
use crate::render::{
    action::{ALL, class},
    paint::clean,
    words,
};
use std::fmt::Write;

/// How many edges Mermaid draws where nobody has raised its `maxEdges`. GitHub does not let one.
const EDGES: usize = 500;
/// How long a text it reads where nobody has raised its `maxTextSize`, in characters.
const CHARACTERS: usize = 50_000;

/// The graph as a Mermaid flowchart. An arrow leads from what is needed to what needs it; edges that
/// follow from others are left out, as each counts towards Mermaid's limit.
pub(crate) fn mermaid(graph: &Graph<'_>) -> String {
    let mut text = String::from("flowchart TB\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let (open, close) = if node.derived { ("([", "])") } else { ("[", "]") };
        let label: Vec<_> = label(node).iter().map(|line| quoted(line)).collect();
        let (label, class) = (label.join("<br>"), class(&node.action));
        let _ = writeln!(text, "  n{number}{open}\"{label}\"{close}:::{class}");
    }
    for (need, user) in graph.essential() {
        let _ = writeln!(text, "  n{need} --> n{user}");
    }
    for (class, _) in ALL {
        let (fill, line) = colors(class);
        let _ = writeln!(text, "  classDef {class} fill:{fill},stroke:{line},color:#1c2128");
    }
    text
}

/// What to know of a flowchart that is beyond Mermaid's limits.
pub(crate) fn beyond(graph: &Graph<'_>, flowchart: &str) -> Option<String> {
    let (edges, characters) = (graph.essential().len(), flowchart.chars().count());
    let (what, most) = match (edges > EDGES, characters > CHARACTERS) {
        (true, _) => (words::count(edges, "edge"), format!("{EDGES} edges")),
        (_, true) => (format!("{characters} characters"), format!("{CHARACTERS} characters")),
        _ => return None,
    };
    Some(format!(
        "this graph has {what}, and Mermaid draws no more than {most} unless its own settings say \
         otherwise, which GitHub does not allow; --format html has no limit"
    ))
}

/// Text within a quoted label. All that could be taken for syntax, HTML or Markdown is written as a
/// character's number.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in clean(text).chars() {
        match c {
            c if c.is_alphanumeric() || " -_./+:".contains(c) => quoted.push(c),
            c => {
                let _ = write!(quoted, "#{};", u32::from(c));
            }
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_label_is_never_syntax() {
        assert_eq!(quoted("a\"]-->b<i>`"), "a#34;#93;--#62;b#60;i#62;#96;");
    }
}
