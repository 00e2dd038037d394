//! `route53.record`: what a name in a zone stands for.

use super::{
    REACH, check_name, in_sync, plain,
    record_form::{change, fields, list},
};
use crate::{CxAws, Scope, fault::absent, settle::until_visible, taking::keyed};
use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet};
use groundplan_core::{
    Class, Cx, DangerKind, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta,
    Naming, Ownership, Problems, Resource, Result, Risk, Seen, StepCx, Transition, Typical, Val,
    Wanted, to_json,
};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What a name in a zone stands for: values, or an alias of something of AWS.
///
/// It never takes the place of a record that is there already. Several records of one name and type share
/// the answers by weight, latency or health, each with a set identifier of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The account of the zone.
    pub scope: Val<Scope>,
    /// The zone's id.
    pub zone: Val<String>,
    /// The whole name, e.g. `data.example.com` or `*.data.example.com`.
    pub name: Val<String>,
    /// The type.
    pub record_type: RecordType,
    /// For how many seconds whoever asked keeps the answer; an alias has that of its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// The values, in any order; those of TXT in double quotes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Val<String>>,
    /// What it is an alias of, in place of values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Alias>,
    /// What tells it from others of its name and type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_id: Option<String>,
    /// Its part of the answers, out of the sum of all of them; 0 to 255.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u8>,
    /// The region that it is for: whoever asks gets the one that answers fastest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_region: Option<String>,
    /// Which of two it is, where the second answers once the first is not healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<Failover>,
    /// The id of the health check without which it is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<String>,
}

/// What a record is an alias of, such as a load balancer. Asking for it costs nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alias {
    /// The DNS name of what it is an alias of.
    pub name: Val<String>,
    /// The zone that AWS has it in, which is not that of the record.
    pub zone: Val<String>,
    /// Whether it is no answer while its target is not healthy.
    pub evaluate_health: bool,
}

/// Which of two a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Failover {
    /// The answer while it is healthy.
    Primary,
    /// The answer else.
    Secondary,
}

/// The type of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Who may issue certificates.
    Caa,
    /// Another name.
    Cname,
    /// Who takes mail.
    Mx,
    /// Who answers for a zone below.
    Ns,
    /// The name of an address.
    Ptr,
    /// Where a service is.
    Srv,
    /// Texts.
    Txt,
}

impl Record {
    /// Values that are kept for five minutes.
    pub fn new(
        scope: Val<Scope>,
        zone: Val<String>,
        name: impl Into<Val<String>>,
        record_type: RecordType,
        values: Vec<Val<String>>,
    ) -> Self {
        Self {
            scope,
            zone,
            name: name.into(),
            record_type,
            ttl: Some(300),
            values,
            alias: None,
            set_id: None,
            weight: None,
            latency_region: None,
            failover: None,
            health_check: None,
        }
    }

    /// An alias of something of AWS.
    pub fn alias(
        scope: Val<Scope>,
        zone: Val<String>,
        name: impl Into<Val<String>>,
        record_type: RecordType,
        alias: Alias,
    ) -> Self {
        let record = Self::new(scope, zone, name, record_type, Vec::new());
        Self { ttl: None, alias: Some(alias), ..record }
    }
}

groundplan_core::outputs! {
    /// What a [`Record`] gives.
    pub struct RecordOutputs -> RecordHandle {
        /// The whole name, without a dot at the end.
        name: String,
    } later {
        /// The change that name servers may not answer with yet; none once all of them do.
        change: String,
    }
}

impl Resource for Record {
    const KIND: &'static str = "route53.record";
    const META: Meta = Meta {
        immutable: &["scope.account", "zone", "name", "record_type", "set_id"],
        volatile: &["change"],
        sets: &["values"],
        place: &["scope", "zone"],
        reach: REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        // Two of one name, type and set cannot be.
        coexists: false,
        iam: Iam {
            holes: &[("zone", Hole::Input("zone"))],
            observe: &["route53:ListResourceRecordSets"],
            create: &[
                "route53:ListResourceRecordSets",
                "route53:ChangeResourceRecordSets",
                "route53:GetChange",
            ],
            converge: &[
                "route53:ListResourceRecordSets",
                "route53:ChangeResourceRecordSets",
                "route53:GetChange",
            ],
            delete: &[
                "route53:ListResourceRecordSets",
                "route53:ChangeResourceRecordSets",
                "route53:GetChange",
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(40, 40, 40),
        ..Meta::DEFAULT
    };
    type Outputs = RecordOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = self.name.known() {
            check_name(problems, "name", name);
        }
        self.check_answer(problems);
        let routed =
            [self.weight.is_some(), self.latency_region.is_some(), self.failover.is_some()];
        let ways = routed.iter().filter(|way| **way).count();
        let one = "one of `weight`, `latency_region` and `failover` goes with a `set_id`, and none without";
        problems.require(ways == usize::from(self.set_id.is_some()), "set_id", one);
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        let answers = ["values", "alias"].iter().any(|field| change.changes(field).is_some());
        let what =
            "whoever asks gets another answer, and some the old one for as long as its `ttl` says";
        answers.then(|| Risk::new(DangerKind::Downtime, what)).into_iter().collect()
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<RecordOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws, first.inputs.zone.get()).await?.unwrap_or_default();
        let see = |w: &Wanted<Self>| match listed.iter().find(|set| w.inputs.is(set)) {
            // Where only the intent is recorded, one that says something else is not the one we made.
            Some(set) if w.taking || w.outputs.is_some() || w.inputs.says(set) => {
                Live::new(w.inputs.outputs(None), w.inputs.live(set)).into()
            }
            _ => Seen::Absent,
        };
        Ok(wanted.iter().map(see).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<RecordOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let zone = self.zone.get();
        let there = list(&aws, zone).await?.unwrap_or_default();
        if there.iter().any(|set| self.is(set)) {
            return Err(self.not_ours());
        }
        match change(&aws, zone, ChangeAction::Create, vec![self.to_api()]).await {
            Ok(change) => Ok(self.outputs(Some(change))),
            Err(fault) if is_there_already(&fault) => {
                // The answer may have been lost, and the call repeated.
                let there = list(&aws, zone).await?.unwrap_or_default();
                let own = there.iter().any(|set| self.is(set) && self.says(set));
                if own { Ok(self.outputs(None)) } else { Err(self.not_ours()) }
            }
            Err(fault) => Err(fault),
        }
    }

    /// The zone's id, the name and the type, e.g. `Z0123_data.example.com_A`; with the set's identifier
    /// if it has one.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<RecordOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs(None))
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        let (zone, name) = (self.zone.get(), plain(self.name.get()));
        let set = self.set_id.as_ref().map(|set| format!("_{set}")).unwrap_or_default();
        Some(format!("{zone}_{name}_{}{set}", self.record_type.as_str()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: RecordOutputs,
        approved: &Fields,
    ) -> Result<RecordOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let zone = self.zone.get();
        let read = async || {
            let listed = list(&aws, zone).await?.unwrap_or_default();
            Ok(listed.into_iter().find(|set| self.is(set)))
        };
        let there = until_visible(cx, "the record to be listed", read).await?;
        let mut pending = live.change;
        if let Some(set) = self.merged(&there, approved) {
            pending = Some(change(&aws, zone, ChangeAction::Upsert, vec![set]).await?);
        }
        if let Some(change) = pending {
            in_sync(cx, &aws, &change).await?;
        }
        Ok(self.outputs(None))
    }

    async fn delete(&self, cx: &StepCx, _live: &RecordOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        let zone = self.zone.get();
        let listed = list(&aws, zone).await?.unwrap_or_default();
        // The call has to say all that is there.
        let Some(set) = listed.into_iter().find(|set| self.is(set)) else { return Ok(()) };
        let change = absent(change(&aws, zone, ChangeAction::Delete, vec![set]).await)?;
        match change {
            Some(change) => in_sync(cx, &aws, &change).await,
            None => Ok(()),
        }
    }
}

/// The fields that one call writes together.
const WRITTEN: [&str; 7] =
    ["ttl", "values", "alias", "weight", "latency_region", "failover", "health_check"];

impl Record {
    fn outputs(&self, change: Option<String>) -> RecordOutputs {
        RecordOutputs { name: plain(self.name.get()), change }
    }

    /// Whether a live record says what is wanted.
    fn says(&self, set: &ResourceRecordSet) -> bool {
        crate::merge::merged(self, &normal(fields(set)), &WRITTEN, &Fields::All).is_none()
    }

    /// What to write so that what is approved is as it is wanted; none if it is.
    fn merged(&self, there: &ResourceRecordSet, approved: &Fields) -> Option<ResourceRecordSet> {
        let live = normal(fields(there));
        let wanted = crate::merge::merged(self, &live, &WRITTEN, approved)?;
        Some(wanted.to_api())
    }

    fn not_ours(&self) -> Fault {
        let (zone, name) = (self.zone.get(), plain(self.name.get()));
        let sort = self.record_type.as_str();
        let what = format!(
            "the zone {zone} has a record `{name}` of type {sort} that is not this resource's"
        );
        let id = self.key(None).unwrap_or_default();
        Fault::new(Class::NotOurs, what)
            .why("another resource, tool or person made it")
            .hint(format!("take it up with `apply import ADDRESS {id}`, or delete it"))
    }

    /// Checks what it answers with.
    fn check_answer(&self, problems: &mut Problems) {
        if self.alias.is_some() {
            problems.require(self.values.is_empty(), "values", "an alias has none");
            problems.require(self.ttl.is_none(), "ttl", "an alias has that of its target");
            problems.require(
                self.record_type != RecordType::Ns,
                "record_type",
                "no alias is an NS",
            );
        } else {
            let some = "name one at least, or an `alias`";
            problems.require(!self.values.is_empty(), "values", some);
            problems.require(self.ttl.is_some(), "ttl", "values need one, e.g. 300");
        }
        let single = self.record_type != RecordType::Cname || self.values.len() <= 1;
        problems.require(single, "values", "a CNAME has one value");
        for (number, value) in self.values.iter().enumerate() {
            let Some(value) = value.known() else { continue };
            if let Some(rule) = self.refused(value) {
                problems.add(format!("values[{number}]"), format!("`{value}` {rule}"));
            }
        }
    }

    /// What is there; the name of an alias as the program spells it, if it is that one.
    fn live(&self, set: &ResourceRecordSet) -> Json {
        let mut fields = fields(set);
        if let Some(name) = self.alias.as_ref().and_then(|alias| alias.name.known())
            && fields["alias"]["name"].as_str() == Some(&plain(name))
        {
            fields["alias"]["name"] = name.as_str().into();
        }
        fields
    }

    /// Why a value is none of its type.
    fn refused(&self, value: &str) -> Option<&'static str> {
        let words = value.split_whitespace().count();
        let (fits, rule) = match self.record_type {
            RecordType::A => (value.parse::<Ipv4Addr>().is_ok(), "is no IPv4 address"),
            RecordType::Aaaa => (value.parse::<Ipv6Addr>().is_ok(), "is no IPv6 address"),
            RecordType::Txt => {
                let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
                let long = value.split('"').skip(1).step_by(2).any(|text| text.len() > 255);
                match (quoted, long) {
                    (true, true) => {
                        (false, "has a text of over 255 characters: make it several, `\"…\" \"…\"`")
                    }
                    (quoted, _) => (quoted, "has no double quotes around it"),
                }
            }
            RecordType::Mx => (words == 2, "is not `PRIORITY NAME`, e.g. `10 mail.example.com`"),
            RecordType::Srv => (words == 4, "is not `PRIORITY WEIGHT PORT NAME`"),
            RecordType::Caa => {
                (words >= 3, "is not `FLAGS TAG \"VALUE\"`, e.g. `0 issue \"amazon.com\"`")
            }
            RecordType::Cname | RecordType::Ns | RecordType::Ptr => (words == 1, "is no name"),
        };
        (!fits).then_some(rule)
    }
}

/// Live fields as inputs are written: what is not given is left out.
fn normal(mut fields: Json) -> Json {
    if let Some(map) = fields.as_object_mut() {
        map.remove("other");
        map.retain(|_, value| !value.is_null());
    }
    to_json(&fields)
}

/// `InvalidChangeBatch: … but it already exists`
fn is_there_already(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default();
    fault.is("InvalidChangeBatch") && why.contains("already exists")
}
