//! Plans whose values would not fit a screen.

use super::world::{PAINT, World, net, release};
use crate::render::plan::plan;
use groundplan::{Stack, json_text, testing::Rule, text};
use insta::assert_snapshot;

#[tokio::test(start_paused = true)]
async fn documents_texts_and_inner_objects_show_only_what_changes() {
    let mut first = Stack::new("test");
    release(&mut first, |_| {});
    let found = World::new().plan(first.clone()).await;
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    + create  test.release/hub
        chart   "1"
        policy  JSON {Statement, Version} (116 characters)
        rules   [{"from": "10.0.0.0/8", "port": 1}, {"from": "10.0.0.0/8", "port": 2}, {… (140
                characters)
        script  text of 3 lines (23 characters)
        ! run  Job hub/migrate
        + create  ConfigMap hub/one, hub/two
        + create  Deployment hub/web
        note: the Pods of Deployment hub/web restart

    values over 72 characters and documents are cut; the plan as JSON has them whole

    1 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged
    "#);

    let world = World::with(first).await;
    let mut second = Stack::new("test");
    let main = net(&mut second, "main", "10.0.0.0/16", 1500);
    release(&mut second, |release| {
        release.chart = "2".into();
        release.script = "#!/bin/sh\nset -eu\nstart --now\n".into();
        release.rules.remove(1);
        release.policy = json_text!({
            "Statement": [{ "Action": ["s3:*"], "Effect": "Allow", "Resource": text!("arn:aws:s3:::{}/*", main.id()) }],
            "Version": "2012-10-17",
        });
    });
    let found = world.plan(second).await;
    assert_snapshot!(plan(&found, &PAINT), @r#"
    plan of stack `test`

    1 thing is not to be missed:
      - delete  ConfigMap hub/two  inside test.release/hub

    + create  sim.net/main
        cidr       "10.0.0.0/16"
        mtu        1500
        tags.team  "data"

    ~ update  test.release/hub
        chart                     "1"                               → "2"
        policy                    JSON, 2 places changed              because sim.net/main is created
          Statement[0].Action[0]  "s3:GetObject"                    → "s3:*"
          Statement[0].Resource   "arn:aws:s3:::data/*"
                                  → "arn:aws:s3:::(sim.net/main#id)/*" (known after apply)
        rules                     list, 1 place changed
          [1]                     {"from": "10.0.0.0/8", "port": 2} → (none)
        script                    text, 4 lines changed
          - set -e
          - start
          + set -eu
          + start --now
        - delete  ConfigMap hub/two
        ~ update  Deployment hub/web
            spec.template.spec.containers[web].image  "hub:1" → "hub:2"
        note: the Pods of Deployment hub/web restart

    1 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged
    "#);
}

#[tokio::test(start_paused = true)]
async fn many_new_resources_fit_a_screen() {
    let mut program = Stack::new("test");
    let main = net(&mut program, "main", "10.0.0.0/16", 1500);
    for port in 1..10 {
        let target = "https://metabase.data.example.com/auth/callback?return-to=dashboards";
        program.add(
            &format!("port-{port}"),
            Rule { net: main.id(), port, target: target.to_owned().into() },
        );
    }
    let found = World::new().plan(program).await;
    let page = plan(&found, &PAINT);
    assert!(page.lines().count() < 45, "{page}");
    let (start, end) = (page.lines().take(8), page.lines().rev().take(4));
    assert_snapshot!(start.chain(end).collect::<Vec<_>>().join("\n"), @r#"
    plan of stack `test`

    the same wherever a new resource has it:
        target: "https://metabase.data.example.com/auth/…" (68 characters)

    + create  sim.net/main
        cidr: "10.0.0.0/16" · mtu: 1500 · tags.team: "data"

    10 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged

    values over 72 characters (new ones: 40) and documents are cut; the plan as JSON has them whole
    "#);
}
