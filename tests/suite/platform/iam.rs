//! The reference platform by a role that may do exactly what `plan --iam` prints, and by one that may do
//! all of that but one action.

use super::world::{Ended, Folder};
use aws_sdk_iam::{Client, config};
use groundplan_sandbox::Mode;
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

const ACCOUNT: &str = "123456789012";

/// Only asked for where workloads run: their secrets are read to be put into a cluster.
const IN_CLUSTERS: &str = "secretsmanager:GetSecretValue";

/// Roles that services make once for an account, so that only the first run of a sandbox needs the right.
const LINKED: &str = "iam:CreateServiceLinkedRole";

/// A folder whose runs are by a role, and who gives that role its policies.
struct Deployer {
    folder: Folder,
    runtime: tokio::runtime::Runtime,
    iam: Client,
    stack: String,
    role: String,
    sandbox: &'static str,
}

impl Deployer {
    /// At AWS alone, where nothing takes any time.
    fn new() -> Self {
        Self::of(Folder::paced(Mode::AwsOnly, 0.0), "--sandbox=aws")
    }

    fn of(folder: Folder, sandbox: &'static str) -> Self {
        let file = fs::read_to_string(folder.sandbox().join("aws.json")).expect("the sandbox");
        let aws: Json = serde_json::from_str(&file).expect("JSON");
        let text = |field: &str| aws[field].as_str().expect("text").to_owned();
        let keys = config::Credentials::new(
            text("access_key_id"),
            text("secret_access_key"),
            None,
            None,
            "administrator",
        );
        let config = config::Config::builder()
            .behavior_version(config::BehaviorVersion::latest())
            .region(config::Region::new(text("region")))
            .endpoint_url(text("endpoint"))
            .credentials_provider(keys)
            .build();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        folder.edit(
            "groundplan.toml",
            "stack = \"platform\"",
            "stack = \"platform\"\nrole = \"nobody\"",
        );
        let (stack, role) = ("platform".to_owned(), "nobody".to_owned());
        Self { folder, runtime, iam: Client::from_conf(config), stack, role, sandbox }
    }

    /// From now on another stack, by another role with these policies.
    fn becomes(&mut self, stack: &str, policies: &[Json]) {
        let (name, role) =
            (format!("{stack}-runner"), format!("arn:aws:iam::{ACCOUNT}:role/{stack}-runner"));
        let edit = |key: &str, from: &str, to: &str| {
            let line = |value: &str| format!("{key} = \"{value}\"\n");
            self.folder.edit("groundplan.toml", &line(from), &line(to));
        };
        edit("stack", &self.stack, stack);
        edit("role", &self.role, &role);
        (self.stack, self.role) = (stack.to_owned(), role);
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": "sts:AssumeRole",
        }] });
        self.runtime.block_on(async {
            let make = self.iam.create_role().role_name(&name);
            make.assume_role_policy_document(trust.to_string()).send().await.expect("a role");
        });
        self.may(policies);
    }

    /// Gives the role these policies and no others, as managed ones: IAM holds them to its limits.
    fn may(&self, policies: &[Json]) {
        let name = self.role.rsplit('/').next().unwrap_or_default();
        self.runtime.block_on(async {
            let there = self.iam.list_attached_role_policies().role_name(name).send().await;
            for old in there.expect("a list").attached_policies() {
                let arn = old.policy_arn().expect("an ARN");
                let detach = self.iam.detach_role_policy().role_name(name).policy_arn(arn);
                detach.send().await.expect("it goes");
                self.iam.delete_policy().policy_arn(arn).send().await.expect("it goes");
            }
            for (number, document) in policies.iter().enumerate() {
                let new = self.iam.create_policy().policy_name(format!("{name}-{number}"));
                let made = new.policy_document(document.to_string()).send().await;
                let arn = made.expect("a policy").policy.expect("it").arn.expect("its ARN");
                let attach = self.iam.attach_role_policy().role_name(name).policy_arn(arn);
                attach.send().await.expect("it is attached");
            }
        });
    }

    /// What `plan --iam` says that the role needs.
    fn needs(&self) -> Vec<Json> {
        let ended = self.folder.run(&[self.sandbox, "--json", "plan", "--iam"]).with(0);
        let printed = ended.documents().into_iter().find(|d| d["event"] == "policy");
        let printed = printed.unwrap_or_else(|| panic!("no policy: {}", ended.said()));
        let policies = printed["policies"].as_array().expect("policies");
        let of_role = policies.iter().find(|policy| policy["identity"] == self.role.as_str());
        of_role.expect("one of the role")["documents"].as_array().expect("documents").clone()
    }

    fn apply(&self) -> Ended {
        self.folder.run(&[self.sandbox, "--yes"])
    }

    /// What the role was asked for from a line of the request log on.
    fn asked(&self, from: usize) -> BTreeSet<String> {
        let session = format!(":assumed-role/{}-runner/", self.stack);
        let requests = self.folder.requests();
        let mine = requests.iter().skip(from).filter(|request| {
            request["principal"].as_str().is_some_and(|principal| principal.contains(&session))
        });
        let needed = mine.flat_map(|request| request["needed"].as_array().into_iter().flatten());
        needed.filter_map(|needed| needed[0].as_str().map(str::to_owned)).collect()
    }

    /// A run of a new stack by a role that lacks one action.
    fn without(&mut self, stack: &str, action: &str) -> Ended {
        self.becomes(stack, &[everything()]);
        let less: Vec<_> = self.needs().iter().filter_map(|d| lacking(d, action)).collect();
        self.may(&less);
        self.apply()
    }
}

fn everything() -> Json {
    let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [all] })
}

fn list(value: &Json) -> Vec<Json> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn actions(documents: &[Json]) -> BTreeSet<String> {
    let statements = documents.iter().flat_map(|d| list(&d["Statement"]));
    let actions = statements.flat_map(|statement| list(&statement["Action"]));
    actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
}

/// A document without an action; none if nothing is left of it.
fn lacking(document: &Json, action: &str) -> Option<Json> {
    let mut statements = list(&document["Statement"]);
    for statement in &mut statements {
        let left = list(&statement["Action"]).into_iter().filter(|one| one != action);
        statement["Action"] = left.collect();
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// What is wrong with how a run without an action ended; nothing if it failed and said which action on
/// what.
fn wrong(ended: &Ended, action: &str) -> Option<String> {
    // Lines are broken where they are full.
    let said: Vec<_> = ended.stderr.split_whitespace().collect();
    let said = said.join(" ");
    let names = format!("is not authorized to perform: {action} on resource: ");
    let fails = ended.code == 5 || ended.code == 1;
    (!fails || !said.contains(&names)).then(|| format!("{action}: exit {}\n{said}", ended.code))
}

#[test]
fn a_role_with_exactly_the_printed_policy_brings_the_platform_up() {
    let mut deployer = Deployer::new();
    deployer.becomes("exact", &[everything()]);
    let documents = deployer.needs();
    for document in &documents {
        assert!(document.to_string().len() <= 6144, "{document}");
    }
    deployer.may(&documents);
    let (_, from) = deployer.folder.changes(0);
    deployer.apply().with(0);
    let (allowed, asked) = (actions(&documents), deployer.asked(from));
    let more: BTreeSet<_> = allowed.difference(&asked).map(String::as_str).collect();
    assert_eq!(more, [IN_CLUSTERS].into(), "allowed and never asked for");
    assert!(allowed.len() > 50, "{allowed:?}");

    // The next plan needs other rights, and says which.
    deployer.may(&[everything()]);
    let documents = deployer.needs();
    deployer.may(&documents);
    deployer.folder.run(&["--sandbox=aws", "plan"]).with(0);
    let changing = |action: &str| !["Describe", "List", "Get"].iter().any(|r| action.contains(r));
    let changing: Vec<_> = actions(&documents).into_iter().filter(|a| changing(a)).collect();
    assert_eq!(changing, [""; 0], "nothing changes");
}

/// With workloads, which take secrets out of AWS. The cluster obeys whoever runs it, AWS the role.
#[test]
fn in_a_cluster_too_the_printed_policy_is_enough_and_no_action_too_much() {
    let mut deployer = Deployer::of(Folder::paced(Mode::Full, 1.0), "--sandbox");
    let ended = deployer.without("less", IN_CLUSTERS);
    assert_eq!(wrong(&ended, IN_CLUSTERS), None);
    deployer.becomes("whole", &[everything()]);
    let documents = deployer.needs();
    deployer.may(&documents);
    let (_, from) = deployer.folder.changes(0);
    deployer.apply().with(0);
    let (allowed, asked) = (actions(&documents), deployer.asked(from));
    let more: BTreeSet<_> = allowed.difference(&asked).map(String::as_str).collect();
    assert!(more.iter().all(|action| *action == LINKED), "{more:?}");
}

/// In the order of a run: as it plans, at its first steps, in its midst, at its end.
const SAMPLE: [&str; 6] = [
    "ec2:DescribeSecurityGroups",
    "ec2:CreateTags",
    "secretsmanager:TagResource",
    "iam:PassRole",
    "kms:DescribeKey",
    "eks:AssociateAccessPolicy",
];

#[test]
fn without_an_action_a_run_fails_and_names_it_and_what_it_is_on() {
    let mut deployer = Deployer::new();
    for (number, action) in SAMPLE.into_iter().enumerate() {
        let ended = deployer.without(&format!("less-{number}"), action);
        assert_eq!(wrong(&ended, action), None);
    }
}

/// Every action of the policy, one after the other: some ten minutes.
#[test]
#[ignore = "takes some ten minutes"]
#[expect(clippy::print_stdout, reason = "the table is what it is run for")]
fn without_any_one_action_a_run_fails_and_names_it_and_what_it_is_on() {
    let mut deployer = Deployer::new();
    deployer.becomes("all", &[everything()]);
    let mut all: Vec<_> = actions(&deployer.needs()).into_iter().collect();
    // While no service has made its role yet.
    all.sort_by_key(|action| action != LINKED);
    let mut failed = BTreeMap::new();
    for (number, action) in all.iter().enumerate().filter(|(_, action)| *action != IN_CLUSTERS) {
        let ended = deployer.without(&format!("less-{number}"), action);
        let found = wrong(&ended, action);
        println!("{action:45} {}", if found.is_none() { "refused, named" } else { "WRONG" });
        failed.extend(found.map(|found| (action.clone(), found)));
    }
    println!("{} actions, {} wrong", all.len(), failed.len());
    assert!(failed.is_empty(), "{failed:#?}");
}
