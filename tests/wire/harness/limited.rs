//! A run as somebody who may do only what the kinds say that they need.

use super::Wire;
use aws_credential_types::Credentials;
use groundplan::{aws::registry, json};
use std::collections::BTreeSet;

impl Wire {
    /// As an identity that may do what these kinds declare, and nothing else.
    pub(crate) async fn limited_to(mut self, kinds: &[&str]) -> Self {
        let actions: BTreeSet<_> = kinds
            .iter()
            .map(|kind| registry().meta(kind).expect("a kind").iam)
            .flat_map(|iam| [iam.observe, iam.create, iam.converge, iam.delete].concat())
            .collect();
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let aws = self.clients().await;
        aws.iam.create_user().user_name(&self.name).send().await.expect("a user");
        let call = aws.iam.put_user_policy().user_name(&self.name).policy_name("declared");
        call.policy_document(policy.to_string()).send().await.expect("its policy");
        let made = aws.iam.create_access_key().user_name(&self.name).send().await.expect("a key");
        let key = made.access_key.expect("a key");
        self.keys =
            Credentials::new(key.access_key_id, key.secret_access_key, None, None, "limited");
        self
    }
}
