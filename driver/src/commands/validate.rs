//! `validate`: check settings and program without asking any cloud.

use crate::{
    app::App,
    render::{error::Failure, json::FORMAT, words},
};
use groundplan::json;

/// Says that nothing is wrong, or everything that is.
pub(crate) fn validate(app: &App) -> Result<u8, Failure> {
    let asked = app.ask()?;
    let resources = asked.graph.addresses().count();
    app.screen
        .json("valid", &json!({ "format": FORMAT, "stack": asked.stack, "resources": resources }));
    app.screen.page(&format!(
        "{} is sound: stack `{}` with {}\n",
        app.program.name,
        asked.stack,
        words::count(resources, "resource")
    ));
    Ok(0)
}
