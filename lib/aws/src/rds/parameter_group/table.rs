//! What RDS lets a parameter be, for those that users set most: a table that is kept as data, see
//! `parameters.toml`.

use crate::rds::Engine;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

static TABLE: LazyLock<BTreeMap<String, Parameters>> = LazyLock::new(|| {
    toml::from_str(include_str!("parameters.toml")).expect("BUG: the table is sound")
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    read_only: BTreeSet<String>,
    values: BTreeMap<String, String>,
}

impl Parameters {
    fn knows(&self, name: &str) -> bool {
        self.read_only.contains(name) || self.values.contains_key(name)
    }
}

/// Why RDS would refuse a value of a parameter, as far as the table knows.
pub(super) fn refusal(engine: Engine, name: &str, value: &str) -> Option<String> {
    let own = &TABLE[engine.as_str()];
    if own.read_only.contains(name) {
        return Some(format!("`{name}` is set by RDS itself and cannot be changed; leave it out"));
    }
    if let Some(allowed) = own.values.get(name) {
        misfit(allowed, value).map(|what| format!("`{name}` is {what}, not `{value}`"))
    } else {
        let other = TABLE.iter().find(|(_, table)| table.knows(name))?;
        Some(format!(
            "`{name}` is a parameter of {}, and this group is for {}",
            other.0,
            engine.as_str()
        ))
    }
}

/// What a value should be, if it is not that.
fn misfit(allowed: &str, value: &str) -> Option<String> {
    if allowed == "*" {
        return None;
    }
    let Some((least, most)) = allowed.split_once("..") else {
        let fits = allowed.split('|').any(|one| one.eq_ignore_ascii_case(value));
        return (!fits).then(|| format!("one of {}", allowed.replace('|', ", ")));
    };
    if is_formula(value) {
        return None;
    }
    let fits = if least.contains('.') {
        let number = |text: &str| text.parse::<f64>().ok();
        within(number(least), number(value), number(most))
    } else {
        let number = |text: &str| text.parse::<i128>().ok();
        within(number(least), number(value), number(most))
    };
    (!fits).then(|| format!("a number between {least} and {most}"))
}

fn within<T: PartialOrd>(least: Option<T>, value: Option<T>, most: Option<T>) -> bool {
    value.is_some() && least <= value && value <= most
}

/// RDS computes such values from the size of the instance:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ParamValuesRef.html>
fn is_formula(value: &str) -> bool {
    let function = |name| value.to_ascii_uppercase().starts_with(name);
    value.starts_with('{') || ["GREATEST(", "LEAST(", "SUM(", "LOG("].into_iter().any(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(engine: Engine, name: &str, value: &str) -> String {
        refusal(engine, name, value).unwrap_or_default()
    }

    #[test]
    fn every_row_can_be_read() {
        for (engine, table) in &*TABLE {
            for (name, allowed) in &table.values {
                let number = |text: &str| text.parse::<f64>().is_ok();
                let range = allowed.split_once("..");
                let sound = range.is_none_or(|(least, most)| number(least) && number(most));
                assert!(sound, "{engine}: {name} = {allowed}");
                assert!(!table.read_only.contains(name), "{engine}: {name} is twice there");
            }
        }
    }

    #[test]
    fn a_value_is_held_against_its_range_or_its_choices() {
        use Engine::{MySql, Postgres};
        for (engine, name, sound, unsound) in [
            (MySql, "max_connections", "500", "100001"),
            (MySql, "slow_query_log", "1", "ON"),
            (MySql, "long_query_time", "0.5", "-1"),
            (MySql, "innodb_buffer_pool_size", "{DBInstanceClassMemory*3/4}", "3/4"),
            (MySql, "transaction_isolation", "read-committed", "READ COMMITTED"),
            (Postgres, "log_min_duration_statement", "-1", "1s"),
            (Postgres, "max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", "5"),
            (Postgres, "rds.force_ssl", "1", "true"),
        ] {
            assert_eq!(said(engine, name, sound), "", "{name}");
            assert!(said(engine, name, unsound).starts_with(&format!("`{name}` is ")), "{name}");
        }
    }

    #[test]
    fn what_the_table_does_not_know_is_for_aws_to_decide() {
        assert_eq!(said(Engine::Postgres, "pg_hint_plan.debug_print", "x"), "");
        // Both engines have it.
        assert_eq!(said(Engine::Postgres, "max_connections", "100"), "");
    }

    #[test]
    fn a_parameter_of_the_other_engine_or_of_rds_itself_is_told() {
        let said = said(Engine::Postgres, "innodb_buffer_pool_size", "1");
        assert_eq!(
            said,
            "`innodb_buffer_pool_size` is a parameter of mysql, and this group is for postgres"
        );
        assert!(super::refusal(Engine::MySql, "datadir", "/x").unwrap().contains("leave it out"));
    }
}
