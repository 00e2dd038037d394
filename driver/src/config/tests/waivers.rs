//! The table `waivers`, which every program's settings have.

use super::{Platform, SOUND, Settings, said};
use crate::config::{Sound, Wanted, check, load, schema};
use groundplan::{
    Rule, Rules, Severity, View,
    testing::{Host, Net},
};
use insta::assert_snapshot;
use std::fs;

fn rules() -> Rules {
    let rule = Rule {
        id: "net-open",
        severity: Severity::Error,
        field: "cidr",
        why: "anybody can come in",
        mend: "close it",
    };
    let none = |_: &Net, _: &View<'_>| None::<String>;
    let small = |_: &Host, _: &View<'_>| None::<String>;
    Rules::new().on(rule, none).on(Rule { id: "host-small", ..rule }, small)
}

fn of(more: &str) -> Result<Sound<Settings>, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("groundplan.toml"), format!("{SOUND}{more}")).unwrap();
    let here = folder.path().to_owned();
    let wanted = Wanted { here, file: None, env: None, sandbox: false };
    load(&wanted).and_then(|files| check::<Platform>(&files, &rules())).map_err(|f| said(&f))
}

#[test]
fn every_program_has_waivers_without_a_line_of_its_own() {
    let row = "\n[[waivers]]\nrule = \"net-open\"\nreason = \"a trial\"\nowner = \"team net\"\n";
    let dates = ["2027-03-31", "\"2027-03-31\""];
    for date in dates {
        let sound = of(&format!("{row}expires = {date}\naddress = \"sim.net/a\"\n")).unwrap();
        assert_eq!(sound.settings.name, "hub");
        let [waiver] = &sound.waivers[..] else { panic!("{:?}", sound.waivers) };
        assert_eq!((waiver.rule.as_str(), waiver.owner.as_str()), ("net-open", "team net"));
        assert_eq!(waiver.expires.to_string(), "2027-03-31", "as a date or as text");
        assert_eq!(waiver.address.as_ref().unwrap().to_string(), "sim.net/a");
    }
    assert!(of("").unwrap().waivers.is_empty());
}

#[test]
fn mistakes_in_waivers_are_found_with_all_others() {
    assert_snapshot!(of(r#"
[cluster.nodes]
desired = 0

[[waivers]]
rule = "net-opne"
reason = "a trial"
owner = ""
expires = 2027-03-31

[[waivers]]
rule = "host-small"
address = "web"
reason = "a trial"
expires = "soon"
until = "then"
"#).unwrap_err(), @"
    error: groundplan.toml has 7 mistakes; nothing was touched
      cause: groundplan.toml:9: `cluster.nodes.desired` is 0, it has to be at least 1
      cause: groundplan.toml:12: `waivers[0].rule` is `net-opne`; did you mean `net-open`?
      cause: groundplan.toml:14: `waivers[0].owner` is too short: it takes 1 character at least
      cause: groundplan.toml:17: `waivers[1].owner` is missing: who answers for it: a person or a team
      cause: groundplan.toml:19: `waivers[1].address` is `web`, which is no address such as `rds.instance/main`
      cause: groundplan.toml:21: `waivers[1].expires` is `soon`, which is no day such as `2027-03-31`
      cause: groundplan.toml:22: `waivers[1].until` is not known; there are `address`, `expires`, `owner`, `reason`, `rule`
      hint: `apply config schema` describes every setting
    exit 1
    ");
}

#[test]
fn the_schema_for_editors_names_every_rule() {
    let schema = schema::<Settings>(&rules());
    let table = &schema["properties"]["waivers"];
    assert_eq!(table["items"]["$ref"], "#/$defs/Waiver");
    let rule = &schema["$defs"]["Waiver"]["properties"]["rule"];
    assert_eq!(rule["oneOf"][0]["const"], "net-open");
    assert_eq!(rule["oneOf"][0]["description"], "anybody can come in");
    assert_eq!(schema["$defs"]["Waiver"]["additionalProperties"], false);
}
