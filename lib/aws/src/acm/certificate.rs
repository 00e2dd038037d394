//! `acm.certificate`: a certificate that ACM issues and renews for as long as its domain says so in DNS.

use super::{
    domain::check_domain,
    ended::{ended, over},
    find::{self, Found, find, list, pairs},
    to_tags,
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags,
    fault::{absent, fault, incomplete},
    found::{Listed, Match, each, marked},
    scope,
    settle::until_gone,
    tags,
    taking::no_id,
};
use aws_sdk_acm::types::{
    self, CertificateDetail, CertificateExport, CertificateOptions, ValidationMethod,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Mark, Marked, Meta, Near,
    Patience, Probe, Problems, ReadCost, Resource, Result, Seen, StepCx, Typical, Val, Wanted,
    When, json,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most names of a certificate that ACM takes without asking for more.
const MOST: usize = 100;
/// What it goes out of use with takes minutes to let go of it.
const IN_USE: Patience = Patience::new(1000, 15, 900);

/// A certificate that ACM issues and renews for as long as its domains say so in DNS.
///
/// It is issued when the records are there that its outputs name: see [`Validation`](super::Validation).
/// `CloudFront` takes certificates of `us-east-1` alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Certificate {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The domain, e.g. `data.example.com` or `*.data.example.com`.
    pub domain: String,
    /// Other domains that it is for, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// The sort of its key.
    pub key_algorithm: KeyAlgorithm,
    /// Whether it can be taken out of AWS with its private key, which costs by the domain.
    pub exportable: bool,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// The sort of a certificate's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// RSA of 2048 bits: everybody understands it.
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    /// ECDSA over P-256: smaller and faster.
    #[serde(rename = "EC_prime256v1")]
    EcPrime256v1,
    /// ECDSA over P-384.
    #[serde(rename = "EC_secp384r1")]
    EcSecp384r1,
}

impl Certificate {
    /// A certificate of an RSA key for one domain.
    pub fn new(scope: Val<Scope>, domain: impl Into<String>) -> Self {
        Self {
            scope,
            domain: domain.into(),
            alternatives: Vec::new(),
            key_algorithm: KeyAlgorithm::Rsa2048,
            exportable: false,
            tags: Tags::new(),
        }
    }
}

groundplan_core::outputs! {
    /// What ACM assigned to a [`Certificate`].
    pub struct CertificateOutputs -> CertificateHandle {
        /// The ARN.
        arn: Arn,
    } later {
        /// The name of the CNAME record that each domain has to have, by domain. A domain and its wildcard
        /// have the same.
        record_names: BTreeMap<String, String>,
        /// The value of that record, by domain.
        record_values: BTreeMap<String, String>,
    }
}

const READ: &[&str] = &["acm:DescribeCertificate", "acm:ListTagsForCertificate"];

impl Resource for Certificate {
    const KIND: &'static str = "acm.certificate";
    const META: Meta = Meta {
        // `status` is no input. It is read only from a certificate that will never be issued.
        immutable: &[
            "scope.account",
            "scope.region",
            "domain",
            "alternatives",
            "key_algorithm",
            "exportable",
            "status",
        ],
        sets: &["alternatives"],
        place: scope::PLACE,
        reach: scope::REACH,
        lost_create: LostCreate::ClientToken,
        read_cost: ReadCost::Objects(
            2,
            "ListCertificates answers without tags and validations, and each has a call that takes one",
        ),
        iam: Iam {
            object: "acm:certificate",
            holes: &[("certificate", Hole::Output("arn"))],
            search: &[
                "acm:ListCertificates",
                "acm:DescribeCertificate",
                "acm:ListTagsForCertificate",
            ],
            observe: READ,
            create: &[
                "acm:RequestCertificate",
                "acm:AddTagsToCertificate",
                "acm:DescribeCertificate",
                "acm:ListTagsForCertificate",
            ],
            converge: &[
                "acm:DescribeCertificate",
                "acm:ListTagsForCertificate",
                "acm:AddTagsToCertificate",
                "acm:RemoveTagsFromCertificate",
            ],
            delete: &[
                "acm:DescribeCertificate",
                "acm:ListTagsForCertificate",
                "acm:DeleteCertificate",
            ],
            only: &[
                ("acm:AddTagsToCertificate", When::Sets("tags")),
                ("acm:RemoveTagsFromCertificate", When::Removes("tags")),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(5, 1, 2),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = CertificateOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_domain(problems, "domain", &self.domain);
        problems.require(
            self.domain.len() <= 64,
            "domain",
            "has more than the 64 characters of a certificate's first domain: put it in `alternatives`",
        );
        let mut known = BTreeSet::from([&self.domain]);
        for (number, domain) in self.alternatives.iter().enumerate() {
            let path = format!("alternatives[{number}]");
            check_domain(problems, &path, domain);
            problems.require(known.insert(domain), &path, format!("`{domain}` is there already"));
        }
        let what = format!("up to {MOST} domains with `domain`");
        problems.require(self.alternatives.len() < MOST, "alternatives", what);
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<CertificateOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            let found = match &w.outputs {
                Some(recorded) => find(&aws, recorded.arn.as_str()).await?.into_iter().collect(),
                None => candidates(&aws, &w.inputs.domain).await?,
            };
            let recorded = w.outputs.as_ref().map(|outputs| outputs.arn.as_str());
            Ok(match crate::found::find(&found, w, recorded) {
                Match::None => Seen::Absent,
                Match::Many(several) => Seen::Ambiguous(several),
                Match::One(one) => live(one).tagged(one.tags()).into(),
            })
        })
        .await
    }

    async fn marked(
        cx: &Cx,
        near: &Near<Self>,
        mark: &Mark,
    ) -> Result<Vec<Marked<CertificateOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.scope.get()).await?;
        let mut listed = list(&aws).await?;
        listed.retain(|(arn, _)| !near.is_recorded(|one| one.arn.as_str() == arn.as_str()));
        let found = each(listed, async |(arn, _)| {
            let Some(tags) = find::tags_of(&aws, &arn).await? else { return Ok(None) };
            let Some(owner) = tags::read(mark, pairs(&tags)) else { return Ok(None) };
            let detail = super::describe(&aws, &arn).await?;
            let found = detail.map(|detail| Found { detail, tags });
            Ok(found.map(|found| marked(owner, &found, live(&found))))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<CertificateOutputs> {
        let action = "acm:RequestCertificate";
        let aws = cx.aws(self.scope.get()).await?;
        let others = Some(self.alternatives.clone()).filter(|others| !others.is_empty());
        let call = aws
            .acm
            .request_certificate()
            .domain_name(&self.domain)
            .set_subject_alternative_names(others)
            .validation_method(ValidationMethod::Dns)
            .key_algorithm(types::KeyAlgorithm::from(self.key_algorithm.as_str()))
            .idempotency_token(token(cx))
            .set_options(self.options())
            .set_tags(Some(to_tags(cx.tags(&self.tags))));
        let made = call.send().await.map_err(fault(action))?;
        let arn = made.certificate_arn.ok_or_else(|| incomplete(action, "CertificateArn"))?;
        Ok(CertificateOutputs { arn: arn.into(), record_names: None, record_values: None })
    }

    /// The ARN.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<CertificateOutputs>>> {
        let Scope { account, region, partition, .. } = self.scope.get();
        let of = format!("arn:{partition}:acm:{region}:{account}:certificate/");
        if !id.starts_with(&of) {
            return Err(no_id(id, &format!("{of}UUID")));
        }
        let outputs =
            CertificateOutputs { arn: id.into(), record_names: None, record_values: None };
        Ok(Some(Identity::new(outputs)))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: CertificateOutputs,
        approved: &Fields,
    ) -> Result<CertificateOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let arn = live.arn.as_str();
        let found = cx
            .wait(
                Patience::SECONDS,
                "ACM to say which records the domains have to have",
                || async {
                    let Some(found) = find(&aws, arn).await? else {
                        return Ok(Probe::not_yet("not visible yet"));
                    };
                    if let Some(over) = over(&found.detail) {
                        return Err(over);
                    }
                    let all = found.detail.domain_validation_options();
                    let named =
                        !all.is_empty() && all.iter().all(|one| one.resource_record().is_some());
                    Ok(if named { Probe::Ready(found) } else { Probe::not_yet("not known yet") })
                },
            )
            .await?;
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        Ok(outputs(&found.detail))
    }

    async fn delete(&self, cx: &StepCx, live: &CertificateOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let arn = live.arn.as_str();
        let Some(found) = find(&aws, arn).await? else { return Ok(()) };
        tags::require_ours(cx.owner(), &format!("the certificate {arn}"), found.tags())?;
        let delete = || async {
            let call = aws.acm.delete_certificate().certificate_arn(arn).send().await;
            absent(call.map_err(fault("acm:DeleteCertificate")))
        };
        // A load balancer that just went is still named as its user for a while.
        let in_use = |fault: &Fault| fault.class == Class::InUse;
        cx.retry(IN_USE, in_use, delete).await.map_err(|fault| used(fault, arn))?;
        until_gone(cx, "the certificate to be gone", || super::describe(&aws, arn)).await
    }
}

impl KeyAlgorithm {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::EcPrime256v1 => "EC_prime256v1",
            Self::EcSecp384r1 => "EC_secp384r1",
        }
    }
}

impl Certificate {
    fn options(&self) -> Option<CertificateOptions> {
        let exported = CertificateOptions::builder().export(CertificateExport::Enabled);
        self.exportable.then(|| exported.build())
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let (set, remove) = tags::to_change(cx, found.tags(), &self.tags);
        if !set.is_empty() {
            let call = aws.acm.add_tags_to_certificate().certificate_arn(found.id());
            let call = call.set_tags(Some(to_tags(set))).send().await;
            call.map_err(fault("acm:AddTagsToCertificate"))?;
        }
        if !remove.is_empty() {
            let keys = remove.into_iter().map(|key| (key, None));
            let keys = keys.map(|(key, value)| {
                let tag = types::Tag::builder().key(key).set_value(value).build();
                tag.expect("BUG: a tag has a key")
            });
            let call = aws.acm.remove_tags_from_certificate().certificate_arn(found.id());
            let call = call.set_tags(Some(keys.collect())).send().await;
            call.map_err(fault("acm:RemoveTagsFromCertificate"))?;
        }
        Ok(())
    }
}

/// Certificates of a domain, with their tags.
async fn candidates(aws: &Clients, domain: &str) -> Result<Vec<Found>> {
    let listed = list(aws).await?.into_iter().filter(|(_, of)| of == domain);
    let found = each(listed, async |(arn, _)| find(aws, &arn).await);
    Ok(found.await?.into_iter().flatten().collect())
}

/// ACM takes 32 letters and digits.
fn token(cx: &StepCx) -> String {
    cx.token().chars().filter(char::is_ascii_alphanumeric).take(32).collect()
}

fn used(fault: Fault, arn: &str) -> Fault {
    if fault.class != Class::InUse {
        return fault;
    }
    fault.hint(format!(
        "take it from what uses it first: `aws acm describe-certificate --certificate-arn {arn} --query Certificate.InUseBy`"
    ))
}

fn outputs(detail: &CertificateDetail) -> CertificateOutputs {
    let records = detail.domain_validation_options().iter();
    let records = records.filter_map(|one| Some((one.domain_name(), one.resource_record()?)));
    let named = |read: fn(&types::ResourceRecord) -> &str| {
        let all: BTreeMap<_, _> = records
            .clone()
            .map(|(domain, record)| (domain.to_owned(), read(record).to_owned()))
            .collect();
        Some(all).filter(|all| !all.is_empty())
    };
    CertificateOutputs {
        arn: detail.certificate_arn().unwrap_or_default().into(),
        record_names: named(types::ResourceRecord::name),
        record_values: named(types::ResourceRecord::value),
    }
}

/// `RSA-2048` and `EC-prime256v1` as they are asked for.
fn spelled(algorithm: &str) -> String {
    algorithm.replacen('-', "_", 1)
}

fn live(found: &Found) -> Live<CertificateOutputs> {
    let detail = &found.detail;
    let domain = detail.domain_name().unwrap_or_default();
    let others = detail.subject_alternative_names().iter().filter(|name| *name != domain);
    let export = detail.options().and_then(|options| options.export());
    let mut fields = json!({
        "domain": domain,
        "alternatives": others.collect::<Vec<_>>(),
        // Described with another separator than it is asked for with.
        "key_algorithm": detail.key_algorithm().map(|one| spelled(one.as_str())),
        "exportable": export == Some(&CertificateExport::Enabled),
        "tags": tags::managed(found.tags()),
    });
    if let Some(status) = ended(detail) {
        fields["status"] = status.into();
    }
    Live::new(outputs(detail), fields)
}
