//! `ecr.repository_policy`: who outside the account may use a repository.

use crate::{
    Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    iam::{check_document, policy},
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Val, Wanted, When,
    is_known, json, same_policy,
};
use serde::{Deserialize, Serialize};

/// Who may push and pull images of a repository besides those whom the account's own policies let: other
/// accounts, and services.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RepositoryPolicy {
    /// The account and region of the repository.
    pub scope: Val<Scope>,
    /// The repository's name.
    pub repository: Val<String>,
    /// Who may do what with its images.
    pub document: Val<String>,
}

impl RepositoryPolicy {
    /// The policy of a repository.
    pub fn new(scope: Val<Scope>, repository: Val<String>, document: Val<String>) -> Self {
        Self { scope, repository, document }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`RepositoryPolicy`].
    pub struct RepositoryPolicyOutputs -> RepositoryPolicyHandle {
        /// The repository whose policy it is.
        repository: String,
    }
}

impl Resource for RepositoryPolicy {
    const KIND: &'static str = "ecr.repository_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "repository"],
        documents: &["document"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("GetRepositoryPolicy takes one repository"),
        iam: Iam {
            holes: &[("repository", Hole::Input("repository"))],
            observe: &["ecr:GetRepositoryPolicy"],
            create: &["ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"],
            converge: &["ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"],
            delete: &["ecr:DeleteRepositoryPolicy", "ecr:GetRepositoryPolicy"],
            only: &[("ecr:SetRepositoryPolicy", When::Changes(&["document"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = RepositoryPolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_document(problems, "document", &self.document);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let Some(after) = change.after else { return Vec::new() };
        let before = change.before.map_or(&Json::Null, |before| &before["document"]);
        let there = change.before.is_some() || is_known(&after["repository"]);
        if !there || *before == after["document"] {
            return Vec::new();
        }
        policy::widened(before, &after["document"])
    }

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<RepositoryPolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws, w.outputs.is_some())).await
    }

    async fn create(&self, cx: &StepCx) -> Result<RepositoryPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if self.get(&aws).await?.is_some() {
            let repository = self.repository.get();
            let what =
                format!("the repository `{repository}` has a policy that is not this resource's");
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person put it")
                .hint("remove this resource from the program, or delete that policy"));
        }
        self.put(&aws).await?;
        Ok(self.outputs())
    }

    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<RepositoryPolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.repository.get().clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RepositoryPolicyOutputs,
        approved: &Fields,
    ) -> Result<RepositoryPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = until_visible(cx, "the policy to be visible", || self.get(&aws)).await?;
        if approved.has("document") && !same_policy(&there, self.document.get()) {
            self.put(&aws).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &RepositoryPolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let call =
            aws.ecr.delete_repository_policy().repository_name(self.repository.get()).send().await;
        absent(call.map_err(fault("ecr:DeleteRepositoryPolicy")))?;
        until_gone(cx, "the policy to be gone", || self.get(&aws)).await
    }
}

impl RepositoryPolicy {
    fn outputs(&self) -> RepositoryPolicyOutputs {
        RepositoryPolicyOutputs { repository: self.repository.get().clone() }
    }

    /// Where only the intent is recorded, a policy that says something else is not the one we made.
    async fn look(&self, aws: &Clients, recorded: bool) -> Result<Seen<RepositoryPolicyOutputs>> {
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
            aws.ecr.get_repository_policy().repository_name(self.repository.get()).send().await;
        let found = absent(call.map_err(fault("ecr:GetRepositoryPolicy")))?;
        Ok(found.and_then(|found| found.policy_text))
    }

    async fn put(&self, aws: &Clients) -> Result<()> {
        let call = aws.ecr.set_repository_policy().repository_name(self.repository.get());
        let call = call.policy_text(self.document.get()).send().await;
        call.map_err(fault("ecr:SetRepositoryPolicy")).map(drop)
    }
}
