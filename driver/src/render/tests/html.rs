//! The plan and its graph as pages: complete, of one piece, and nothing of a plan is ever markup.

use super::{
    hostile,
    markup::{Piece, outline, pieces},
    world::{World, net, platform, release},
};
use crate::render::{html, paint::steers};
use groundplan::{
    Danger, DangerKind, Finding, Plan, Refusal, Severity, Stack, Waiver, testing::Rule,
};
use insta::assert_snapshot;

/// A plan that has some of everything.
pub(super) async fn some_of_everything() -> Plan {
    let mut first = Stack::new("test");
    release(&mut first, |_| {});
    net(&mut first, "main", "10.0.0.0/16", 1500);
    net(&mut first, "old", "10.7.0.0/16", 1500);
    let world = World::with(first).await;
    let mut second = Stack::new("test");
    let main = net(&mut second, "main", "10.1.0.0/16", 1500);
    let target =
        "https://metabase.data.example.com/auth/callback?return-to=dashboards&state=0".to_owned();
    second.add("in", Rule { net: main.id(), port: 443, target: target.into() });
    release(&mut second, |release| {
        release.chart = "2".into();
        release.script = "#!/bin/sh\nset -eu\nstart --now\n".into();
        release.rules.remove(1);
    });
    let mut plan = world.plan(second).await;
    let old: groundplan::Address = "sim.net/old".parse().unwrap();
    plan.dangers.push(Danger {
        kind: DangerKind::DataLoss,
        address: old.clone(),
        object: None,
        what: "takes its data with it".into(),
    });
    plan.dangers.sort();
    let waiver = Waiver {
        rule: "net-logged".into(),
        address: None,
        reason: "a test".into(),
        owner: "team data".into(),
        expires: "2027-03-31".parse().unwrap(),
    };
    let finding = |severity, waiver| Finding {
        rule: "net-logged".into(),
        severity,
        address: "sim.net/main".parse().unwrap(),
        field: "logs".into(),
        what: "no flow logs are kept".into(),
        why: "nobody can say later who was there".into(),
        mend: "set `logs`".into(),
        waiver,
        expired: false,
    };
    plan.findings = vec![
        finding(Severity::Warn, None),
        finding(Severity::Error, Some(waiver)),
        finding(Severity::Error, None),
    ];
    plan.notes.push("sim.net/main: not verified".into());
    plan.refusals.push(Refusal {
        address: old,
        what: "is protected and would be deleted".into(),
        lift: "--unprotect sim.net/old".into(),
    });
    plan
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_plan_says_it_all_in_the_order_of_its_weight() {
    let plan = some_of_everything().await;
    assert_snapshot!(outline(&html::page(&plan, &[("commit", "0123456".into())])));
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_nothing_says_so() {
    let program = || platform("10.0.0.0/16", 1500, 2);
    let world = World::with(program()).await;
    let page = outline(&html::page(&world.plan(program()).await, &[]));
    assert_eq!(page, "Plan of stack test\nno changes: all 4 resources are as the program says\n");
}

#[tokio::test(start_paused = true)]
async fn the_page_cuts_nothing() {
    let mut program = Stack::new("test");
    let long = "x".repeat(10_000);
    program.add("in", Rule { net: "net-1".into(), port: 1, target: long.clone().into() });
    for port in 2..60 {
        program.add(
            &format!("in-{port}"),
            Rule { net: "net-1".into(), port, target: "y".to_owned().into() },
        );
    }
    let page = outline(&html::page(&World::new().plan(program).await, &[]));
    assert!(page.contains(&long), "a value of 10,000 characters is whole");
    assert!((2..60).all(|port| page.contains(&format!("sim.rule/in-{port}"))));
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_graph_tells_of_each_resource_what_it_needs_and_what_happens() {
    let world = World::with(platform("10.0.0.0/16", 1500, 2)).await;
    let plan = world.plan(platform("10.0.0.0/16", 9000, 2)).await;
    assert_snapshot!(outline(&html::graph(&plan)));
}

/// What may be on a page. All else came from elsewhere.
const ELEMENTS: [&str; 51] = [
    "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "header", "section",
    "div", "h1", "h2", "h3", "h4", "p", "ul", "li", "dl", "dt", "dd", "span", "strong", "code",
    "pre", "bdi", "a", "i", "del", "ins", "table", "tbody", "tr", "th", "td", "details", "summary",
    "form", "input", "button", "output", "svg", "g", "rect", "path", "text", "defs", "marker",
    "article", "script", "br",
];

#[tokio::test(start_paused = true)]
async fn whatever_a_plan_holds_is_text() {
    let plan = some_of_everything().await;
    for text in hostile::texts() {
        let plan = hostile::infested(plan.clone(), &text);
        let written = |c: char| if steers(c) { c.escape_unicode().to_string() } else { c.into() };
        let seen: String = text.chars().map(written).collect();
        for page in [html::page(&plan, &[("commit", text.clone())]), html::graph(&plan)] {
            let pieces = pieces(&page);
            let (mut words, mut scripts) = (String::new(), 0);
            for piece in &pieces {
                match piece {
                    Piece::Open(name, attributes) => {
                        assert!(ELEMENTS.contains(&&**name), "<{name}> of {text:?}");
                        scripts += usize::from(["script", "style"].contains(&&**name));
                        for (attribute, value) in attributes {
                            assert!(!attribute.starts_with("on"), "{attribute} of {text:?}");
                            assert!(!["src", "srcset", "style"].contains(&&**attribute));
                            assert!(attribute != "href" || value.starts_with("#r"), "{value}");
                            assert!(!value.contains("alert"), "{attribute}={value}");
                        }
                    }
                    Piece::Text(text) => words.push_str(text),
                    Piece::Close(_) => {}
                }
            }
            assert_eq!(scripts, 2, "a style and a script of ours");
            assert!(words.contains(&seen) || text.contains('`'), "{text:?} is not to be seen");
            assert!(!page.chars().any(|c| steers(c) && c != '\t'), "{text:?} steers the page");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_needs_nothing_but_itself() {
    let plan = some_of_everything().await;
    for page in [html::page(&plan, &[]), html::graph(&plan)] {
        for piece in pieces(&page) {
            match piece {
                Piece::Open(name, attributes) => {
                    assert!(
                        !["link", "img", "iframe", "object", "base"].contains(&&*name),
                        "{name}"
                    );
                    let href =
                        attributes.iter().filter(|(name, _)| ["href", "src"].contains(&&**name));
                    assert!(href.into_iter().all(|(_, value)| value.starts_with('#')));
                }
                Piece::Text(text) if text.contains("use strict") || text.contains(":root") => {
                    for outside in
                        ["http", "@import", "fetch(", "import(", "XMLHttp", "innerHTML", "eval("]
                    {
                        assert!(!text.contains(outside), "{outside}");
                    }
                    assert!(text.matches("url(").count() == text.matches("url(#").count());
                }
                _ => {}
            }
        }
        assert!(page.contains("default-src 'none'"), "a browser is told to load nothing");
    }
}
