//! `state recover`: rebuilds a lost state from the program and from the marks on live objects.

use crate::{
    app::App,
    ask::ask,
    render::{
        error::{FAILED, Failure, REFUSED},
        json::FORMAT,
        recovered,
    },
    session::{Run, releases},
};
use groundplan::json;
use groundplan_state::{Error, Lineage, Snapshot};
use std::collections::BTreeMap;

pub(super) async fn recover(app: &App, lineage: Option<String>, yes: bool) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let run = Run::enter(app, &asked.stack, &asked.folder).await?;
    require_lost(&run).await?;
    let registry = app.program.registry();
    let mut empty = Snapshot::new(&asked.stack, run.world.realm.clone());
    let phase = app.show.phase();
    let cx = run.cx(&empty, releases(&asked.graph, &empty))?;
    let found = groundplan::lineages(&asked.graph, &registry, &cx).await;
    let found = found.map_err(|error| Failure::from(&error))?;
    empty.lineage = choose(&asked.stack, &found, lineage.as_deref())?;
    let cx = run.cx(&empty, releases(&asked.graph, &empty))?;
    let recovered = groundplan::recover(&asked.graph, &registry, &cx, empty).await;
    drop(phase);
    let recovered = recovered.map_err(|error| Failure::from(&error))?;
    app.screen.page(&recovered::page(&recovered, app.screen.paint()));
    app.screen.json("state_recovered", &recovered::json(&recovered));
    let question = format!("record this as the state of stack `{}`?", asked.stack);
    ask(app.screen, &app.stop, &question, yes).await?;
    run.begin(recovered.snapshot, "state recover").await?;
    app.screen.page("recorded; `apply plan` shows what differs from the program\n");
    app.screen.json("state_written", &json!({ "format": FORMAT, "stack": asked.stack }));
    Ok(0)
}

/// A state that can be read is the better source; what is damaged and can be repaired is too.
async fn require_lost(run: &Run<'_>) -> Result<(), Failure> {
    match run.store.load(&run.stack).await {
        Ok(None) | Err(Error::Gone { .. }) => Ok(()),
        Ok(Some(loaded)) => Err(Failure {
            what: format!("the state of stack `{}` is not lost; nothing was changed", run.stack),
            causes: vec![format!(
                "{} holds serial {}",
                run.store.place(&run.stack),
                loaded.snapshot.serial
            )],
            hints: vec![
                "`apply state list` shows it; `apply plan` compares it with the cloud".into(),
            ],
            exit: REFUSED,
        }),
        Err(error) => Err(Failure::from(&error)),
    }
}

fn choose(
    stack: &str,
    found: &BTreeMap<String, usize>,
    named: Option<&str>,
) -> Result<Lineage, Failure> {
    let chosen = match (named, found.len()) {
        (Some(named), _) if found.contains_key(named) => Some(named),
        (None, 1) => found.keys().next().map(String::as_str),
        _ => None,
    };
    if let Some(lineage) = chosen.and_then(|text| text.parse().ok()) {
        return Ok(Lineage(lineage));
    }
    let each = found.iter().map(|(lineage, objects)| format!("{lineage}: {objects} objects seen"));
    let (what, hint) = match (named, found.is_empty()) {
        (_, true) => (
            format!("nothing that was looked at carries the mark of stack `{stack}`"),
            "check account, region and the stack's name; if nothing was ever made, `apply` begins anew",
        ),
        (Some(named), _) => (
            format!("nothing that was looked at is of lineage `{named}`"),
            "name one of these with --lineage",
        ),
        (None, _) => (
            format!("objects of several lineages carry the name of stack `{stack}`"),
            "choose the one whose state was lost with --lineage; the others are other stacks of that name",
        ),
    };
    Err(Failure { what, causes: each.collect(), hints: vec![hint.into()], exit: FAILED })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lineage_is_taken_and_of_several_one_is_named() {
        let (one, other) = (Lineage::random().to_string(), Lineage::random().to_string());
        let found = |all: &[&String]| all.iter().map(|text| ((*text).clone(), 3)).collect();
        let chosen = choose("hub", &found(&[&one]), None).unwrap();
        assert_eq!(chosen.to_string(), one);
        let failed = choose("hub", &found(&[&one, &other]), None).unwrap_err();
        assert!(failed.hints[0].contains("--lineage") && failed.causes.len() == 2, "{failed:?}");
        assert_eq!(
            choose("hub", &found(&[&one, &other]), Some(&other)).unwrap().to_string(),
            other
        );
        assert!(choose("hub", &found(&[&one]), Some("x")).unwrap_err().what.contains("`x`"));
        let failed = choose("hub", &found(&[]), None).unwrap_err();
        assert!(failed.what.contains("nothing that was looked at"), "{failed:?}");
    }
}
