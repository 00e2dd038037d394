//! The comment on a pull request: what is in it, whatever the plan is.

use super::{
    hostile,
    world::{World, net, release},
};
use crate::render::{
    markdown::{MOST, comment},
    paint::steers,
};
use groundplan::{
    Mode, Plan, PreviewObject, Settings, Stack,
    testing::{Host, Net, Note},
};
use insta::assert_snapshot;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const DIGEST: &str = "sha256:0";

/// What a reader of a comment sees of it.
#[derive(Debug, Default)]
struct Read {
    /// Rows of tables, the cells as text.
    rows: Vec<Vec<String>>,
    /// Titles of what is folded.
    folded: usize,
    blocks: Vec<String>,
    /// All text outside of code.
    prose: String,
    /// HTML that is not the document's own.
    foreign: Vec<String>,
}

/// Reads a comment as GitHub does, and finds everything closed.
fn read(text: &str) -> Read {
    let mut read = Read::default();
    let (mut open, mut in_block, mut tables) = (0_i32, false, 0_i32);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Table(_)) => tables += 1,
            Event::End(TagEnd::Table) => tables -= 1,
            Event::Start(Tag::TableHead | Tag::TableRow) => read.rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                if let Some(row) = read.rows.last_mut() {
                    row.push(String::new());
                }
            }
            Event::Start(Tag::CodeBlock(_)) => {
                in_block = true;
                read.blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Html(html) => {
                let own = html.trim();
                if let Some(title) = own.strip_prefix("<details><summary>") {
                    assert!(title.ends_with("</code></summary>"), "{own}");
                    read.folded += 1;
                    open += 1;
                } else if own == "</details>" {
                    open -= 1;
                } else {
                    read.foreign.push(own.to_owned());
                }
                assert!((0..=1).contains(&open), "folds are not nested");
            }
            Event::InlineHtml(html) => read.foreign.push(html.to_string()),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                read.foreign.push("a link".to_owned());
            }
            Event::Text(text) if in_block => {
                read.blocks.last_mut().expect("a block").push_str(&text);
            }
            Event::Text(text) => {
                read.prose.push_str(&text);
                let cell = read.rows.last_mut().and_then(|row| row.last_mut());
                if let Some(cell) = cell.filter(|_| tables > 0) {
                    cell.push_str(&text);
                }
            }
            Event::Code(code) => {
                let cell = read.rows.last_mut().and_then(|row| row.last_mut());
                if let Some(cell) = cell.filter(|_| tables > 0) {
                    cell.push_str(&code);
                }
            }
            _ => {}
        }
    }
    assert_eq!((open, tables, in_block), (0, 0, false), "something is left open");
    read
}

fn has_row(read: &Read, cells: [&str; 2]) -> bool {
    read.rows.iter().any(|row| row[0].contains(cells[0]) && row[1].contains(cells[1]))
}

#[tokio::test(start_paused = true)]
async fn a_small_plan_is_read_top_down() {
    let mut first = Stack::new("test");
    net(&mut first, "main", "10.0.0.0/16", 1500);
    net(&mut first, "side", "10.9.0.0/16", 1500);
    release(&mut first, |_| {});
    let world = World::with(first).await;
    let mut second = Stack::new("test");
    let main = net(&mut second, "main", "10.1.0.0/16", 1500);
    second.add("web", Host { nets: vec![main.id()], image: "a".into(), size: 2 });
    release(&mut second, |release| release.chart = "2".into());
    let text = comment(&world.plan(second).await, DIGEST);
    read(&text);
    assert_snapshot!(text);
}

/// A plan of 500 changed resources, and a release of many objects of which every third goes.
async fn large() -> Plan {
    let mut first = Stack::new("test");
    let mut second = Stack::new("test");
    for i in 0..500 {
        let tags = |n: &str| [("team".to_owned(), format!("{n}-{}", "x".repeat(60)))].into();
        let name = format!("network-of-a-rather-long-name-{i}");
        let before = Net { cidr: format!("10.{i}"), mtu: 1500, tags: tags("before") };
        first.add(&name, before.clone());
        match i % 5 {
            0 => {}
            1 => drop(second.add(&name, Net { cidr: format!("11.{i}"), ..before })),
            _ => drop(second.add(&name, Net { tags: tags("after"), ..before })),
        }
    }
    release(&mut first, |_| {});
    release(&mut second, |release| release.chart = "2".into());
    let world = World::with(first).await;
    let mut plan = world.plan(second).await;
    let hub = plan.changes.iter_mut().find(|c| c.preview.is_some()).expect("the release");
    let objects = &mut hub.preview.as_mut().expect("its objects").objects;
    objects.extend((0..200).map(|i| PreviewObject {
        action: "update".into(),
        object: format!("ConfigMap hub/part-{i}"),
        changes: vec![("data.key".into(), "\"one\"".into(), "\"two\"".into())],
        risks: Vec::new(),
    }));
    plan
}

#[tokio::test(start_paused = true)]
async fn five_hundred_changes_fit_and_hide_nothing_that_goes() {
    let plan = large().await;
    assert!(plan.changes.len() > 490, "{}", plan.changes.len());
    let text = comment(&plan, DIGEST);
    assert!(text.len() <= MOST, "{} bytes", text.len());
    let read = read(&text);
    for danger in &plan.dangers {
        let of = danger.object.clone().unwrap_or_else(|| danger.address.to_string());
        let named = crate::render::words::danger(danger.kind);
        assert!(has_row(&read, [named, &of]), "{danger:?} is not in\n{text}");
    }
    assert!(text.contains("more changes: see"), "what is left out is counted");
    assert!(read.foreign.is_empty(), "{:?}", read.foreign);
    assert!(text.len() > MOST / 2, "there was room for more");
}

#[tokio::test(start_paused = true)]
async fn a_plan_whose_dangers_do_not_fit_is_too_large_to_review() {
    let mut plan = large().await;
    let one = plan.dangers[0].clone();
    plan.dangers.extend((0..2000).map(|_| one.clone()));
    let text = comment(&plan, DIGEST);
    assert!(text.len() <= MOST, "{} bytes", text.len());
    assert!(text.contains("**Too large to review here**"));
    assert!(text.contains("more such lines; in all:"));
    read(&text);
}

#[tokio::test(start_paused = true)]
async fn hostile_names_and_values_stay_text() {
    let mut first = Stack::new("test");
    let mut second = Stack::new("test");
    let texts = hostile::texts();
    for (i, text) in texts.iter().enumerate() {
        let tags = |value: &str| [(text.clone(), format!("{value}{text}"))].into();
        let net = |value| Net { cidr: "10.0".into(), mtu: 1500, tags: tags(value) };
        first.add(&format!("n{i}"), net("a"));
        second.add(&format!("n{i}"), net("b"));
        second.add(&format!("t{i}"), Note { text: text.clone() });
    }
    release(&mut first, |_| {});
    release(&mut second, |release| release.chart = "2".into());
    let world = World::with(first).await;
    let mut plan = world.plan_with(second, Settings::new(Mode::Apply)).await.unwrap();
    for text in &texts {
        let hub = plan.changes.iter_mut().find(|c| c.preview.is_some()).unwrap();
        let object = |action: &str| PreviewObject {
            action: action.into(),
            object: format!("ConfigMap {text}"),
            changes: vec![(text.clone(), text.clone(), text.clone())],
            risks: Vec::new(),
        };
        let objects = &mut hub.preview.as_mut().unwrap().objects;
        objects.extend(["delete", "update"].map(object));
        hub.notes.push(text.clone());
        plan.notes.push(text.clone());
        let mut danger = plan.dangers[0].clone();
        (danger.object, danger.what) = (Some(text.clone()), text.clone());
        plan.dangers.push(danger);
    }
    let text = comment(&plan, DIGEST);
    assert!(text.len() <= MOST, "{} bytes", text.len());
    let read = read(&text);
    assert!(read.foreign.is_empty(), "{:?}", read.foreign);
    assert!(!read.prose.contains("@everyone") && !read.prose.contains("@octocat"));
    assert!(!text.contains(steers), "{:?}", text.find(steers));
    for change in &plan.changes {
        assert!(has_row(&read, ["", &change.address.to_string()]), "{} is hidden", change.address);
    }
    assert!(
        read.rows.iter().all(|row| (3..=5).contains(&row.len())),
        "{:#?}",
        read.rows.iter().filter(|r| r.len() < 3 || r.len() > 5).collect::<Vec<_>>()
    );
}
