//! A run as somebody who may do only what the kinds say that they need.

use super::Wire;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use groundplan::{
    Graph, Json, Mode, Settings, Stack,
    aws::policy::{Document, Mark, Policy, needed},
    json, plan, registry,
};
use std::collections::BTreeSet;

impl Wire {
    /// As an identity that may do what these kinds declare, and nothing else.
    pub(crate) async fn limited_to(mut self, kinds: &[&str]) -> Self {
        let actions: BTreeSet<_> = kinds
            .iter()
            .map(|kind| registry().iam(kind).expect("a kind"))
            .flat_map(|iam| iam.actions().collect::<Vec<_>>())
            // To act in another account is the program's to say, not a kind's.
            .chain(["sts:AssumeRole"])
            .collect();
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let user = self.name.clone();
        self.identity = self.user(&user, std::iter::once(&policy)).await;
        self
    }
}

/// What a run was allowed, and what of that it was asked for.
#[derive(Debug)]
pub(crate) struct Used {
    pub(crate) allowed: BTreeSet<String>,
    pub(crate) asked: BTreeSet<String>,
}

impl Wire {
    /// Applies a program, or destroys everything without one, as somebody who may do exactly what the plan
    /// of that needs.
    pub(crate) async fn run_exactly(&mut self, program: Option<Stack>) -> Used {
        let (graph, mode) = match program {
            Some(stack) => (stack.freeze(&registry()).expect("a sound program"), Mode::Apply),
            None => (Graph::empty(&self.name), Mode::Destroy),
        };
        self.identity = SharedCredentialsProvider::new(super::administrator());
        let snapshot = self.snapshot().await;
        let cx = self.cx(&snapshot);
        let settings = Settings::new(mode);
        let plan = plan(&graph, &snapshot, &registry(), &cx, &settings).await.expect("a plan");
        let mark = match snapshot.serial {
            0 => Mark::Stack(self.name.clone()),
            _ => Mark::Lineage(snapshot.lineage.to_string()),
        };
        let policies = needed(&plan, &registry(), &mark, None).policies;
        let [Policy { role: None, documents }] = &policies[..] else { panic!("{policies:#?}") };
        let user = format!("{}-exactly", self.name);
        self.identity = self.user(&user, documents.iter().map(Document::json)).await;
        let from = log_lines().len();
        let (report, _) = self.run(&graph, mode, &[], async {}).await;
        assert!(report.complete(), "{report:#?}");
        let mine = |line: &Json| line["principal"].as_str().is_some_and(|p| p.ends_with(&user));
        let asked = log_lines().into_iter().skip(from).filter(mine);
        let asked = asked.flat_map(|line| line["needed"].as_array().cloned().unwrap_or_default());
        let asked = asked.filter_map(|needed| needed[0].as_str().map(str::to_owned)).collect();
        let allowed = documents.iter().flat_map(|document| actions(document.json())).collect();
        Used { allowed, asked }
    }

    /// A user with these policies and no others, and the user's key.
    async fn user<'a>(
        &self,
        name: &str,
        documents: impl Iterator<Item = &'a Json>,
    ) -> SharedCredentialsProvider {
        let aws = self.clients().await;
        aws.iam.create_user().user_name(name).send().await.ok();
        let old = aws.iam.list_user_policies().user_name(name).send().await.expect("policies");
        for policy in old.policy_names() {
            let delete = aws.iam.delete_user_policy().user_name(name).policy_name(policy);
            delete.send().await.expect("it goes");
        }
        for (number, document) in documents.enumerate() {
            let put = aws.iam.put_user_policy().user_name(name).policy_name(number.to_string());
            put.policy_document(document.to_string()).send().await.expect("a policy");
        }
        // A user has two keys at the most.
        let old = aws.iam.list_access_keys().user_name(name).send().await.expect("keys");
        for key in old.access_key_metadata() {
            let id = key.access_key_id().expect("an id");
            let delete = aws.iam.delete_access_key().user_name(name).access_key_id(id);
            delete.send().await.expect("it goes");
        }
        let made = aws.iam.create_access_key().user_name(name).send().await.expect("a key");
        let key = made.access_key.expect("a key");
        let key = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "exactly");
        SharedCredentialsProvider::new(key)
    }
}

fn actions(document: &Json) -> Vec<String> {
    let statements = document["Statement"].as_array().expect("statements");
    let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
        Json::Array(all) => all.clone(),
        one => vec![one.clone()],
    });
    actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
}

fn log_lines() -> Vec<Json> {
    let log = std::fs::read_to_string(&super::sandbox::sandbox().request_log).expect("the log");
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
