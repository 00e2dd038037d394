//! The page of a graph: a drawing to pan, zoom and search, and of each resource what it needs, what
//! needs it and what happens to it.

use super::{
    change, foreign, frame,
    links::{Links, place},
};
use crate::render::{
    action::{ALL, class, name},
    change::sign,
    graph::{
        Graph, family,
        layout::{HEIGHT, Layout, WIDTH, layout},
    },
    words,
};
use groundplan::{Node, Plan};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// How many families have a colour of their own.
const COLORS: usize = 10;
/// What fits a box of a name, and of a kind, which is smaller, in characters.
const NAME: usize = 23;
/// See [`NAME`].
const KIND: usize = 30;
/// Room around the drawing.
const MARGIN: f64 = 24.0;

/// The page of a plan's graph.
pub(crate) fn page(plan: &Plan) -> String {
    let graph = Graph::of(plan);
    let links = Links::to(graph.nodes.iter().map(|node| &node.address));
    let families: BTreeSet<_> = graph.nodes.iter().map(|node| family(&node.address)).collect();
    let families: BTreeMap<_, _> =
        families.into_iter().enumerate().map(|(i, family)| (family, i % COLORS)).collect();
    let body = html! {
        header #bar {
            h1 { "Graph of stack " (foreign::text(&plan.stack)) }
            // Shown by the script, without which it could do nothing.
            form #tools hidden {
                input #search type="search" autocomplete="off" spellcheck="false"
                    placeholder="Search …  ( / )" aria-label="Search resources";
                output #found {}
                button #closer type="button" aria-label="Zoom in" { "+" }
                button #wider type="button" aria-label="Zoom out" { "−" }
                button #all type="button" { "Fit" }
            }
            (legend(&graph, &families))
        }
        div #view { (drawing(&graph, &families)) }
        main #told {
            @for number in 0..graph.nodes.len() { (article(number, &graph, plan, &links)) }
        }
    };
    let title = format!("Graph of stack {}", plan.stack);
    frame::document(&title, include_str!("graph.css"), include_str!("graph.js"), &body)
}

fn legend(graph: &Graph<'_>, families: &BTreeMap<&str, usize>) -> Markup {
    let count = |wanted: &str| graph.nodes.iter().filter(|n| class(&n.action) == wanted).count();
    html! {
        p #legend {
            @for (class, name) in ALL {
                @if count(class) > 0 {
                    span.count.(class) { strong { (count(class)) } " " (name) }
                }
            }
            @for (family, color) in families {
                span.family { i.dot.(format!("f{color}")) {} (foreign::text(family)) }
            }
            span.dim { "An arrow leads from a resource to what needs it." }
        }
    }
}

fn drawing(graph: &Graph<'_>, families: &BTreeMap<&str, usize>) -> Markup {
    let essential = graph.essential();
    let layout = layout(graph, &essential);
    let (width, height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    let frame = format!("{} {} {width:.0} {height:.0}", -MARGIN, -MARGIN);
    html! {
        svg #drawing viewBox=(frame) width=(format!("{width:.0}")) height=(format!("{height:.0}"))
            role="group" aria-label="The graph" {
            defs {
                marker #tip viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" {
                    path d="M0 0 L8 4 L0 8 Z" {}
                }
            }
            g #edges {
                @for edge in graph.edges() { (line(edge, essential.contains(&edge), &layout)) }
            }
            @for (number, node) in graph.nodes.iter().enumerate() {
                (shape(number, node, families[family(&node.address)], &layout))
            }
        }
    }
}

/// An edge. What follows from others is drawn only where somebody looks at one of its ends.
fn line((need, user): (usize, usize), essential: bool, layout: &Layout) -> Markup {
    let ((from, top), (to, bottom)) = (layout.places[need], layout.places[user]);
    let (from, to, top) = (from + WIDTH / 2.0, to + WIDTH / 2.0, top + HEIGHT);
    let bend = ((bottom - top) / 2.0).max(24.0);
    let (leave, arrive) = (top + bend, bottom - bend);
    let way = format!(
        "M{from:.0} {top:.0} C{from:.0} {leave:.0} {to:.0} {arrive:.0} {to:.0} {bottom:.0}"
    );
    html! { path.edge.implied[!essential] data-a=(need) data-b=(user) d=(way) {} }
}

fn shape(number: usize, node: &Node, color: usize, layout: &Layout) -> Markup {
    let (x, y) = layout.places[number];
    let title = format!("{} ({})", node.address, name(&node.action));
    html! {
        a.node.(class(&node.action)).derived[node.derived] href=(format!("#{}", place(number)))
            transform=(format!("translate({x:.0} {y:.0})")) {
            title { (foreign::plain(&title)) }
            rect.box width=(WIDTH) height=(HEIGHT) rx="6" {}
            rect.(format!("f{color}")).stripe width="5" height=(HEIGHT) rx="2" {}
            text.kind x="14" y="18" { (foreign::plain(&fit(node.address.kind(), KIND))) }
            text.name x="14" y="35" { (foreign::plain(&fit(node.address.name(), NAME))) }
        }
    }
}

/// What fits a box: of a longer text, its beginning and its end. The title has it whole.
fn fit(text: &str, room: usize) -> String {
    let characters: Vec<_> = text.chars().collect();
    if characters.len() <= room {
        return text.to_owned();
    }
    let (start, end) = (room / 2, room - room / 2 - 1);
    let cut = |part: &[char]| part.iter().collect::<String>();
    format!("{}…{}", cut(&characters[..start]), cut(&characters[characters.len() - end..]))
}

/// What there is to know of one resource.
fn article(number: usize, graph: &Graph<'_>, plan: &Plan, links: &Links) -> Markup {
    let node = graph.nodes[number];
    let (sign, ..) = sign(&node.action);
    let change = plan.changes.iter().find(|change| change.address == node.address);
    let list = |title: &str, of: &BTreeSet<usize>| {
        html! {
            h3 { (title) " " span.number { (of.len()) } }
            ul { @for other in of { li { (links.resource(&graph.nodes[*other].address)) } } }
        }
    };
    html! {
        article id=(place(number)) {
            h2.name { (foreign::text(node.address.to_string())) }
            p {
                span.act.(class(&node.action)) { span.sign { (sign) } " " (name(&node.action)) }
                @if node.derived { " " span.dim { "a derived value, no object in the cloud" } }
                @if let Some(time) = plan.outlook.longest.iter().find(|(a, _)| *a == node.address) {
                    " " span.dim { "on the longest chain, likely to take " (words::took(time.1)) }
                }
            }
            (list("Needs", &graph.needs[number]))
            (list("Needed by", &graph.users[number]))
            @if let Some(change) = change {
                h3 { "What happens" }
                p { (foreign::prose(change.reason())) }
                (change::body(change, plan, links))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn of_a_long_name_both_ends_are_seen() {
        assert_eq!(fit("short", 23), "short");
        assert_eq!(
            fit("datahub-upgrade-job-for-the-metadata-model", 23),
            "datahub-upg…adata-model"
        );
    }
}
