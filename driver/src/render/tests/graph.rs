//! The graph of a plan for other programs, and where the page's boxes stand.

use super::world::{World, platform};
use crate::render::graph::{
    Graph,
    dot::dot,
    layout::{HEIGHT, WIDTH, layout},
    mermaid::{beyond, mermaid},
};
use groundplan::{Address, Mode, Node, Plan, Settings};
use insta::assert_snapshot;
use std::collections::BTreeSet;

/// The platform of which one network changes.
async fn changed() -> Plan {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    world.plan(platform("10.0.0.0/16", 9000, 2)).await
}

#[tokio::test(start_paused = true)]
async fn graphviz_is_given_every_resource_and_every_edge() {
    assert_snapshot!(dot(&Graph::of(&changed().await), "te\"st\n"));
}

#[tokio::test(start_paused = true)]
async fn mermaid_is_given_every_resource_and_the_edges_that_count() {
    let plan = changed().await;
    let graph = Graph::of(&plan);
    let flowchart = mermaid(&graph);
    assert_snapshot!(flowchart);
    assert_eq!(beyond(&graph, &flowchart), None);
}

#[tokio::test(start_paused = true)]
async fn a_destruction_is_drawn_as_well() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let empty = groundplan::Stack::new("test");
    let plan = world.plan_with(empty, Settings::new(Mode::Destroy)).await.unwrap();
    let graph = Graph::of(&plan);
    assert_eq!(graph.nodes.len(), 5);
    assert!(graph.edges().all(|(need, user)| need < user), "what is needed stands before");
    assert_eq!(dot(&graph, "test").matches(r#"\ndelete"]"#).count(), 0);
    assert_eq!(dot(&graph, "test").matches(r"\ndelete").count(), 5);
}

/// So many resources, each of which needs up to three that came not long before.
async fn large(total: usize) -> Plan {
    let mut plan = changed().await;
    let mut seed = 7_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 40).unwrap() % below
    };
    let mut nodes: Vec<Node> = Vec::new();
    for number in 0..total {
        let address: Address = format!("sim.net/n{number}").parse().unwrap();
        let mut needs = BTreeSet::new();
        for _ in 0..random(4).min(number) {
            needs.insert(nodes[number - 1 - random(number.min(40))].address.clone());
        }
        nodes.push(Node { address, needs, ..plan.nodes[0].clone() });
    }
    plan.nodes = nodes;
    plan
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_boxes_none_hides_another_and_each_stands_below_what_it_needs() {
    let plan = large(1_000).await;
    let graph = Graph::of(&plan);
    let layout = layout(&graph, &graph.essential());
    for (need, user) in graph.edges() {
        assert!(layout.places[need].1 + HEIGHT < layout.places[user].1, "{need} → {user}");
    }
    for (i, one) in layout.places.iter().enumerate() {
        for other in &layout.places[..i] {
            let apart = |a: f64, b: f64, size: f64| (a - b).abs() >= size;
            assert!(apart(one.0, other.0, WIDTH) || apart(one.1, other.1, HEIGHT));
        }
        assert!(one.0 >= 0.0 && one.0 + WIDTH <= layout.width && one.1 + HEIGHT <= layout.height);
    }
    let shape = layout.width / layout.height;
    assert!((0.5..3.0).contains(&shape), "{shape} times as wide as high");
}

#[tokio::test(start_paused = true)]
async fn an_edge_that_is_left_out_is_a_way_still() {
    let plan = large(300).await;
    let graph = Graph::of(&plan);
    let essential = graph.essential();
    let reach = |edges: &BTreeSet<(usize, usize)>| {
        let mut above = vec![BTreeSet::new(); graph.nodes.len()];
        for user in 0..graph.nodes.len() {
            for &(need, _) in edges.iter().filter(|edge| edge.1 == user) {
                let farther = above[need].clone();
                above[user].extend(farther);
                above[user].insert(need);
            }
        }
        above
    };
    let all: BTreeSet<_> = graph.edges().collect();
    assert!(essential.len() < all.len());
    assert_eq!(reach(&essential), reach(&all));
}

#[tokio::test(start_paused = true)]
async fn what_mermaid_would_refuse_is_said() {
    let plan = large(1_000).await;
    let graph = Graph::of(&plan);
    let said = beyond(&graph, &mermaid(&graph)).unwrap();
    assert!(said.contains("Mermaid draws no more than 500 edges"), "{said}");
    assert!(said.contains("--format html has no limit"), "{said}");
}
