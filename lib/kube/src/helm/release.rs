//! The kind `helm.release`.
//!
//! A release is known by its name and namespace, both inputs. So `create` has nothing to make up: it
//! refuses a release of that name which is not ours, and leaves the one call that makes it, which
//! blocks for as long as hooks and waits take, to `converge`. A run that ends in between, or in the
//! middle of that call, has left its intent and maybe a pending release; see [`super::heal`].

use super::{HelmRelease, change, folder, observe, preview};
use crate::{access, client::CxKube};
use groundplan_core::{
    Cx, DangerKind, Fields, Json, LostCreate, Mark, Marked, Meta, Naming, Near, Ownership, Preview,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Wanted,
};

groundplan_core::outputs! {
    /// What a [`HelmRelease`](super::HelmRelease) came to.
    pub struct HelmReleaseOutputs -> HelmReleaseHandle {
        /// The release's name.
        name: String,
        /// Its namespace.
        namespace: String,
    } later {
        /// How often it was installed or upgraded.
        revision: u32,
        /// Helm's word for its state: `deployed`; `rendered` where there is no cluster.
        status: String,
        /// The version of the chart.
        chart_version: String,
        /// The version of what the chart installs, as the chart says it.
        app_version: String,
        /// What the chart's files came to when it was applied.
        chart_digest: String,
    }
}

impl Resource for HelmRelease {
    const KIND: &'static str = "helm.release";
    const META: Meta = Meta {
        immutable: &["cluster.name", "cluster.account", "cluster.region", "name", "namespace"],
        volatile: &["revision", "status", "chart_version", "app_version", "chart_digest"],
        place: access::PLACE,
        reach: access::REACH,
        ownership: Ownership::Tagged,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        coexists: false,
        previews: true,
        read_cost: ReadCost::Page,
        typical: Typical::seconds(180, 120, 30),
        ..Meta::DEFAULT
    };
    type Outputs = HelmReleaseOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let what = "everything that it runs stops";
        let gone = change.goes().filter(|_| !change.replaced);
        gone.map(|_| Risk::new(DangerKind::Downtime, what)).into_iter().collect()
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<HelmReleaseOutputs>>> {
        match cx.folder() {
            Some(files) => folder::observe(cx, files, wanted).await,
            None => observe::observe(cx, wanted).await,
        }
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<HelmReleaseOutputs>>> {
        match cx.folder() {
            // A file is its own record.
            Some(_) => Ok(Vec::new()),
            None => observe::marked(cx, near, mark).await,
        }
    }

    async fn create(&self, cx: &StepCx) -> Result<HelmReleaseOutputs> {
        match cx.folder() {
            Some(files) => folder::create(self, cx, files),
            None => change::create(self, cx).await,
        }
    }

    async fn converge(
        &self,
        cx: &StepCx,
        _live: HelmReleaseOutputs,
        approved: &Fields,
    ) -> Result<HelmReleaseOutputs> {
        match cx.folder() {
            Some(files) => folder::converge(self, cx, files, approved).await,
            None => change::converge(self, cx, approved).await,
        }
    }

    async fn delete(&self, cx: &StepCx, _live: &HelmReleaseOutputs) -> Result<()> {
        match cx.folder() {
            Some(files) => folder::delete(self, cx, files),
            None => change::delete(self, cx).await,
        }
    }

    async fn preview(cx: &Cx, before: Option<&Self>, draft: &Json) -> Result<Option<Preview>> {
        preview::preview(cx, before, draft).await.map(Some)
    }
}
