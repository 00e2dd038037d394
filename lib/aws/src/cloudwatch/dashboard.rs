//! `cloudwatch.dashboard`: a page of graphs.

use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    iam::check_document,
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Seen, StepCx, Val, Wanted, When, json, same_policy,
};
use serde::{Deserialize, Serialize};

/// A page of graphs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dashboard {
    /// The account and region. Dashboards are the same in all regions; the region only picks the endpoint.
    pub scope: Val<Scope>,
    /// The name, unique in the account.
    pub name: String,
    /// What is on it: `{"widgets": […]}`. See
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>.
    pub body: Val<String>,
}

impl Dashboard {
    /// A page of graphs.
    pub fn new(scope: Val<Scope>, name: impl Into<String>, body: Val<String>) -> Self {
        Self { scope, name: name.into(), body }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`Dashboard`].
    pub struct DashboardOutputs -> DashboardHandle {
        /// The name.
        name: String,
        /// The ARN.
        arn: Arn,
    }
}

impl Resource for Dashboard {
    const KIND: &'static str = "cloudwatch.dashboard";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name"],
        documents: &["body"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::KeyAndValue,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListDashboards answers with names only"),
        iam: Iam {
            object: "cloudwatch:dashboard",
            holes: &[("dashboard", Hole::Input("name"))],
            observe: &["cloudwatch:GetDashboard"],
            create: &["cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
            converge: &["cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
            delete: &["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard"],
            only: &[("cloudwatch:PutDashboard", When::Changes(&["body"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = DashboardOutputs;

    fn validate(&self, problems: &mut Problems) {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        problems.require(
            (1..=255).contains(&self.name.len()) && self.name.chars().all(fits),
            "name",
            format!("`{}` is not 1 to 255 letters, digits, - and _", self.name),
        );
        check_document(problems, "body", &self.body);
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<DashboardOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            // Where only the intent is recorded, one that shows something else is not the one we made.
            let ours = |body: &str| w.outputs.is_some() || w.inputs.shows(body);
            Ok(match w.inputs.get(&aws).await? {
                Some(body) if ours(&body) => {
                    Live::new(w.inputs.outputs(), json!({ "body": body })).into()
                }
                _ => Seen::Absent,
            })
        })
        .await
    }

    async fn create(&self, cx: &StepCx) -> Result<DashboardOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and nothing is asked of its tags here.
        if self.get(&aws).await?.is_some() {
            let what = format!("a dashboard `{}` exists that is not this resource's", self.name);
            return Err(Fault::new(Class::NotOurs, what)
                .hint("give this resource another `name`, or delete that dashboard"));
        }
        self.put(&aws).await?;
        Ok(self.outputs())
    }

    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<DashboardOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.name.clone())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: DashboardOutputs,
        approved: &Fields,
    ) -> Result<DashboardOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = until_visible(cx, "the dashboard to be visible", || self.get(&aws)).await?;
        if approved.has("body") && !self.shows(&there) {
            self.put(&aws).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &DashboardOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws.cloudwatch.delete_dashboards().dashboard_names(&self.name).send().await;
        absent(call.map_err(fault("cloudwatch:DeleteDashboards")))?;
        until_gone(cx, "the dashboard to be gone", || self.get(&aws)).await
    }
}

impl Dashboard {
    fn outputs(&self) -> DashboardOutputs {
        let Scope { account, partition, .. } = self.scope.get();
        let arn = format!("arn:{partition}:cloudwatch::{account}:dashboard/{}", self.name);
        DashboardOutputs { name: self.name.clone(), arn: arn.into() }
    }

    fn shows(&self, body: &str) -> bool {
        same_policy(body, self.body.get())
    }

    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let call = aws.cloudwatch.get_dashboard().dashboard_name(&self.name).send().await;
        let found = absent(call.map_err(fault("cloudwatch:GetDashboard")))?;
        Ok(found.and_then(|found| found.dashboard_body))
    }

    /// What CloudWatch could not make anything of comes as messages of a call that succeeds.
    async fn put(&self, aws: &Clients) -> Result<()> {
        let action = "cloudwatch:PutDashboard";
        let call = aws.cloudwatch.put_dashboard().dashboard_name(&self.name);
        call.dashboard_body(self.body.get()).send().await.map_err(fault(action)).map(drop)
    }
}
