//! `opensearch.domain_policy`: who may do what with a search domain, apart from the domain itself, so that it
//! can name roles that need the domain first.

use super::domain::{describe, patiently, same_policy, settled, through};
use crate::{
    Clients, CxAws, Scope, fault::fault, found::each, iam::policy::widened, scope, taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val, Wanted,
    When, json,
};
use serde::{Deserialize, Serialize};

/// The access policy of a domain whose [`Domain::access_policy`](super::Domain::access_policy) is left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DomainPolicy {
    /// The account and region of the domain.
    pub scope: Val<Scope>,
    /// The domain's name.
    pub domain: Val<String>,
    /// Who may do what, as a policy document.
    pub document: Val<String>,
}

impl DomainPolicy {
    /// A policy of a domain.
    pub fn new(scope: Val<Scope>, domain: Val<String>, document: Val<String>) -> Self {
        Self { scope, domain, document }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`DomainPolicy`]: that of its domain.
    pub struct DomainPolicyOutputs -> DomainPolicyHandle {
        /// The domain's name.
        domain: String,
    }
}

impl Resource for DomainPolicy {
    const KIND: &'static str = "opensearch.domain_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "domain"],
        documents: &["document"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        // A domain has one.
        coexists: false,
        read_cost: ReadCost::Object("DescribeDomains takes five names"),
        iam: Iam {
            holes: &[("domain", Hole::Input("domain"))],
            observe: &["es:DescribeDomains"],
            create: &[
                "es:DescribeDomains",
                "es:DescribeDomainChangeProgress",
                "es:UpdateDomainConfig",
            ],
            converge: &[
                "es:DescribeDomains",
                "es:DescribeDomainChangeProgress",
                "es:UpdateDomainConfig",
            ],
            delete: &[
                "es:DescribeDomains",
                "es:DescribeDomainChangeProgress",
                "es:UpdateDomainConfig",
            ],
            only: &[
                ("es:DescribeDomainChangeProgress", When::Changes(&["document"])),
                ("es:UpdateDomainConfig", When::Changes(&["document"])),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(60, 60, 60),
        ..Meta::DEFAULT
    };
    type Outputs = DomainPolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        let Some(text) = self.document.known() else { return };
        let object = serde_json::from_str::<Json>(text).is_ok_and(|policy| policy.is_object());
        problems.require(object, "document", "is no JSON object; a policy is `{\"Statement\": …}`");
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        change.changes("document").map(|(b, a)| widened(b, a)).unwrap_or_default()
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<DomainPolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            let Some(text) = w.inputs.get(&aws).await? else { return Ok(Seen::Absent) };
            let same = same_policy(w.inputs.document.get(), &text);
            // Where only the intent is recorded, a policy that says something else is not the one we made.
            if w.outputs.is_none() && !same {
                return Ok(Seen::Absent);
            }
            let text = if same { w.inputs.document.get().clone() } else { text };
            Ok(Live::new(w.inputs.outputs(), json!({ "document": text })).into())
        })
        .await
    }

    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<DomainPolicyOutputs>>> {
        let found = keyed(id, self.key(None).as_deref(), self.outputs())?;
        let aws = cx.aws(self.scope.get()).await?;
        Ok(self.get(&aws).await?.and(found))
    }

    /// The domain's name.
    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.domain.get().clone())
    }

    async fn create(&self, cx: &StepCx) -> Result<DomainPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if let Some(there) = self.get(&aws).await?
            && !same_policy(self.document.get(), &there)
        {
            let what = format!("the domain `{}` has an access policy already", self.domain.get());
            return Err(Fault::new(Class::NotOurs, what)
                .why("it says something else, and is not this resource's")
                .hint("leave out the domain's `access_policy`, or clear what was set by hand"));
        }
        self.put(cx, &aws, self.document.get()).await?;
        Ok(self.outputs())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: DomainPolicyOutputs,
        approved: &Fields,
    ) -> Result<DomainPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        settled(cx, &aws, &live.domain).await?;
        let there = self.get(&aws).await?.unwrap_or_default();
        if approved.has("document") && !same_policy(self.document.get(), &there) {
            self.put(cx, &aws, self.document.get()).await?;
            settled(cx, &aws, &live.domain).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &DomainPolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        if self.get(&aws).await?.is_none() {
            return Ok(());
        }
        settled(cx, &aws, &live.domain).await?;
        self.put(cx, &aws, "").await?;
        settled(cx, &aws, &live.domain).await.map(drop)
    }
}

impl DomainPolicy {
    fn outputs(&self) -> DomainPolicyOutputs {
        DomainPolicyOutputs { domain: self.domain.get().clone() }
    }

    /// The live document; none if there is none, or no domain any more.
    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let domain = describe(aws, self.domain.get()).await?;
        Ok(domain.and_then(|domain| domain.access_policies).filter(|text| !text.is_empty()))
    }

    async fn put(&self, cx: &StepCx, aws: &Clients, document: &str) -> Result<()> {
        let name = self.domain.get();
        let send = || async {
            let call = aws.opensearch.update_domain_config().domain_name(name);
            let call = call.access_policies(document).send().await;
            call.map_err(fault("es:UpdateDomainConfig"))
        };
        let made = patiently(cx, send).await?;
        let change = made.domain_config().and_then(|config| config.change_progress_details());
        match change.and_then(|change| change.change_id()) {
            Some(change) => through(cx, aws, name, change).await,
            None => Ok(()),
        }
    }
}
