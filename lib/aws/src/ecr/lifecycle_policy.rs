//! `ecr.lifecycle_policy`: which images of a repository expire.

use crate::{
    Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    iam::check_document,
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, DangerKind, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming,
    Ownership, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Val, Wanted,
    When, is_known, json, same_policy,
};
use serde::{Deserialize, Serialize};

/// Which images of a repository expire, and when. ECR removes them within a day.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LifecyclePolicy {
    /// The account and region of the repository.
    pub scope: Val<Scope>,
    /// The repository's name.
    pub repository: Val<String>,
    /// Which images expire when: `{"rules": […]}`, up to 30720 characters. See
    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html>.
    pub document: Val<String>,
}

impl LifecyclePolicy {
    /// The policy of a repository.
    pub fn new(scope: Val<Scope>, repository: Val<String>, document: Val<String>) -> Self {
        Self { scope, repository, document }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`LifecyclePolicy`].
    pub struct LifecyclePolicyOutputs -> LifecyclePolicyHandle {
        /// The repository whose policy it is.
        repository: String,
    }
}

impl Resource for LifecyclePolicy {
    const KIND: &'static str = "ecr.lifecycle_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "repository"],
        documents: &["document"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("GetLifecyclePolicy takes one repository"),
        iam: Iam {
            holes: &[("repository", Hole::Input("repository"))],
            observe: &["ecr:GetLifecyclePolicy"],
            create: &["ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy"],
            converge: &["ecr:GetLifecyclePolicy", "ecr:PutLifecyclePolicy"],
            delete: &["ecr:DeleteLifecyclePolicy", "ecr:GetLifecyclePolicy"],
            only: &[("ecr:PutLifecyclePolicy", When::Changes(&["document"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = LifecyclePolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_document(problems, "document", &self.document);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let Some(after) = change.after.filter(|after| is_known(&after["repository"])) else {
            return Vec::new();
        };
        if change.before.is_some_and(|before| before["document"] == after["document"]) {
            return Vec::new();
        }
        let what = "images that its rules select are removed within a day";
        vec![Risk::new(DangerKind::DataLoss, what)]
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<LifecyclePolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws, w.outputs.is_some())).await
    }

    async fn create(&self, cx: &StepCx) -> Result<LifecyclePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if self.get(&aws).await?.is_some() {
            let repository = self.repository.get();
            let what = format!(
                "the repository `{repository}` has a lifecycle policy that is not this resource's"
            );
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person put it")
                .hint("remove this resource from the program, or delete that policy"));
        }
        self.put(&aws).await?;
        Ok(self.outputs())
    }

    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<LifecyclePolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.repository.get().clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: LifecyclePolicyOutputs,
        approved: &Fields,
    ) -> Result<LifecyclePolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = until_visible(cx, "the policy to be visible", || self.get(&aws)).await?;
        if approved.has("document") && !same_policy(&there, self.document.get()) {
            self.put(&aws).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &LifecyclePolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let call =
            aws.ecr.delete_lifecycle_policy().repository_name(self.repository.get()).send().await;
        absent(call.map_err(fault("ecr:DeleteLifecyclePolicy")))?;
        until_gone(cx, "the policy to be gone", || self.get(&aws)).await
    }
}

impl LifecyclePolicy {
    fn outputs(&self) -> LifecyclePolicyOutputs {
        LifecyclePolicyOutputs { repository: self.repository.get().clone() }
    }

    /// Where only the intent is recorded, a policy that says something else is not the one we made.
    async fn look(&self, aws: &Clients, recorded: bool) -> Result<Seen<LifecyclePolicyOutputs>> {
        let ours = |text: &str| recorded || same_policy(text, self.document.get());
        Ok(match self.get(aws).await? {
            Some(text) if ours(&text) => {
                Live::new(self.outputs(), json!({ "document": text })).into()
            }
            _ => Seen::Absent,
        })
    }

    /// The live document; none if the policy or the whole repository is absent.
    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let call =
            aws.ecr.get_lifecycle_policy().repository_name(self.repository.get()).send().await;
        let found = absent(call.map_err(fault("ecr:GetLifecyclePolicy")))?;
        Ok(found.and_then(|found| found.lifecycle_policy_text))
    }

    async fn put(&self, aws: &Clients) -> Result<()> {
        let call = aws.ecr.put_lifecycle_policy().repository_name(self.repository.get());
        let call = call.lifecycle_policy_text(self.document.get()).send().await;
        call.map_err(fault("ecr:PutLifecyclePolicy")).map(drop)
    }
}
