//! Taking up what exists already, and nothing else.

use super::{Wire, lines, registry, this_run};
use groundplan::{Address, ApplySettings, Graph, Mode, Plan, Settings, Stack, apply, plan};

impl Wire {
    /// What a plan shows that takes up these resources of a program and does nothing else.
    pub(crate) async fn plan_import(&self, stack: Stack, of: &[&Address]) -> Plan {
        let graph = stack.freeze(&registry()).expect("a sound program");
        let session = self.open().await;
        let cx = self.cx(session.snapshot());
        plan(&graph, session.snapshot(), &registry(), &cx, &only(of))
            .await
            .unwrap_or_else(|error| panic!("no plan: {error}: {:?}", error.fault()))
    }

    /// Takes them up; what the plan showed, and the calls that changed something.
    pub(crate) async fn import(&self, stack: Stack, of: &[&Address]) -> (Vec<String>, Vec<String>) {
        self.import_of(&stack.freeze(&registry()).expect("a sound program"), of).await
    }

    /// The same of a program that is a graph already.
    pub(crate) async fn import_of(
        &self,
        graph: &Graph,
        of: &[&Address],
    ) -> (Vec<String>, Vec<String>) {
        self.calls.with(|log| log.made.clear());
        let mut session = self.open().await;
        let cx = self.cx(session.snapshot());
        let plan = plan(graph, session.snapshot(), &registry(), &cx, &only(of))
            .await
            .unwrap_or_else(|error| panic!("no plan: {error}: {:?}", error.fault()));
        let shown = lines(&plan);
        let settings = ApplySettings { at_once: 8, unprotect: [].into(), run: this_run() };
        let applied = apply(plan, session.as_mut(), &registry(), &cx, settings).await;
        let report = applied.unwrap_or_else(|error| panic!("not imported: {error:?}"));
        assert!(report.complete(), "{report:#?}");
        (shown, self.calls.changing())
    }
}

fn only(of: &[&Address]) -> Settings {
    let only = of.iter().map(|address| (*address).clone()).collect();
    Settings { only_imports: Some(only), ..Settings::new(Mode::Apply) }
}
