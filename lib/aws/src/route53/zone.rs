//! `route53.zone`: the names below a domain. The records in it are kinds of their own.

use super::{
    REACH, check_name, in_sync, plain,
    record_form::empty,
    zone_find::{Found, all, find, get, of_name, short, tagged, tags_of},
    zone_rights,
};
use crate::{
    Arn, Clients, CxAws, Scope, Tags, VpcId,
    fault::{absent, fault, incomplete},
    found::{Listed, each, marked},
    scope,
    settle::{until_gone, until_visible},
    tags,
};
use aws_sdk_route53::types::{self, HostedZoneConfig, Tag, TagResourceType, VpcRegion};
use groundplan_core::{
    Class, Cx, DangerKind, Fault, Fields, Identity, Json, Live, LostCreate, Mark, Marked, Meta,
    Near, Owner, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Typical,
    Val, Wanted, json, to_json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The names below a domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Zone {
    /// The account; a zone is in no region.
    pub scope: Val<Scope>,
    /// The domain, e.g. `data.example.com`.
    pub name: String,
    /// Whether only its VPCs see it.
    pub private: bool,
    /// The VPCs that see a private zone, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpcs: Vec<ZoneVpc>,
    /// What it is for, for people; up to 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Whether a delete takes the records with it that nothing here made; without it a zone with records
    /// is not deleted.
    pub force_destroy: bool,
    /// Added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A VPC that sees a private zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZoneVpc {
    /// The VPC, of the zone's account. It needs DNS support and hostnames.
    pub vpc: Val<VpcId>,
    /// Its region, where that is not the scope's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl Zone {
    /// A zone that the internet sees, once the domain's registrar or the zone above names its name servers.
    pub fn public(scope: Val<Scope>, name: impl Into<String>) -> Self {
        Self {
            scope,
            name: name.into(),
            private: false,
            vpcs: Vec::new(),
            comment: String::new(),
            force_destroy: false,
            tags: Tags::new(),
        }
    }

    /// A zone that only these VPCs see.
    pub fn private(scope: Val<Scope>, name: impl Into<String>, vpcs: Vec<Val<VpcId>>) -> Self {
        let vpcs = vpcs.into_iter().map(|vpc| ZoneVpc { vpc, region: None }).collect();
        Self { private: true, vpcs, ..Self::public(scope, name) }
    }
}

groundplan_core::outputs! {
    /// What Route 53 assigned to a [`Zone`].
    pub struct ZoneOutputs -> ZoneHandle {
        /// The id: `Z…`.
        id: String,
        /// The ARN.
        arn: Arn,
        /// The name, without a dot at the end.
        name: String,
        /// Who answers for a public zone: what the registrar or the zone above has to name.
        name_servers: Vec<String>,
    }
}

impl Resource for Zone {
    const KIND: &'static str = "route53.zone";
    const META: Meta = Meta {
        immutable: &["scope.account", "name", "private"],
        sets: &["vpcs"],
        place: scope::PLACE,
        reach: REACH,
        lost_create: LostCreate::ClientToken,
        read_cost: ReadCost::Object("ListHostedZones answers without VPCs and name servers"),
        iam: zone_rights::IAM,
        typical: Typical::seconds(3, 40, 2),
        defaults: &[crate::defaults::TAGS],
        ..Meta::DEFAULT
    };
    type Outputs = ZoneOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_name(problems, "name", &self.name);
        let dotted = !plain(&self.name).starts_with('*');
        problems.require(dotted, "name", "a zone has no wildcard; its records can have one");
        let seen = self.private != self.vpcs.is_empty();
        let what = "a private zone has a VPC at least, and a public one has none";
        problems.require(seen, "vpcs", what);
        let long = self.comment.chars().count() <= 256;
        problems.require(long, "comment", "is longer than 256 characters");
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let mut risks = Vec::new();
        if let Some(gone) = change.goes() {
            if gone["force_destroy"] == true {
                let what = "every record in it is lost";
                risks.push(Risk::new(DangerKind::DataLoss, what));
            }
            if gone["private"] == false {
                let what = "another zone of its name gets other name servers, which the registrar has to be told";
                risks.push(Risk::new(DangerKind::Downtime, what));
            }
        }
        risks
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ZoneOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let found = each(wanted, async |w| {
            let ids = match &w.outputs {
                Some(recorded) => vec![recorded.id.clone()],
                None => of_name(&aws, &w.inputs.name).await?,
            };
            each(ids, async |id| get(&aws, &id).await).await
        });
        let found = found.await?.into_iter().flatten().flatten();
        // Two zones of one name are found for each of the two.
        let found: BTreeMap<_, _> =
            found.map(|found| (found.zone_id().to_owned(), found)).collect();
        let found = tagged(&aws, found.into_values().collect()).await?;
        Ok(wanted.iter().map(|w| w.inputs.see(w, &found)).collect())
    }

    async fn marked(cx: &Cx, near: &Near<Self>, mark: &Mark) -> Result<Vec<Marked<ZoneOutputs>>> {
        let Some(first) = near.first() else { return Ok(Vec::new()) };
        let scope = first.scope.get();
        let aws = cx.aws(scope).await?;
        let mut ids = all(&aws).await?;
        ids.retain(|id| !near.is_recorded(|one| one.id == *id));
        let tags = tags_of(&aws, &ids).await?;
        let found = each(tags, async |(id, tags)| {
            let pairs = tags
                .iter()
                .map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()));
            let Some(owner) = tags::read(mark, pairs) else { return Ok(None) };
            let found = get(&aws, &id).await?.map(|found| Found { tags, ..found });
            Ok(found.map(|found| marked(owner, &found, live(scope, &found))))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<ZoneOutputs> {
        let action = "route53:CreateHostedZone";
        let scope = self.scope.get();
        let aws = cx.aws(scope).await?;
        let reference = reference(cx.owner()) + &cx.token()[..cx.token().len().min(24)];
        let comment = Some(self.comment.clone()).filter(|comment| !comment.is_empty());
        let config = HostedZoneConfig::builder().set_comment(comment).private_zone(self.private);
        let call = aws
            .route53
            .create_hosted_zone()
            .name(&self.name)
            .caller_reference(&reference)
            .hosted_zone_config(config.build())
            .set_vpc(self.vpcs.first().map(|vpc| vpc.to_api(scope)));
        let zone = match call.send().await.map_err(fault(action)) {
            Ok(made) => {
                let servers = made.delegation_set.map(|set| set.name_servers);
                let zone = made.hosted_zone.ok_or_else(|| incomplete(action, "HostedZone"))?;
                return Ok(outputs(scope, &zone, servers.unwrap_or_default()));
            }
            Err(fault) if fault.class == Class::Exists => {
                let ids = of_name(&aws, &self.name).await?;
                let found = each(ids, async |id| get(&aws, &id).await).await?;
                let mut found = found.into_iter().flatten();
                found.find(|one| one.zone.caller_reference() == reference).ok_or(fault)?
            }
            Err(fault) => return Err(fault),
        };
        Ok(outputs(scope, &zone.zone, zone.name_servers))
    }

    /// The id: `Z…`.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<ZoneOutputs>>> {
        let scope = self.scope.get();
        let aws = cx.aws(scope).await?;
        let found = get(&aws, short(id)).await?;
        Ok(found.map(|found| Identity::new(outputs(scope, &found.zone, found.name_servers))))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ZoneOutputs,
        approved: &Fields,
    ) -> Result<ZoneOutputs> {
        // What a delete takes with it is on record only.
        if !["tags", "comment", "vpcs"].iter().any(|path| approved.has(path)) {
            return Ok(live);
        }
        let aws = cx.aws(self.scope.get()).await?;
        let read = || find(&aws, &live.id);
        let found = until_visible(cx, "the zone to be visible", read).await?;
        // The mark comes first: until it is there only the reference tells whose the zone is.
        if approved.has("tags") {
            self.sync_tags(cx, &aws, &found).await?;
        }
        let comment = found.zone.config().and_then(|config| config.comment()).unwrap_or_default();
        if approved.has("comment") && comment != self.comment {
            let call = aws.route53.update_hosted_zone_comment().id(&live.id);
            let call = call.comment(&self.comment).send().await;
            call.map_err(fault("route53:UpdateHostedZoneComment"))?;
        }
        if approved.has("vpcs") {
            self.sync_vpcs(cx, &aws, &found).await?;
        }
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, live: &ZoneOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let Some(found) = find(&aws, &live.id).await? else { return Ok(()) };
        if !is_new(cx.owner(), &found) {
            let what = format!("the zone {} ({})", live.id, live.name);
            tags::require_ours(cx.owner(), &what, found.tags())?;
        }
        if self.force_destroy {
            empty(&aws, &live.id, &live.name).await?;
        }
        let call = aws.route53.delete_hosted_zone().id(&live.id).send().await;
        let deleted = absent(call.map_err(fault("route53:DeleteHostedZone")));
        deleted.map_err(|fault| not_empty(fault, &live.id))?;
        until_gone(cx, "the zone to be gone", || get(&aws, &live.id)).await
    }
}

impl ZoneVpc {
    fn to_api(&self, scope: &Scope) -> types::Vpc {
        let region = self.region.as_ref().unwrap_or(&scope.region);
        let vpc = types::Vpc::builder().vpc_id(self.vpc.get().as_str());
        vpc.vpc_region(VpcRegion::from(region.as_str())).build()
    }
}

impl Zone {
    /// What is there, with the regions that the program says of its VPCs though they are the zone's own.
    fn live(&self, found: &Found) -> Live<ZoneOutputs> {
        let scope = self.scope.get();
        let mut there = live(scope, found);
        let vpcs = there.fields["vpcs"].as_array_mut().into_iter().flatten();
        for vpc in vpcs {
            let said = self.vpcs.iter().any(|one| {
                one.region.as_ref() == Some(&scope.region) && to_json(&one.vpc) == vpc["vpc"]
            });
            if said && vpc.get("region").is_none_or(Json::is_null) {
                vpc["region"] = scope.region.clone().into();
            }
        }
        there
    }

    fn see(&self, w: &Wanted<Self>, found: &[Found]) -> Seen<ZoneOutputs> {
        let own = |one: &&Found| match &w.outputs {
            Some(recorded) => recorded.id == one.zone_id() && tags::belongs(w, one.tags()),
            None => tags::owned(&w.owner, one.tags()) || is_new(&w.owner, one),
        };
        let own: Vec<_> = found.iter().filter(own).collect();
        match own[..] {
            [] => Seen::Absent,
            [one] => self.live(one).tagged(one.tags()).into(),
            _ => {
                let described = |one: &&Found| format!("{} ({})", one.zone_id(), one.says());
                Seen::Ambiguous(own.iter().map(described).collect())
            }
        }
    }

    async fn sync_tags(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let (set, remove) = tags::to_change(cx, found.tags(), &self.tags);
        if set.is_empty() && remove.is_empty() {
            return Ok(());
        }
        let set = set.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let some = |list: Vec<Tag>| Some(list).filter(|list| !list.is_empty());
        let call = aws.route53.change_tags_for_resource();
        let call = call.resource_type(TagResourceType::Hostedzone).resource_id(found.zone_id());
        let call = call.set_add_tags(some(set.collect()));
        let call = call.set_remove_tag_keys(Some(remove).filter(|keys| !keys.is_empty()));
        call.send().await.map_err(fault("route53:ChangeTagsForResource")).map(drop)
    }

    /// One that comes is let in before one goes: the last one cannot be sent away.
    async fn sync_vpcs(&self, cx: &StepCx, aws: &Clients, found: &Found) -> Result<()> {
        let (scope, id) = (self.scope.get(), found.zone_id());
        let wanted: Vec<_> = self.vpcs.iter().map(|vpc| vpc.to_api(scope)).collect();
        let mut changes = Vec::new();
        for vpc in wanted.iter().filter(|vpc| !found.vpcs.contains(vpc)) {
            let call = aws.route53.associate_vpc_with_hosted_zone().hosted_zone_id(id);
            let call = call.vpc(vpc.clone()).send().await;
            match call.map_err(fault("route53:AssociateVPCWithHostedZone")) {
                Ok(made) => changes.extend(made.change_info),
                // The answer may have been lost, and the call repeated.
                Err(fault) if fault.is("ConflictingDomainExists") => {
                    let there = get(aws, id).await?.is_some_and(|found| found.vpcs.contains(vpc));
                    if !there {
                        return Err(fault.hint("a VPC sees one zone of a name: see the others with `aws route53 list-hosted-zones-by-vpc`"));
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        for vpc in found.vpcs.iter().filter(|vpc| !wanted.contains(vpc)) {
            let call = aws.route53.disassociate_vpc_from_hosted_zone().hosted_zone_id(id);
            let call = call.vpc(vpc.clone()).send().await;
            let made = absent(call.map_err(fault("route53:DisassociateVPCFromHostedZone")))?;
            changes.extend(made.and_then(|made| made.change_info));
        }
        for change in changes {
            in_sync(cx, aws, change.id()).await?;
        }
        Ok(())
    }
}

/// What the create says of whose the zone is, as it takes no tags; the token follows.
fn reference(owner: &Owner) -> String {
    let address: String = owner.address.to_string().chars().take(40).collect();
    format!("{}:{address}:{}:", owner.lineage, owner.generation)
}

/// Whether a zone was made for this owner and could not be marked yet.
fn is_new(owner: &Owner, found: &Found) -> bool {
    found.tags.is_empty() && found.zone.caller_reference().starts_with(&reference(owner))
}

fn outputs(scope: &Scope, zone: &types::HostedZone, name_servers: Vec<String>) -> ZoneOutputs {
    let id = short(zone.id());
    // A private zone is answered for in its VPCs; a create names servers all the same.
    let private = zone.config().is_some_and(HostedZoneConfig::private_zone);
    let name_servers = if private { Vec::new() } else { name_servers };
    ZoneOutputs {
        id: id.to_owned(),
        arn: format!("arn:{}:route53:::hostedzone/{id}", scope.partition).into(),
        name: plain(zone.name()),
        name_servers,
    }
}

fn live(scope: &Scope, found: &Found) -> Live<ZoneOutputs> {
    let vpc = |vpc: &types::Vpc| {
        let region = vpc.vpc_region().map(VpcRegion::as_str).filter(|one| *one != scope.region);
        let vpc = ZoneVpc {
            vpc: VpcId::from(vpc.vpc_id().unwrap_or_default()).into(),
            region: region.map(str::to_owned),
        };
        to_json(&vpc)
    };
    let comment = found.zone.config().and_then(|config| config.comment());
    let fields = json!({
        "private": found.is_private(),
        "vpcs": found.vpcs.iter().map(vpc).collect::<Vec<_>>(),
        "comment": comment.filter(|comment| !comment.is_empty()),
        "tags": tags::managed(found.tags()),
    });
    Live::new(outputs(scope, &found.zone, found.name_servers.clone()), fields)
}

fn not_empty(fault: Fault, id: &str) -> Fault {
    if !fault.is("HostedZoneNotEmpty") {
        return fault;
    }
    fault.hint(format!(
        "apply it with `force_destroy` first, if its records may go; see them: `aws route53 list-resource-record-sets --hosted-zone-id {id}`"
    ))
}
