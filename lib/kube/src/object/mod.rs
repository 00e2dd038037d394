//! `kube.object`: any object of a cluster.

mod change;
mod folder;
mod model;
mod observe;
mod project;
mod ready;
mod risks;
mod secret;

pub(crate) use risks::{forget_widening, of_manifest};

pub use model::{KubeObject, Wait};

use crate::{access, client::CxKube};
use groundplan_core::{
    Cx, Fields, LostCreate, Mark, Marked, Meta, Naming, Near, Ownership, Problems, ReadCost,
    Resource, Result, Risk, Seen, StepCx, Transition, Typical, Wanted,
};
use std::collections::BTreeMap;

groundplan_core::outputs! {
    /// What a cluster assigned to a [`KubeObject`].
    pub struct KubeObjectOutputs -> KubeObjectHandle {
        /// The name; through it others need the object, as a workload its namespace.
        name: String,
        /// The id that no other object ever gets, not even one of the same name.
        uid: String,
    } later {
        /// Of a Secret: the version of each value that was applied.
        secret_versions: BTreeMap<String, String>,
    }
}

impl Resource for KubeObject {
    const KIND: &'static str = "kube.object";
    const META: Meta = Meta {
        immutable: &[
            "cluster.name",
            "cluster.account",
            "cluster.region",
            "manifest.apiVersion",
            "manifest.kind",
            "manifest.metadata.name",
            "manifest.metadata.namespace",
        ],
        volatile: &["secret_versions"],
        place: access::PLACE,
        reach: access::REACH,
        ownership: Ownership::Tagged,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        // A replacement of the same name can only come after.
        coexists: false,
        read_cost: ReadCost::Page,
        typical: Typical::seconds(5, 5, 10),
        ..Meta::DEFAULT
    };
    type Outputs = KubeObjectOutputs;

    fn validate(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        risks::risks(change)
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<KubeObjectOutputs>>> {
        match cx.folder() {
            Some(files) => folder::observe(files, wanted),
            None => observe::observe(cx, wanted).await,
        }
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<KubeObjectOutputs>>> {
        match cx.folder() {
            // A file is its own record.
            Some(_) => Ok(Vec::new()),
            None => observe::marked(cx, near, mark).await,
        }
    }

    async fn create(&self, cx: &StepCx) -> Result<KubeObjectOutputs> {
        match cx.folder() {
            Some(files) => folder::create(self, cx, files),
            None => change::create(self, cx).await,
        }
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: KubeObjectOutputs,
        approved: &Fields,
    ) -> Result<KubeObjectOutputs> {
        match cx.folder() {
            Some(files) => folder::converge(self, cx, files, approved),
            None => change::converge(self, cx, live, approved).await,
        }
    }

    async fn delete(&self, cx: &StepCx, live: &KubeObjectOutputs) -> Result<()> {
        match cx.folder() {
            Some(files) => folder::delete(self, cx, files),
            None => change::delete(self, cx, live).await,
        }
    }
}
