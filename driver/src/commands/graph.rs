//! `graph`: draw what there is and what would change.

use crate::{
    app::App,
    cli::{Drawing, GraphArgs},
    render::{
        error::Failure,
        graph::{Graph, dot::dot, mermaid},
        html,
        json::FORMAT,
    },
    session::{Run, releases},
};
use groundplan::{Mode, Settings, json};

/// Draws the graph of a plan, and changes nothing.
pub(crate) async fn graph(app: &App, arguments: GraphArgs) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    let snapshot = run.load().await?;
    let cx = run.cx(&snapshot, releases(&asked.graph, &snapshot))?;
    let settings = Settings { refresh: !arguments.no_refresh, ..Settings::new(Mode::Apply) };
    let plan = run.plan(&asked.graph, &snapshot, &cx, &settings).await?;
    let (screen, graph) = (app.screen, Graph::of(&plan));
    if screen.json {
        let document = json!({ "format": FORMAT, "stack": plan.stack, "nodes": graph.nodes });
        screen.json("graph", &document);
        return Ok(0);
    }
    match arguments.format {
        Drawing::Dot => screen.raw(&dot(&graph, &plan.stack)),
        Drawing::Html => screen.raw(&html::graph(&plan)),
        Drawing::Mermaid => {
            let flowchart = mermaid::mermaid(&graph);
            screen.raw(&flowchart);
            if let Some(told) = mermaid::beyond(&graph, &flowchart) {
                screen.note(&told);
            }
        }
    }
    Ok(0)
}
