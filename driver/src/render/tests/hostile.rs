//! What somebody who can write a tag, a value or a chart may try, in the faces for a terminal and for
//! programs; those for Markdown and browsers are tried beside their other tests.

use super::{
    html::some_of_everything,
    world::{PAINT, World, net},
};
use crate::render::{json, paint::steers, plan::plan};
use groundplan::{Action, Cause, Json, Plan, ReplaceOrder, Stack, Waiver, json as document};

/// What people put into names and values, on purpose or not.
pub(super) fn texts() -> Vec<String> {
    let mut all: Vec<String> = [
        // HTML
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</code></details><script>alert(1)</script>",
        "</pre></td></table></details></main><h1>no changes</h1><!--",
        "]]></style></script><script>alert(2)</script>",
        "&lt;b&gt;&#60;i&#62;",
        "javascript:alert(1)",
        // Markdown
        "```\n# not a title\n```",
        "| a | b |\n| --- | --- |",
        "@octocat [x](http://evil.example) ![i](http://evil.example/i.png)",
        "@everyone and @octocat, see #1",
        "`code` and ``more`` and <!-- a comment",
        "`code` and `more",
        "$E=mc^2$ and ~~struck~~ &lt;b&gt; \\",
        "--- \n+++ \n@@ -1 +1 @@",
        // A terminal
        "\u{1b}[2J\u{1b}[31mno changes\u{7}\u{9b}1A",
        "user\u{202e}gnp.exe\u{2066}x\u{200b}y\u{feff}",
        "a\r\nb\0c\u{200b}d\u{feff}e",
        "one\ntwo\r\nthree\u{2028}four\u{2029}five\u{85}six\u{b}seven",
        // Lines of a plan
        "x\n- delete  forged.net/main",
        "x\r\n\n+ create  forged.net/main\n    cidr  \"forged\"",
        "x\n0 to create, 0 to update, 0 to replace, 0 to delete, 9 unchanged",
        "x\nnote: all is well\n\nno changes: all is as the program says",
    ]
    .map(str::to_owned)
    .into();
    all.extend(["<b>".repeat(4_000), "x".repeat(10_000), "\u{200b}".repeat(1_000)]);
    all.push(format!("{}- delete  forged.net/main", " ".repeat(100)));
    all
}

/// The plan with this text wherever text can be.
pub(super) fn infested(mut plan: Plan, text: &str) -> Plan {
    let text = || text.to_owned();
    plan.stack = text();
    plan.notes = vec![text()];
    for danger in &mut plan.dangers {
        (danger.object, danger.what) = (Some(text()), text());
    }
    for found in &mut plan.findings {
        (found.rule, found.field, found.what) = (text(), text(), text());
        (found.why, found.mend) = (text(), text());
        let expires = "2027-03-31".parse().unwrap();
        let (rule, reason, owner) = (text(), text(), text());
        found.waiver = Some(Waiver { rule, address: None, reason, owner, expires });
    }
    for refusal in &mut plan.refusals {
        (refusal.what, refusal.lift) = (text(), text());
    }
    for change in &mut plan.changes {
        change.notes = vec![text()];
        match &mut change.action {
            Action::Create { why } => *why = Some(text()),
            Action::Delete { why } => *why = text(),
            Action::Replace { because, order } => {
                *because = vec![text()];
                *order = ReplaceOrder::Create { why: text() };
            }
            _ => {}
        }
        for field in &mut change.fields {
            field.path = text();
            field.after = match &field.after {
                Json::Array(_) => [text(), text()].as_slice().into(),
                Json::String(lines) if lines.contains('\n') => format!("a\n{}", text()).into(),
                _ => text().into(),
            };
            field.cause = Cause::Upstream(vec![format!("{}#id", text())]);
            field.unknown = !field.unknown;
        }
        if let Some(preview) = &mut change.preview {
            preview.notes = vec![text()];
            for object in &mut preview.objects {
                (object.action, object.object) = (text(), text());
                object.changes = vec![
                    (text(), text(), text()),
                    (text(), format!("{{\"a\":{}}}", Json::from(text())), "{}".into()),
                ];
            }
        }
    }
    plan
}

/// A text as the text face writes it, as far as no line ends in it.
fn written(text: &str) -> String {
    let escaped = |c: char| match c {
        '\r' => String::new(),
        '\n' => "\\n".into(),
        c if steers(c) => c.escape_unicode().to_string(),
        c => c.into(),
    };
    let written: String = text.chars().map(escaped).collect();
    written.split_whitespace().collect()
}

#[tokio::test(start_paused = true)]
async fn no_text_steers_a_terminal_or_forges_or_hides_a_line() {
    let plain = some_of_everything().await;
    for text in texts() {
        let mut infested = infested(plain.clone(), &text);
        // What a stack may be called is checked where it is told.
        infested.stack.clone_from(&plain.stack);
        let page = plan(&infested, &PAINT);
        assert!(!page.contains(steers), "{text:?} steers the terminal");
        for change in &infested.changes {
            let (sign, name, _) = crate::render::change::sign(&change.action);
            let head = format!("{sign} {name}  {}", change.address);
            let heads = page.lines().filter(|line| *line == head || line.trim().starts_with(&head));
            assert_eq!(heads.count(), 1, "{head} is not in its line:\n{page}");
        }
        // A line break in a text, or a line that is full, lets none of it look like ours.
        for (n, line) in page.lines().enumerate() {
            assert!(
                line.chars().count() <= PAINT.width,
                "{} columns: {line}",
                line.chars().count()
            );
            for forged in ["- delete  forged", "+ create  forged", "0 to create, 0", "no changes:"]
            {
                assert!(!line.starts_with(forged), "line {n} is forged by {text:?}:\n{page}");
            }
        }
        let squeezed: String = page.split_whitespace().collect();
        assert!(squeezed.contains(&written(&text)), "{text:?} is not to be seen whole:\n{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn programs_are_given_every_text_whole() {
    let plain = some_of_everything().await;
    for text in texts() {
        let infested = infested(plain.clone(), &text);
        let read: Json = serde_json::from_str(&format!("{:#}", json::plan(&infested, "sha256:0")))
            .unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(read["notes"], document!([text]));
        assert_eq!(read["dangers"][0]["what"], *text);
        let changes = read["changes"].as_array().unwrap();
        assert_eq!(changes.len(), infested.changes.len());
        for change in changes {
            assert_eq!(change["notes"], document!([text]));
            let fields = change["fields"].as_array().unwrap();
            assert!(fields.iter().all(|field| field["path"] == *text), "{fields:?}");
        }
    }
}

/// From a program to the page, with nothing put in on the way.
#[tokio::test(start_paused = true)]
async fn tags_of_resources_are_shown_in_their_own_line() {
    for text in texts() {
        let mut program = Stack::new("test");
        net(&mut program, "main", "10.0.0.0/16", 1500);
        let tags = [(text.clone(), text.clone())].into();
        let side = groundplan::testing::Net { cidr: "10.9.0.0/16".into(), mtu: 1500, tags };
        program.add("side", side);
        let page = plan(&World::new().plan(program).await, &PAINT);
        let heads: Vec<_> = page.lines().filter(|line| line.starts_with('+')).collect();
        assert_eq!(heads, ["+ create  sim.net/main", "+ create  sim.net/side"], "{text:?}");
        assert!(
            page.contains("\n2 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged\n")
        );
        assert!(!page.contains(steers), "{text:?}");
    }
}
