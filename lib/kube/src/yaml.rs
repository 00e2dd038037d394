//! YAML as charts write it, read as Helm reads it: YAML 1.1 booleans and octal numbers.

use groundplan_core::{Class, Fault, Json, Result};
use serde_saphyr::{DuplicateKeyPolicy, Options};

/// The documents of a text, without empty ones.
pub(crate) fn documents(text: &str) -> Result<Vec<Json>> {
    let read = serde_saphyr::from_multiple_with_options(text, options());
    read.map_err(|e| {
        // The error would show the lines around its place, and those may hold anything.
        let at = e.location().map_or_else(String::new, |at| format!(" in line {}", at.line()));
        Fault::new(Class::Invalid, format!("a chart made YAML that cannot be read{at}"))
            .hint("helm template with the same values shows it")
    })
}

/// An object as YAML.
pub(crate) fn text(object: &Json) -> String {
    serde_saphyr::to_string(object).expect("BUG: JSON can be written as YAML")
}

fn options() -> Options {
    let mut options = Options::default();
    options.legacy_octal_numbers = true;
    options.duplicate_keys = DuplicateKeyPolicy::LastWins;
    // The text is a chart's, which may do worse things than to be large.
    options.budget = None;
    options.with_snippet = false;
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::json;

    #[test]
    fn charts_write_old_yaml() {
        let text = "# Source: a\nmode: 0755\non: yes\nquoted: \"0755\"\nversion: 1.10\n---\n# nothing\n---\na: {b: [1, null]}\n";
        assert_eq!(
            documents(text).unwrap(),
            [
                json!({ "mode": 493, "on": true, "quoted": "0755", "version": 1.1 }),
                json!({ "a": { "b": [1, null] } })
            ]
        );
    }

    #[test]
    fn an_error_shows_none_of_the_text() {
        let fault = documents("a: b\npassword: [hunter2\n").unwrap_err();
        assert!(!fault.to_string().contains("hunter2"), "{fault}");
    }
}
