//! Clients of a test itself, for what happens behind the stack's back.

use super::{ACCOUNT, Calls, REGION, Wire, administrator, aws};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::sdk_config::SharedTimeSource;
use groundplan::aws::{Clients, Scope};
use std::sync::Arc;

impl Wire {
    /// Where everything is.
    pub(crate) fn scope() -> Scope {
        Scope {
            account: ACCOUNT.into(),
            region: REGION.into(),
            partition: "aws".into(),
            role: None,
            via: None,
        }
    }

    /// Clients for changes behind the stack's back; their calls are not counted.
    pub(crate) async fn clients(&self) -> Arc<Clients> {
        self.clients_in(&Self::scope()).await
    }

    /// The same for another account, through a role in it.
    pub(crate) async fn clients_of(&self, account: &str, role: &str) -> Arc<Clients> {
        let role = Some(format!("arn:aws:iam::{account}:role/{role}"));
        self.clients_in(&Scope { account: account.into(), role, ..Self::scope() }).await
    }

    /// The same for another account or region.
    pub(crate) async fn clients_in(&self, scope: &Scope) -> Arc<Clients> {
        let administrator = SharedCredentialsProvider::new(administrator());
        let aws = aws(&Calls::default(), administrator, SharedTimeSource::default());
        aws.clients(scope).await.expect("clients")
    }
}
