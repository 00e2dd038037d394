//! Runs that have no plan, and those of somebody else.

use super::{Wire, sandbox};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use groundplan::{Fault, Graph, Mode, Settings, Stack, plan, registry};

impl Wire {
    /// Why there is no plan of this program.
    pub(crate) async fn no_plan(&self, stack: Stack) -> Fault {
        let graph = stack.freeze(&registry()).expect("a sound program");
        self.refused(&graph, Mode::Apply).await
    }

    /// Why there is no plan to destroy all that is recorded.
    pub(crate) async fn no_plan_to_destroy(&self) -> Fault {
        self.refused(&Graph::empty(&self.name), Mode::Destroy).await
    }

    async fn refused(&self, graph: &Graph, mode: Mode) -> Fault {
        let session = self.open().await;
        let cx = self.cx(session.snapshot());
        let plan = plan(graph, session.snapshot(), &registry(), &cx, &Settings::new(mode)).await;
        let error = plan.expect_err("it has no plan");
        error.fault().unwrap_or_else(|| panic!("no fault: {error}")).clone()
    }

    /// As a user of another account.
    pub(crate) fn by_outsider(mut self) -> Self {
        let outsider = &sandbox::sandbox().outsider.credentials;
        let secret = outsider.secret_access_key.expose();
        let keys = Credentials::new(&outsider.access_key_id, secret, None, None, "outsider");
        self.identity = SharedCredentialsProvider::new(keys);
        self
    }
}
