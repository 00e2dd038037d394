//! `validate`: check settings, program and rules without asking any cloud.

use crate::{
    app::App,
    render::{
        error::{Failure, REFUSED},
        findings,
        json::FORMAT,
        words,
    },
};
use groundplan::{Checked, Severity, json};

/// Says that nothing is wrong, or everything that is.
pub(crate) fn validate(app: &App, deny: Severity) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let resources = asked.graph.addresses().count();
    let Checked { findings, refusals, notes } = asked.checks(deny).check(&asked.graph);
    app.screen.json(
        "valid",
        &json!({
            "format": FORMAT,
            "sound": refusals.is_empty(),
            "stack": asked.stack,
            "resources": resources,
            "findings": findings,
            "refusals": refusals,
            "notes": notes,
        }),
    );
    app.screen.page(&findings::section(&findings, app.screen.paint()));
    for note in &notes {
        app.screen.page(&format!("note: {note}\n"));
    }
    let (name, stack) = (app.program.name, &asked.stack);
    if refusals.is_empty() {
        let resources = words::count(resources, "resource");
        app.screen.page(&format!("{name} is sound: stack `{stack}` with {resources}\n"));
        return Ok(0);
    }
    let findings = words::count(refusals.len(), "finding");
    app.screen.page(&format!(
        "{name} is not sound: stack `{stack}` has {findings} that nobody answers for; mend each, or add \
         it to `waivers` in the settings\n"
    ));
    Ok(REFUSED)
}
