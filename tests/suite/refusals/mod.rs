//! Programs that AWS would refuse, or do otherwise than meant: each is refused before anything is asked of
//! AWS, with the field and the rule.

mod dns;
mod kafka;
mod opensearch;
mod peering;
mod rds;
mod s3;
mod sso;

use groundplan::{Stack, Val, aws::Scope};

/// A program with one mistake, the field that is named, and what is said of it.
struct Refusal {
    program: fn(&mut Stack),
    field: &'static str,
    rule: &'static str,
}

/// A row of the table.
const fn refused(program: fn(&mut Stack), field: &'static str, rule: &'static str) -> Refusal {
    Refusal { program, field, rule }
}

/// All rows, by area.
const TABLE: &[(&str, &[Refusal])] = &[
    ("dns", dns::ROWS),
    ("kafka", kafka::ROWS),
    ("opensearch", opensearch::ROWS),
    ("peering", peering::ROWS),
    ("rds", rds::ROWS),
    ("s3", s3::ROWS),
    ("sso", sso::ROWS),
];

fn scope() -> Val<Scope> {
    let region = "eu-west-1".to_owned();
    Scope { account: "111122223333".into(), region, partition: "aws".into(), role: None, via: None }
        .into()
}

#[test]
fn a_mistake_is_refused_at_plan_with_its_field_and_the_rule() {
    for (area, rows) in TABLE {
        for (number, row) in rows.iter().enumerate() {
            let mut stack = Stack::new("test");
            (row.program)(&mut stack);
            let Err(found) = stack.freeze(&groundplan::registry()) else {
                panic!("{area}, row {number}: nothing is said of `{}`", row.field)
            };
            let [one] = &found[..] else {
                panic!("{area}, row {number}: one mistake, not {found:#?}");
            };
            assert_eq!(one.path.as_deref(), Some(row.field), "{area}, row {number}: {one:?}");
            assert!(one.what.contains(row.rule), "{area}, row {number}: {one:?}");
        }
    }
}
