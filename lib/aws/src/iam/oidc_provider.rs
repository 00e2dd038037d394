//! `iam.oidc_provider`: lets an account trust the tokens of an issuer, such as an EKS cluster.

use super::{REACH, SETTLING, pairs, tag_changes, to_tags};
use crate::{
    Arn, Clients, CxAws, Scope, Tags, defaults,
    fault::{absent, fault},
    found::{Listed, each, see_marked, take_or_refuse},
    scope, tags,
    taking::keyed,
};
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput as Found;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Naming,
    Near, Patience, Probe, Problems, ReadCost, Resource, Result, Seen, StepCx, Typical, Val,
    Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// An issuer of tokens that the account trusts. With a cluster's issuer, pods can take roles.
///
/// IAM checks the issuer's certificate against public authorities, so no thumbprint is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OidcProvider {
    /// The account that trusts.
    pub scope: Val<Scope>,
    /// The issuer, with `https://`; unique in the account.
    pub url: Val<String>,
    /// Whom its tokens are for: the `aud` that is accepted.
    pub audiences: Vec<String>,
    /// Added to the ownership tags.
    pub tags: Tags,
}

impl OidcProvider {
    /// An issuer whose tokens are for AWS STS, as those of EKS are.
    pub fn new(scope: Val<Scope>, url: Val<String>) -> Self {
        Self { scope, url, audiences: vec!["sts.amazonaws.com".to_owned()], tags: Tags::new() }
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to an [`OidcProvider`].
    pub struct OidcProviderOutputs -> OidcProviderHandle {
        /// The ARN; account and issuer give it.
        arn: Arn,
        /// The issuer without `https://`, as the keys of a trust policy's conditions begin.
        issuer: String,
    }
}

impl Listed for (Arn, Found) {
    fn id(&self) -> &str {
        self.0.as_str()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.1.tags())
    }
}

impl Resource for OidcProvider {
    const KIND: &'static str = "iam.oidc_provider";
    const META: Meta = Meta {
        immutable: &["scope.account", "url"],
        sets: &["audiences"],
        place: scope::PLACE,
        reach: REACH,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListOpenIDConnectProviders answers with ARNs only"),
        iam: Iam {
            object: "iam:oidc-provider",
            holes: &[("issuer", Hole::Schemeless("url"))],
            search: &["iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider"],
            observe: &["iam:GetOpenIDConnectProvider"],
            create: &[
                "iam:CreateOpenIDConnectProvider",
                "iam:TagOpenIDConnectProvider",
                "iam:GetOpenIDConnectProvider",
            ],
            converge: &[
                "iam:GetOpenIDConnectProvider",
                "iam:AddClientIDToOpenIDConnectProvider",
                "iam:RemoveClientIDFromOpenIDConnectProvider",
                "iam:TagOpenIDConnectProvider",
                "iam:UntagOpenIDConnectProvider",
            ],
            delete: &["iam:GetOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider"],
            only: &[
                ("iam:AddClientIDToOpenIDConnectProvider", When::Changes(&["audiences"])),
                ("iam:RemoveClientIDFromOpenIDConnectProvider", When::Changes(&["audiences"])),
                ("iam:TagOpenIDConnectProvider", When::Sets("tags")),
                ("iam:UntagOpenIDConnectProvider", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 2),
        defaults: &[defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = OidcProviderOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(url) = self.url.known() {
            let whole = url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
            problems.require(whole, "url", format!("`{url}` does not start with `https://`"));
            problems.require(!url.ends_with('/'), "url", "must not end with `/`");
        }
        let some = (1..=100).contains(&self.audiences.len());
        problems.require(some, "audiences", "name 1 to 100, e.g. `sts.amazonaws.com`");
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<OidcProviderOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| look(&aws, w)).await
    }

    /// An account has up to a hundred providers. Neither their list nor their names say whose they are, so
    /// each costs a call.
    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<OidcProviderOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let call = aws.iam.list_open_id_connect_providers().send().await;
        let listed = call.map_err(fault("iam:ListOpenIDConnectProviders"))?;
        let arns = listed.open_id_connect_provider_list().iter().filter_map(|one| one.arn());
        let arns = arns.map(Arn::from);
        let arns = arns.filter(|arn| !near.is_recorded(|one| one.arn == *arn));
        let read = each(arns, async |arn| {
            let found = get(&aws, &arn).await?;
            Ok(found.map(|found| (arn, found)))
        });
        let there: Vec<_> = read.await?.into_iter().flatten().collect();
        Ok(see_marked(&there, mark, |(arn, found)| live(arn, found)))
    }

    async fn create(&self, cx: &StepCx) -> Result<OidcProviderOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let create = || async {
            let call = aws
                .iam
                .create_open_id_connect_provider()
                .url(self.url.get())
                .set_client_id_list(Some(self.audiences.clone()))
                .set_tags(Some(to_tags(cx.tags(&self.tags))));
            call.send().await.map_err(fault("iam:CreateOpenIDConnectProvider"))
        };
        // IAM asks the issuer for its certificate, and that of a new cluster may not answer yet.
        let passes = |f: &Fault| f.is("OpenIdIdpCommunicationError");
        match cx.retry(SETTLING, passes, create).await {
            Ok(_) => Ok(self.outputs()),
            Err(fault) if fault.class == Class::Exists => self.taken(cx, &aws, fault).await,
            Err(fault) => Err(fault),
        }
    }

    /// The ARN, which account and issuer give.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<OidcProviderOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.arn().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: OidcProviderOutputs,
        approved: &Fields,
    ) -> Result<OidcProviderOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let found = cx
            .wait(Patience::SECONDS, "the OIDC provider to be visible", || async {
                Ok(match get(&aws, &live.arn).await? {
                    Some(found) => Probe::Ready(found),
                    None => Probe::not_yet("not visible yet"),
                })
            })
            .await?;
        if approved.has("audiences") {
            self.sync_audiences(&aws, found.client_id_list()).await?;
        }
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &OidcProviderOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let arn = live.arn.as_str();
        let Some(found) = get(&aws, &live.arn).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the OIDC provider {arn}"), pairs(found.tags()))?;
        let call = aws.iam.delete_open_id_connect_provider().open_id_connect_provider_arn(arn);
        absent(call.send().await.map_err(fault("iam:DeleteOpenIDConnectProvider")))?;
        cx.wait(Patience::SECONDS, "the OIDC provider to be gone", || async {
            Ok(match get(&aws, &live.arn).await? {
                None => Probe::Ready(()),
                Some(_) => Probe::not_yet("still there"),
            })
        })
        .await
    }
}

impl OidcProvider {
    fn arn(&self) -> Arn {
        let Scope { account, partition, .. } = self.scope.get();
        format!("arn:{partition}:iam::{account}:oidc-provider/{}", self.issuer()).into()
    }

    fn issuer(&self) -> &str {
        self.url.get().trim_start_matches("https://")
    }

    fn outputs(&self) -> OidcProviderOutputs {
        outputs(&self.arn())
    }

    /// The issuer is registered: by this very resource, when the answer to its create was lost, or
    /// by another.
    async fn taken(&self, cx: &StepCx, aws: &Clients, fault: Fault) -> Result<OidcProviderOutputs> {
        let arn = self.arn();
        let Some(found) = get(aws, &arn).await? else { return Err(fault) };
        let what = format!("the OIDC provider {arn}");
        let hint = "an account has one provider for an issuer: share that one, or delete it";
        take_or_refuse(cx, (arn, found), &what, hint)?;
        Ok(self.outputs())
    }

    async fn sync_audiences(&self, aws: &Clients, live: &[String]) -> Result<()> {
        let arn = self.arn();
        for audience in self.audiences.iter().filter(|wish| !live.contains(wish)) {
            let call = aws.iam.add_client_id_to_open_id_connect_provider();
            let call = call.open_id_connect_provider_arn(arn.as_str()).client_id(audience);
            let call = call.send().await;
            call.map_err(fault("iam:AddClientIDToOpenIDConnectProvider"))?;
        }
        for audience in live.iter().filter(|live| !self.audiences.contains(live)) {
            let call = aws.iam.remove_client_id_from_open_id_connect_provider();
            let call = call.open_id_connect_provider_arn(arn.as_str()).client_id(audience);
            let call = call.send().await;
            call.map_err(fault("iam:RemoveClientIDFromOpenIDConnectProvider"))?;
        }
        Ok(())
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let (set, remove) = tag_changes(cx, found.tags(), &self.tags);
        let arn = self.arn();
        if !set.is_empty() {
            let call = aws.iam.tag_open_id_connect_provider();
            let call = call.open_id_connect_provider_arn(arn.as_str()).set_tags(Some(set));
            call.send().await.map_err(fault("iam:TagOpenIDConnectProvider"))?;
        }
        if !remove.is_empty() {
            let call = aws.iam.untag_open_id_connect_provider();
            let call = call.open_id_connect_provider_arn(arn.as_str()).set_tag_keys(Some(remove));
            call.send().await.map_err(fault("iam:UntagOpenIDConnectProvider"))?;
        }
        Ok(())
    }
}

async fn look(aws: &Clients, wanted: &Wanted<OidcProvider>) -> Result<Seen<OidcProviderOutputs>> {
    let arn = wanted.inputs.arn();
    Ok(match get(aws, &arn).await? {
        Some(found) if tags::belongs(wanted, pairs(found.tags())) => live(&arn, &found).into(),
        _ => Seen::Absent,
    })
}

/// Account and issuer give the ARN, and it gives the issuer.
fn outputs(arn: &Arn) -> OidcProviderOutputs {
    let issuer = arn.as_str().split_once(":oidc-provider/").map_or("", |(_, issuer)| issuer);
    OidcProviderOutputs { arn: arn.clone(), issuer: issuer.to_owned() }
}

fn live(arn: &Arn, found: &Found) -> Live<OidcProviderOutputs> {
    let outputs = outputs(arn);
    let fields = json!({
        "url": format!("https://{}", outputs.issuer),
        "audiences": found.client_id_list(),
        "tags": tags::managed(pairs(found.tags())),
    });
    Live::new(outputs, fields).tagged(pairs(found.tags()))
}

async fn get(aws: &Clients, arn: &Arn) -> Result<Option<Found>> {
    let call = aws.iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn.as_str());
    absent(call.send().await.map_err(fault("iam:GetOpenIDConnectProvider")))
}
