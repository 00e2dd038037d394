//! `acm.validation`: that a certificate is issued. What uses a certificate refers to it, so that it waits.

use super::{describe, ended::over};
use crate::{Arn, CxAws, Scope, found::each, scope, taking::keyed};
use aws_sdk_acm::types::CertificateStatus;
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, ReadCost, Resource, Result, Seen, Stays, StepCx, Typical, Val, Wanted,
};
use serde::{Deserialize, Serialize};

/// Issuing takes minutes once the records are there; ACM gives up after 72 hours.
const ISSUING: Patience = Patience::new(2000, 20, 2700);

/// That a certificate is issued: it is there when its domains have the records that ACM asked for, and
/// ACM has seen them.
///
/// A load balancer refuses a certificate that is not issued yet, so it takes the ARN from here. Nothing
/// is made or removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Validation {
    /// The account and region of the certificate.
    pub scope: Val<Scope>,
    /// The certificate.
    pub certificate: Val<Arn>,
    /// The names of the records that ACM asked for, so that they come first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Val<String>>,
}

impl Validation {
    /// That a certificate is issued, when these records are there.
    pub fn new(scope: Val<Scope>, certificate: Val<Arn>, records: Vec<Val<String>>) -> Self {
        Self { scope, certificate, records }
    }
}

groundplan_core::outputs! {
    /// What a [`Validation`] gives.
    pub struct ValidationOutputs -> ValidationHandle {
        /// The certificate, once it is issued.
        certificate: Arn,
    }
}

impl Resource for Validation {
    const KIND: &'static str = "acm.validation";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "certificate"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        stays: Stays::WithParent,
        read_cost: ReadCost::Object("DescribeCertificate takes one certificate"),
        iam: Iam {
            holes: &[("certificate", Hole::Input("certificate"))],
            observe: &["acm:DescribeCertificate"],
            create: &["acm:DescribeCertificate"],
            converge: &["acm:DescribeCertificate"],
            ..Iam::NONE
        },
        typical: Typical::seconds(150, 1, 1),
        ..Meta::DEFAULT
    };
    type Outputs = ValidationOutputs;

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ValidationOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, async |w| {
            let found = describe(&aws, w.inputs.certificate.get().as_str()).await?;
            let issued = found.as_ref().and_then(|found| found.status());
            Ok(match issued {
                Some(CertificateStatus::Issued) => Live::new(w.inputs.outputs(), Json::Null).into(),
                _ => Seen::Absent,
            })
        })
        .await
    }

    /// Makes nothing: that it is issued is ACM's doing. A certificate that never will be is refused.
    async fn create(&self, cx: &StepCx) -> Result<ValidationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let arn = self.certificate.get();
        let Some(found) = describe(&aws, arn.as_str()).await? else {
            let what = format!("there is no certificate {arn}");
            return Err(Fault::new(Class::NotFound, what)
                .hint("run the same command again: it is made anew, if this program makes it"));
        };
        over(&found).map_or_else(|| Ok(self.outputs()), Err)
    }

    /// The certificate's ARN.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<ValidationOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.certificate.get().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ValidationOutputs,
        _approved: &Fields,
    ) -> Result<ValidationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let arn = live.certificate.as_str();
        let waited = cx.wait(ISSUING, "the certificate to be issued", || async {
            let Some(found) = describe(&aws, arn).await? else {
                return Ok(Probe::not_yet("not visible yet"));
            };
            if let Some(over) = over(&found) {
                return Err(over);
            }
            Ok(match found.status() {
                Some(CertificateStatus::Issued) => Probe::Ready(()),
                Some(status) => Probe::not_yet(status.as_str()),
                None => Probe::not_yet("in no state yet"),
            })
        });
        waited.await.map_err(|fault| match fault.class {
            Class::TimedOut => fault.hint(
                "see that the domain's registrar names the name servers of the zone that has the records: `dig NS DOMAIN`",
            ),
            _ => fault,
        })?;
        Ok(live)
    }

    /// Nothing: it ends with the certificate.
    async fn delete(&self, _cx: &StepCx, _live: &ValidationOutputs) -> Result<()> {
        Ok(())
    }
}

impl Validation {
    fn outputs(&self) -> ValidationOutputs {
        ValidationOutputs { certificate: self.certificate.get().clone() }
    }
}
