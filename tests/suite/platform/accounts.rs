//! The example `accounts`, through the binary: up in accounts that it makes, its lost state found again,
//! gone but for the accounts; and what both of its layouts come to, as `docs/central-and-decentral.md` tells.

use super::world::Folder;
use groundplan_sandbox::Mode;
use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

#[test]
fn accounts_are_made_filled_and_left_by_one_command_each() {
    let folder = Folder::accounts();
    let said = folder.run(&["--sandbox", "--yes"]).with(0).said();
    assert!(said.contains("analytics_database"), "{said}");
    has_nothing_to_do(&folder);

    // The cluster is in the account that was made, and takes who takes that account's role.
    let platform = folder.output("organizations.account/platform", "id");
    let records = folder.records();
    let cluster = &records["eks.cluster/platform"]["record"];
    assert_eq!(cluster["inputs"]["scope"]["account"], *platform);
    let object = folder.kubectl(&["get", "configmap", "database", "-n", "analytics"]);
    assert_eq!(object["data"]["host"], folder.output("rds.instance/analytics", "host"));

    finds_its_state_again(&folder);

    let analytics = folder.output("organizations.account/analytics", "id");
    let said = folder.run(&["--sandbox", "destroy", "--yes"]).with(0).said();
    for id in [&platform, &analytics] {
        assert!(said.contains(&format!("account {id} (aws+")), "{said}");
    }
    assert_eq!(folder.records().len(), 0);
}

fn has_nothing_to_do(folder: &Folder) {
    let said = folder.run(&["--sandbox", "--yes"]).with(0).said();
    assert!(said.contains("no changes"), "{said}");
}

/// The state is deleted; what it was of is in three accounts.
fn finds_its_state_again(folder: &Folder) {
    let before = folder.records();
    let states = folder.path().join(".groundplan/sandbox");
    let world = fs::read_dir(states).expect("states").flatten().next().expect("a sandbox");
    fs::remove_dir_all(world.path().join("accounts")).expect("it is lost");
    let said = folder.run(&["--sandbox", "state", "recover", "--yes"]).with(0).said();
    assert!(!said.contains("not found") && !said.contains("left alone"), "{said}");
    has_nothing_to_do(folder);
    let after = folder.records();
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
}

/// Where the table is.
const PAGE: &str = "docs/central-and-decentral.md";
const BEGIN: &str = "<!-- what follows is written by a test -->\n";
const END: &str = "<!-- end of what a test wrote -->\n";

/// What is worth a line, with what it is called there.
const LINES: [(&str, &str); 12] = [
    ("organizations.account", "accounts"),
    ("ec2.vpc", "networks (VPC)"),
    ("ec2.nat_gateway", "NAT gateways"),
    ("ec2.elastic_ip", "public addresses"),
    ("ram.share", "shares (RAM)"),
    ("ec2.peering", "connections (peering)"),
    ("ec2.route", "routes"),
    ("eks.cluster", "clusters (EKS)"),
    ("eks.node_group", "node groups, of 3 machines each"),
    ("rds.instance", "databases (RDS)"),
    ("iam.role", "roles"),
    ("kube.object", "objects in clusters"),
];

#[test]
fn both_layouts_come_to_what_the_documentation_says() {
    let folder = Folder::accounts();
    // As for production, in the sandbox's organization.
    fs::remove_file(folder.path().join("groundplan.sandbox.toml")).expect("it is there");
    folder.edit("groundplan.toml", "111122223333", "123456789012");
    let folder = folder.with_sandbox(Mode::AwsOnly, 0.0);
    let central = planned(&folder);
    folder.edit("groundplan.toml", "layout = \"central\"", "layout = \"decentral\"");
    let decentral = planned(&folder);

    let mut table = String::from("\n| | central | decentral |\n| --- | ---: | ---: |\n");
    let mut line = |what: &str, count: &dyn Fn(&Plan) -> String| {
        let (one, other) = (count(&central), count(&decentral));
        writeln!(table, "| {what} | {one} | {other} |").expect("text");
    };
    for (kind, what) in LINES {
        line(what, &|plan| in_accounts(plan, kind));
    }
    line("all that is made", &|plan| plan.changes.values().sum::<usize>().to_string());
    line("the first apply takes about", &|plan| plan.takes.clone());
    table.push('\n');

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above").join(PAGE);
    let page = fs::read_to_string(&file).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("the place of the table");
    let (kept, tail) = rest.split_once(END).expect("its end");
    if std::env::var("GROUNDPLAN_GOLDEN").is_ok_and(|what| what == "write") {
        fs::write(&file, format!("{head}{BEGIN}{table}{END}{tail}")).expect("the page");
        return;
    }
    assert_eq!(kept, table, "GROUNDPLAN_GOLDEN=write writes {PAGE} anew");
}

/// What a plan makes.
struct Plan {
    /// By kind and account.
    changes: BTreeMap<(String, String), usize>,
    takes: String,
}

fn planned(folder: &Folder) -> Plan {
    let text = folder.run(&["--sandbox=aws", "plan"]).with(2).stdout;
    let takes = text.lines().find_map(|line| line.strip_prefix("likely to take "));
    let takes = takes.and_then(|takes| takes.split(':').next()).unwrap_or_default().to_owned();
    let ended = folder.run(&["--sandbox=aws", "--json", "plan"]).with(2);
    let plan = ended.documents().into_iter().find(|d| d["changes"].is_array()).expect("a plan");
    let mut changes = BTreeMap::new();
    for change in plan["changes"].as_array().expect("changes") {
        let address = change["address"].as_str().expect("an address");
        let (kind, name) = address.split_once('/').expect("a kind and a name");
        let account = if name.starts_with("analytics") { "analytics" } else { "platform" };
        *changes.entry((kind.to_owned(), account.to_owned())).or_default() += 1;
    }
    Plan { changes, takes }
}

/// How many there are of a kind, and in which account.
fn in_accounts(plan: &Plan, kind: &str) -> String {
    let of = |account: &str| {
        plan.changes.get(&(kind.to_owned(), account.to_owned())).copied().unwrap_or_default()
    };
    let (platform, analytics) = (of("platform"), of("analytics"));
    match (platform, analytics) {
        (0, 0) => "–".to_owned(),
        (all, 0) => format!("{all} platform"),
        (0, all) => format!("{all} analytics"),
        (one, other) => format!("{one} platform, {other} analytics"),
    }
}
