//! `ec2.gateway_attachment`: joins an internet gateway to a VPC.

use super::{
    held::{delete_once_free, interfaces},
    internet_gateway::{describe, list},
    read::{each, once_parents_show, until_gone},
};
use crate::{Clients, CxAws, GatewayId, Scope, VpcId, fault::fault, scope, taking::keyed};
use aws_sdk_ec2::types::{AttachmentStatus, InternetGateway, InternetGatewayAttachment};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Ownership, Patience,
    Probe, Resource, Result, Seen, StepCx, Typical, Val, Wanted, When, json,
};
use serde::{Deserialize, Serialize};

/// Joins an internet gateway to a VPC. Either has at most one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GatewayAttachment {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The gateway.
    pub gateway: Val<GatewayId>,
    /// The VPC it leads out of.
    pub vpc: Val<VpcId>,
}

impl GatewayAttachment {
    /// Joins the two.
    pub fn new(scope: Val<Scope>, gateway: Val<GatewayId>, vpc: Val<VpcId>) -> Self {
        Self { scope, gateway, vpc }
    }
}

groundplan_core::outputs! {
    /// What a [`GatewayAttachment`] gives.
    pub struct GatewayAttachmentOutputs -> GatewayAttachmentHandle {
        /// The gateway, once it is attached: routes lead to this, so that they wait for it.
        gateway: GatewayId,
    }
}

impl Resource for GatewayAttachment {
    const KIND: &'static str = "ec2.gateway_attachment";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "gateway", "vpc"],
        holds: &["gateway", "vpc"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        coexists: false,
        iam: Iam {
            holes: &[("internet-gateway", Hole::Input("gateway")), ("vpc", Hole::Input("vpc"))],
            observe: &["ec2:DescribeInternetGateways"],
            create: &["ec2:AttachInternetGateway", "ec2:DescribeInternetGateways"],
            converge: &["ec2:DescribeInternetGateways"],
            delete: &[
                "ec2:DetachInternetGateway",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeNetworkInterfaces",
            ],
            only: &[("ec2:DescribeNetworkInterfaces", When::InTheWay)],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 1, 10),
        ..Meta::DEFAULT
    };
    type Outputs = GatewayAttachmentOutputs;

    async fn observe(
        cx: &Cx,
        wanted: &[Wanted<Self>],
    ) -> Result<Vec<Seen<GatewayAttachmentOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let ids = wanted.iter().map(|w| w.inputs.gateway.get().as_str());
        let listed = list(&aws, each("internet-gateway-id", ids)).await?;
        Ok(wanted.iter().map(|w| w.inputs.see(&listed)).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<GatewayAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let attach = || async {
            let call = aws
                .ec2
                .attach_internet_gateway()
                .internet_gateway_id(self.gateway.get().as_str())
                .vpc_id(self.vpc.get().as_str());
            call.send().await.map_err(fault("ec2:AttachInternetGateway"))
        };
        once_parents_show(cx, attach).await.map_err(|fault| self.explain(fault))?;
        Ok(GatewayAttachmentOutputs { gateway: self.gateway.get().clone() })
    }

    /// The gateway and the VPC: `igw-…:vpc-…`.
    async fn identify(
        &self,
        _: &Cx,
        id: &str,
    ) -> Result<Option<Identity<GatewayAttachmentOutputs>>> {
        let outputs = GatewayAttachmentOutputs { gateway: self.gateway.get().clone() };
        keyed(id, self.key(None).as_deref(), outputs)
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}:{}", self.gateway.get(), self.vpc.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: GatewayAttachmentOutputs,
        _: &Fields,
    ) -> Result<GatewayAttachmentOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        cx.wait(Patience::SECONDS, "the internet gateway to be attached", || async {
            let found = self.find(&aws).await?;
            Ok(match found.as_ref().and_then(|found| found.state()) {
                // EC2 calls the same state of an internet gateway `available`.
                Some(state) if state.as_str() == "available" => Probe::Ready(()),
                Some(AttachmentStatus::Attached) => Probe::Ready(()),
                Some(state) => Probe::not_yet(state.as_str()),
                None => Probe::not_yet("not attached"),
            })
        })
        .await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _: &GatewayAttachmentOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let (gateway, vpc) = (self.gateway.get().as_str(), self.vpc.get().as_str());
        let detach = || async {
            let call = aws.ec2.detach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
            match call.send().await.map_err(fault("ec2:DetachInternetGateway")) {
                Err(fault) if fault.is("Gateway.NotAttached") => Ok(()),
                other => other.map(drop),
            }
        };
        // EC2 refuses while public addresses are in use in the VPC.
        let public = || interfaces(&aws, "vpc-id", vpc, |eni| eni.association().is_some());
        delete_once_free(cx, detach, public).await?;
        until_gone(cx, "the internet gateway to be detached", || self.find(&aws)).await
    }
}

impl GatewayAttachment {
    fn among(&self, gateway: &InternetGateway) -> Option<InternetGatewayAttachment> {
        let ours = |a: &&InternetGatewayAttachment| {
            a.vpc_id() == Some(self.vpc.get().as_str())
                && a.state() != Some(&AttachmentStatus::Detached)
        };
        gateway.attachments().iter().find(ours).cloned()
    }

    async fn find(&self, aws: &Clients) -> Result<Option<InternetGatewayAttachment>> {
        let gateway = describe(aws, self.gateway.get()).await?;
        Ok(gateway.and_then(|gateway| self.among(&gateway)))
    }

    fn see(&self, listed: &[InternetGateway]) -> Seen<GatewayAttachmentOutputs> {
        let id = self.gateway.get();
        let gateway = listed.iter().find(|g| g.internet_gateway_id() == Some(id.as_str()));
        let Some(found) = gateway.and_then(|gateway| self.among(gateway)) else {
            return Seen::Absent;
        };
        let fields = json!({ "gateway": id, "vpc": found.vpc_id() });
        Live::new(GatewayAttachmentOutputs { gateway: id.clone() }, fields)
            .leaving(found.state() == Some(&AttachmentStatus::Detaching))
            .into()
    }

    fn explain(&self, fault: Fault) -> Fault {
        match fault.class {
            Class::Exists => {
                let hint = format!(
                    "see where it is: `aws ec2 describe-internet-gateways --internet-gateway-ids {}`; detach it there, or make a gateway for this VPC",
                    self.gateway.get()
                );
                fault.hint(hint)
            }
            Class::Invalid => {
                let hint = format!(
                    "a VPC has one internet gateway; see which: `aws ec2 describe-internet-gateways --filters Name=attachment.vpc-id,Values={}`",
                    self.vpc.get()
                );
                fault.hint(hint)
            }
            _ => fault,
        }
    }
}
