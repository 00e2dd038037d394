//! The example with a kind and a rule of its own, planned from nothing, in every face.

#[path = "../../../../examples/own-kind/program.rs"]
mod program;
#[path = "../../../../examples/own-kind/topic.rs"]
mod topic;

use super::{markup::outline, world::PAINT};
use crate::render::{
    graph::{Graph, dot::dot, mermaid::mermaid},
    html, json, markdown, plan,
};
use groundplan::{Checks, Mode, Plan, Registry, Settings, testing::World};
use insta::assert_snapshot;

const DIGEST: &str = "sha256:0";

async fn planned() -> Plan {
    let world = World::new("events", 1).with_kinds(Registry::new().with::<topic::Topic>());
    let checks = Checks { rules: program::rules(), ..Checks::none() };
    let settings = Settings { checks, ..Settings::new(Mode::Apply) };
    world.plan(&world.graph(program::program(3, 24)), &settings).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_kind_of_ones_own_looks_like_any_other() {
    let made = planned().await;
    assert_snapshot!("own_kind_text", plan::plan(&made, &PAINT));
    assert_snapshot!("own_kind_markdown", markdown::comment(&made, DIGEST));
    assert_snapshot!("own_kind_json", format!("{:#}", json::plan(&made, DIGEST)));
    assert_snapshot!("own_kind_html", outline(&html::page(&made, &[])));
    let graph = Graph::of(&made);
    assert_snapshot!("own_kind_dot", dot(&graph, &made.stack));
    assert_snapshot!("own_kind_mermaid", mermaid(&graph));
}
