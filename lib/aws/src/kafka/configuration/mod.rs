//! `kafka.configuration`: broker properties, in revisions that clusters name. `check` is what MSK would refuse.

mod check;

use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault, incomplete},
    found::{each, pages},
    scope,
};
use aws_sdk_kafka::{
    primitives::Blob,
    types::{Configuration as Listed, ConfigurationState},
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming, Ownership,
    Patience, Probe, Problems, ReadCost, Resource, Result, Seen, StepCx, Typical, Val, Wanted,
    When, json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Properties of Kafka brokers. A change makes another revision; a cluster gets it when its program refers
/// to [`ConfigurationHandle::revision`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Configuration {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Its name, at most 64 characters; from the resource's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people; of the newest revision.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The versions of Kafka that it is for; any if empty. Order means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kafka_versions: Vec<String>,
    /// Properties by name, as in `server.properties`.
    pub properties: BTreeMap<String, String>,
}

impl Configuration {
    /// Properties for brokers of any version.
    pub fn new(scope: Val<Scope>) -> Self {
        Self {
            scope,
            name: None,
            description: String::new(),
            kafka_versions: Vec::new(),
            properties: BTreeMap::new(),
        }
    }

    /// The same with a property.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.properties.insert(name.to_owned(), value.to_string());
        self
    }

    fn text(&self) -> Blob {
        let lines = self.properties.iter().map(|(name, value)| format!("{name}={value}\n"));
        Blob::new(lines.collect::<String>())
    }
}

groundplan_core::outputs! {
    /// What AWS assigned to a [`Configuration`].
    pub struct ConfigurationOutputs -> ConfigurationHandle {
        /// The ARN.
        arn: Arn,
        /// The name.
        name: String,
        /// The number of the newest revision.
        revision: i64,
    }
}

/// What a revision is made of.
const MEANING: [&str; 2] = ["description", "properties"];

impl Resource for Configuration {
    const KIND: &'static str = "kafka.configuration";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "name", "kafka_versions"],
        follows: &[("revision", &MEANING)],
        sets: &["kafka_versions"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::KeyAndValue,
        lost_create: LostCreate::UniqueName,
        naming: Naming::Derived { max: 64 },
        read_cost: ReadCost::Object(
            "ListConfigurations leaves out properties, DescribeConfigurationRevision takes one ARN",
        ),
        iam: Iam {
            object: "kafka:configuration",
            holes: &[("configuration", Hole::Name)],
            observe: &["kafka:ListConfigurations", "kafka:DescribeConfigurationRevision"],
            create: &[
                "kafka:CreateConfiguration",
                "kafka:DescribeConfiguration",
                "kafka:DescribeConfigurationRevision",
                "kafka:ListConfigurations",
            ],
            converge: &[
                "kafka:DescribeConfiguration",
                "kafka:DescribeConfigurationRevision",
                "kafka:UpdateConfiguration",
            ],
            delete: &["kafka:DescribeConfiguration", "kafka:DeleteConfiguration"],
            only: &[
                ("kafka:ListConfigurations", When::InTheWay),
                ("kafka:UpdateConfiguration", When::Changes(&MEANING)),
            ],
            ..Iam::NONE
        },
        typical: Typical::seconds(2, 2, 3),
        ..Meta::DEFAULT
    };
    type Outputs = ConfigurationOutputs;

    fn validate(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let sound = (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !name.starts_with('-');
            let rule = format!("`{name}` is no name: letters, digits and hyphens, no hyphen first");
            problems.require(sound, "name", rule);
        }
        check::properties(problems, &self.properties);
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ConfigurationOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let listed = list(&aws).await?;
        each(wanted, |w| see(&aws, &listed, w)).await
    }

    async fn create(&self, cx: &StepCx) -> Result<ConfigurationOutputs> {
        let action = "kafka:CreateConfiguration";
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws
            .kafka
            .create_configuration()
            .name(cx.name())
            .description(&self.description)
            .set_kafka_versions(Some(self.kafka_versions.clone()).filter(|all| !all.is_empty()))
            .server_properties(self.text());
        match call.send().await.map_err(fault(action)) {
            Ok(made) => {
                let arn = made.arn().ok_or_else(|| incomplete(action, "Arn"))?;
                let revision = made
                    .latest_revision()
                    .and_then(aws_sdk_kafka::types::ConfigurationRevision::revision);
                let name = cx.name().to_owned();
                Ok(ConfigurationOutputs { arn: arn.into(), name, revision: revision.unwrap_or(1) })
            }
            Err(fault) if taken(&fault) => self.ours(&aws, cx).await,
            Err(fault) => Err(fault),
        }
    }

    /// The name, or the ARN.
    async fn identify(&self, cx: &Cx, id: &str) -> Result<Option<Identity<ConfigurationOutputs>>> {
        let aws = cx.aws(self.scope.get()).await?;
        let listed = list(&aws).await?;
        let found = listed.iter().find(|one| one.name() == Some(id) || one.arn() == Some(id));
        Ok(found.map(|there| {
            let outputs = outputs(there);
            Identity::named(outputs.clone(), outputs.name)
        }))
    }

    fn key(&self, name: Option<&str>) -> Option<String> {
        name.map(str::to_owned)
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ConfigurationOutputs,
        approved: &Fields,
    ) -> Result<ConfigurationOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let there = cx
            .wait(Patience::SECONDS, "the configuration to be active", || async {
                Ok(match describe(&aws, &live.arn).await? {
                    Some(there) if there.state == Some(ConfigurationState::Active) => {
                        Probe::Ready(there)
                    }
                    Some(_) => Probe::not_yet("not active yet"),
                    None => Probe::not_yet("not visible yet"),
                })
            })
            .await?;
        let revision = newest(&there);
        let mut wish = self.clone();
        let now = properties(&aws, live.arn.as_str(), revision).await?.unwrap_or_default();
        if !approved.has("description") {
            wish.description = description(&there);
        }
        wish.properties.retain(|name, _| approved.has(&format!("properties.{name}")));
        let kept = now.iter().filter(|(name, _)| !approved.has(&format!("properties.{name}")));
        wish.properties.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
        if wish.properties == now && wish.description == description(&there) {
            return Ok(ConfigurationOutputs { revision, ..live });
        }
        let call = aws.kafka.update_configuration().arn(live.arn.as_str());
        let call = call.description(&wish.description).server_properties(wish.text());
        let made = call.send().await.map_err(fault("kafka:UpdateConfiguration"))?;
        let revision =
            made.latest_revision().and_then(aws_sdk_kafka::types::ConfigurationRevision::revision);
        let revision = revision
            .ok_or_else(|| incomplete("kafka:UpdateConfiguration", "LatestRevision.Revision"))?;
        // A cluster that names it is refused as long as it is not seen.
        cx.wait(Patience::SECONDS, "the revision to be visible", || async {
            let there = describe(&aws, &live.arn).await?;
            let seen = there.is_some_and(|there| newest(&there) >= revision);
            Ok(if seen { Probe::Ready(()) } else { Probe::not_yet("not visible yet") })
        })
        .await?;
        Ok(ConfigurationOutputs { revision, ..live })
    }

    async fn delete(&self, cx: &StepCx, live: &ConfigurationOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        // A cluster that was just deleted may hold it for a little longer.
        let delete = || async {
            let call = aws.kafka.delete_configuration().arn(live.arn.as_str()).send().await;
            gone_is_absent(call.map_err(fault("kafka:DeleteConfiguration"))).map(drop)
        };
        if describe(&aws, &live.arn).await?.is_none_or(|there| leaving(&there)) {
            return Ok(());
        }
        cx.retry(Patience::MINUTES, held, delete).await?;
        cx.wait(Patience::SECONDS, "the configuration to be gone", || async {
            Ok(match describe(&aws, &live.arn).await? {
                None => Probe::Ready(()),
                Some(_) => Probe::not_yet("being deleted"),
            })
        })
        .await
    }
}

impl Configuration {
    /// The configuration that has our name already, if it says what this one does: an earlier create's
    /// answer was lost. It has no tags that would tell whose it is.
    async fn ours(&self, aws: &Clients, cx: &StepCx) -> Result<ConfigurationOutputs> {
        let listed = list(aws).await?;
        if let Some(there) = listed.iter().find(|one| one.name() == Some(cx.name())) {
            let arn = there.arn().unwrap_or_default();
            if properties(aws, arn, newest(there)).await?.as_ref() == Some(&self.properties) {
                return Ok(outputs(there));
            }
        }
        let what = format!(
            "a configuration `{}` with other properties is there, and is not this resource's",
            cx.name()
        );
        Err(Fault::new(Class::NotOurs, what).hint("give the resource another `name`"))
    }
}

/// The name is another configuration's (`CreateConfiguration`, `ConflictException`).
fn taken(fault: &Fault) -> bool {
    fault.is("ConflictException")
}

/// A cluster uses it.
fn held(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default();
    fault.is("BadRequestException") && why.contains("in use")
}

fn leaving(there: &There) -> bool {
    there.state == Some(ConfigurationState::Deleting)
}

/// What both reads of a configuration answer with.
type There = Listed;

fn newest(there: &There) -> i64 {
    there
        .latest_revision()
        .and_then(aws_sdk_kafka::types::ConfigurationRevision::revision)
        .unwrap_or_default()
}

fn description(there: &There) -> String {
    let latest = there.latest_revision().and_then(|latest| latest.description());
    latest.unwrap_or_default().to_owned()
}

fn outputs(there: &There) -> ConfigurationOutputs {
    ConfigurationOutputs {
        arn: there.arn().unwrap_or_default().into(),
        name: there.name().unwrap_or_default().to_owned(),
        revision: newest(there),
    }
}

async fn see(
    aws: &Clients,
    listed: &[Listed],
    w: &Wanted<Configuration>,
) -> Result<Seen<ConfigurationOutputs>> {
    let is_it = |one: &&Listed| match &w.outputs {
        Some(recorded) => one.arn() == Some(recorded.arn.as_str()),
        None => one.name() == w.name.as_deref(),
    };
    let Some(there) = listed.iter().find(is_it) else { return Ok(Seen::Absent) };
    let read = properties(aws, there.arn().unwrap_or_default(), newest(there)).await?;
    let Some(properties) = read else { return Ok(Seen::Absent) };
    // Where only the intent is recorded, one that says something else is not the one we made.
    if w.outputs.is_none() && properties != w.inputs.properties {
        return Ok(Seen::Absent);
    }
    let fields = json!({
        "kafka_versions": there.kafka_versions(),
        "description": Some(description(there)).filter(|text| !text.is_empty()),
        "properties": properties,
    });
    Ok(Live::new(outputs(there), fields).leaving(leaving(there)).into())
}

async fn list(aws: &Clients) -> Result<Vec<Listed>> {
    let call = aws.kafka.list_configurations().into_paginator().items().send();
    pages("kafka:ListConfigurations", call).await
}

async fn describe(aws: &Clients, arn: &Arn) -> Result<Option<There>> {
    let call = aws.kafka.describe_configuration().arn(arn.as_str()).send().await;
    let found = gone_is_absent(call.map_err(fault("kafka:DescribeConfiguration")))?;
    Ok(found.map(|found| {
        There::builder()
            .set_arn(found.arn)
            .set_name(found.name)
            .set_description(found.description)
            .set_kafka_versions(found.kafka_versions)
            .set_latest_revision(found.latest_revision)
            .set_state(found.state)
            .build()
    }))
}

/// MSK answers 400 for an ARN of a configuration that was deleted.
fn gone_is_absent<T>(result: Result<T>) -> Result<Option<T>> {
    absent(result).or_else(|fault| {
        let why = fault.why.as_deref().unwrap_or_default();
        if fault.is("BadRequestException") && why.contains("does not exist") {
            return Ok(None);
        }
        Err(fault)
    })
}

/// The properties of a revision; none if it is gone.
async fn properties(
    aws: &Clients,
    arn: &str,
    revision: i64,
) -> Result<Option<BTreeMap<String, String>>> {
    let call = aws.kafka.describe_configuration_revision().arn(arn).revision(revision);
    let found = call.send().await.map_err(fault("kafka:DescribeConfigurationRevision"));
    let found = gone_is_absent(found)?.and_then(|found| found.server_properties);
    Ok(found.map(|text| parse(&String::from_utf8_lossy(text.as_ref()))))
}

fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration() -> Configuration {
        Configuration::new(Val::output(&"aws.account/main".parse().unwrap(), "scope"))
    }

    #[test]
    fn properties_are_read_as_they_were_written() {
        let it = configuration().with("num.partitions", 6).with("a.b", "x=y");
        let text = String::from_utf8(it.text().into_inner()).unwrap();
        assert_eq!(text, "a.b=x=y\nnum.partitions=6\n");
        assert_eq!(parse(&format!("# by hand\n{text}\n")), it.properties);
    }
}
