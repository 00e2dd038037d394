//! Where each resource stands in a drawing: below what it needs, near to it, and in bands that are not
//! too wide to be seen.
//!
//! Layers by the longest way from the top; within them an order with few crossings, found by moving
//! each to the middle of its neighbours; then places in that order, as near to the neighbours as the
//! width of a box allows. Everything is settled by the graph alone: the same graph, the same drawing.

use super::{Graph, family};
use std::collections::BTreeSet;

/// The size of a box.
pub(crate) const WIDTH: f64 = 190.0;
/// See [`WIDTH`].
pub(crate) const HEIGHT: f64 = 46.0;
/// From the middle of a box to that of the next beside it.
const ACROSS: f64 = WIDTH + 22.0;
/// From the top of a row to that of the next in the same layer.
const DOWN: f64 = HEIGHT + 18.0;
/// What is more between layers, for the edges.
const BETWEEN: f64 = 44.0;
/// How often orders and places are improved.
const SWEEPS: usize = 6;

/// Where the boxes are, and how large the whole is.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The upper left corner of each box, by the number of the resource.
    pub(crate) places: Vec<(f64, f64)>,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Places the boxes; the edges are those that are drawn.
pub(crate) fn layout(graph: &Graph<'_>, edges: &BTreeSet<(usize, usize)>) -> Layout {
    let total = graph.nodes.len();
    let mut near = vec![(Vec::new(), Vec::new()); total];
    for &(need, user) in edges {
        near[user].0.push(need);
        near[need].1.push(user);
    }
    let mut layers = layers(graph, &near);
    let widest = widest(total);
    order(&mut layers, &near);
    let rows: Vec<(usize, Vec<usize>)> = layers
        .iter()
        .enumerate()
        .flat_map(|(layer, nodes)| fold(nodes, widest).into_iter().map(move |row| (layer, row)))
        .collect();
    let x = spread(&rows, &near, total);
    let mut places = vec![(0.0, 0.0); total];
    let (mut y, mut last) = (0.0, 0);
    for (layer, row) in &rows {
        if *layer != last {
            y += BETWEEN;
            last = *layer;
        }
        for &node in row {
            places[node] = (x[node], y);
        }
        y += DOWN;
    }
    let left = x.iter().copied().fold(f64::INFINITY, f64::min);
    for place in &mut places {
        place.0 -= left;
    }
    let width = places.iter().map(|place| place.0 + WIDTH).fold(0.0, f64::max);
    Layout { places, width, height: y }
}

/// What each is joined to: above and below.
type Near = Vec<(Vec<usize>, Vec<usize>)>;

/// How many boxes may stand side by side.
fn widest(total: usize) -> usize {
    // A picture about as wide as high, with boxes four times as wide as high.
    (10..=total.max(10)).find(|widest| widest * widest >= total * 2 / 3).unwrap_or(total)
}

/// Resources by layer. What needs nothing stands right above the first that needs it, and what is
/// joined to nothing stands below the rest.
fn layers(graph: &Graph<'_>, near: &Near) -> Vec<Vec<usize>> {
    let total = graph.nodes.len();
    let mut layer = vec![0_usize; total];
    for node in 0..total {
        layer[node] = near[node].0.iter().map(|need| layer[*need] + 1).max().unwrap_or_default();
    }
    for node in (0..total).rev() {
        let (above, below) = &near[node];
        if let Some(first) =
            below.iter().map(|user| layer[*user]).min().filter(|_| above.is_empty())
        {
            layer[node] = first.saturating_sub(1);
        }
    }
    let depth = layer.iter().max().map_or(0, |deepest| deepest + 1);
    let mut layers = vec![Vec::new(); depth + 1];
    for node in 0..total {
        let alone = near[node].0.is_empty() && near[node].1.is_empty();
        layers[if alone { depth } else { layer[node] }].push(node);
    }
    for nodes in &mut layers {
        nodes.sort_by_key(|node| {
            let address = &graph.nodes[*node].address;
            (family(address), address)
        });
    }
    layers.retain(|nodes| !nodes.is_empty());
    layers
}

/// Orders each layer by where the neighbours of its nodes stand, from above and from below in turn.
fn order(layers: &mut [Vec<usize>], near: &Near) {
    let mut at = vec![0.0; near.len()];
    let share = |at: &mut Vec<f64>, nodes: &[usize]| {
        for (i, node) in nodes.iter().enumerate() {
            at[*node] = (number(i) + 0.5) / number(nodes.len());
        }
    };
    for nodes in layers.iter() {
        share(&mut at, nodes);
    }
    for sweep in 0..SWEEPS * 2 {
        let down = sweep % 2 == 0;
        let count = layers.len();
        for i in 0..count {
            let nodes = &mut layers[if down { i } else { count - 1 - i }];
            let wish = |node: &usize| {
                let (above, below) = &near[*node];
                mean(if down { above } else { below }, &at).unwrap_or(at[*node])
            };
            let mut wishes: Vec<_> = nodes.iter().map(|node| (wish(node), *node)).collect();
            wishes.sort_by(|a, b| a.0.total_cmp(&b.0));
            *nodes = wishes.into_iter().map(|(_, node)| node).collect();
            share(&mut at, nodes);
        }
    }
}

/// A layer in rows, so that neighbours in the order stay near each other.
fn fold(nodes: &[usize], widest: usize) -> Vec<Vec<usize>> {
    let rows = nodes.len().div_ceil(widest).max(1);
    let row = |row| nodes.iter().skip(row).step_by(rows).copied().collect();
    (0..rows).map(row).collect()
}

/// The left edge of each box: near to its neighbours, and apart from those of its row.
fn spread(rows: &[(usize, Vec<usize>)], near: &Near, total: usize) -> Vec<f64> {
    let mut x = vec![0.0; total];
    for (_, row) in rows {
        let first = number(row.len()) / -2.0;
        for (i, node) in row.iter().enumerate() {
            x[*node] = (first + number(i)) * ACROSS;
        }
    }
    for sweep in 0..SWEEPS * 2 {
        let down = sweep % 2 == 1;
        for i in 0..rows.len() {
            let row = &rows[if down { i } else { rows.len() - 1 - i }].1;
            let wish = |node: &usize| {
                let (above, below) = &near[*node];
                let (first, second) = if down { (above, below) } else { (below, above) };
                mean(first, &x).or_else(|| mean(second, &x)).unwrap_or(x[*node])
            };
            let wishes: Vec<_> = row.iter().map(wish).collect();
            for (node, place) in row.iter().zip(apart(&wishes)) {
                x[*node] = place;
            }
        }
    }
    let joined = |node: &usize| !near[*node].0.is_empty() || !near[*node].1.is_empty();
    let (all, alone): (Vec<_>, Vec<_>) = (0..total).partition(joined);
    if let Some(middle) = mean(&all, &x) {
        for node in alone {
            x[node] += middle;
        }
    }
    x
}

fn mean(of: &[usize], at: &[f64]) -> Option<f64> {
    let sum: f64 = of.iter().map(|node| at[*node]).sum();
    (!of.is_empty()).then(|| sum / number(of.len()))
}

/// Places in this order, a box apart, that differ least from what is wished: neighbours that would
/// overlap share a block, which stands where its members wish on average.
fn apart(wishes: &[f64]) -> Vec<f64> {
    // Less the room of those before it, each wish need only be no less than the one before.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (i, wish) in wishes.iter().enumerate() {
        let mut block = (wish - number(i) * ACROSS, 1);
        while let Some(&(sum, count)) = blocks.last()
            && sum / number(count) > block.0 / number(block.1)
        {
            blocks.pop();
            block = (block.0 + sum, block.1 + count);
        }
        blocks.push(block);
    }
    let level = |(sum, count): (f64, usize)| std::iter::repeat_n(sum / number(count), count);
    let levels = blocks.into_iter().flat_map(level);
    levels.enumerate().map(|(i, level)| level + number(i) * ACROSS).collect()
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_want_one_place_share_it_in_their_order() {
        assert_eq!(apart(&[0.0, 1000.0]), [0.0, 1000.0]);
        assert_eq!(apart(&[100.0, 100.0]), [100.0 - ACROSS / 2.0, 100.0 + ACROSS / 2.0]);
    }

    #[test]
    fn a_wide_layer_is_folded_and_neighbours_stay_together() {
        assert_eq!(fold(&[1, 2, 3, 4, 5], 3), [vec![1, 3, 5], vec![2, 4]]);
    }
}
