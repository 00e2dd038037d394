//! `kafka.topic`: a topic of a Kafka cluster. A kind of one's own: this file, and a line in a registry.

use groundplan::{
    Class, Cx, Fields, Iam, Live, LostCreate, Meta, Naming, Ownership, Patience, Probe, Problems,
    Resource, Result, Seen, StepCx, Typical, Val, Wanted,
    testing::{Object, SimCloud},
    to_json,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A topic of a Kafka cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Topic {
    /// The brokers, e.g. an output of the cluster's resource.
    pub brokers: Val<String>,
    /// The topic's name; unique in the cluster.
    pub name: String,
    /// The number of partitions. It can grow and never shrink.
    pub partitions: u32,
    /// For how many hours messages are kept.
    pub retention_hours: u32,
}

groundplan::outputs! {
    /// What Kafka assigned to a [`Topic`].
    pub(crate) struct TopicOutputs -> TopicHandle {
        /// The id, which no other topic ever gets.
        id: String,
        /// The name, for those who write and read.
        name: String,
    }
}

/// The client. This example talks to the simulated cloud; a real one holds an admin client.
fn kafka(cx: &Cx) -> &SimCloud {
    cx.extension()
}

impl Resource for Topic {
    const KIND: &'static str = "kafka.topic";
    const META: Meta = Meta {
        // Another cluster or name is another topic. Its messages do not move along.
        immutable: &["brokers", "name"],
        place: &["brokers"],
        // Topics carry no tags: one is ours because we recorded its cluster and name.
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        coexists: false,
        iam: Iam::NONE,
        typical: Typical::seconds(1, 1, 1),
        ..Meta::DEFAULT
    };
    type Outputs = TopicOutputs;

    fn validate(&self, problems: &mut Problems) {
        let letters = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let named = !self.name.is_empty() && self.name.chars().all(letters);
        problems.require(named, "name", "a topic has letters, digits, `.`, `_` and `-`");
        problems.require(self.partitions > 0, "partitions", "must be at least 1");
    }

    /// One listing answers for all topics of a cluster.
    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<TopicOutputs>>> {
        let listed = kafka(cx).list(Self::KIND).await?;
        let see = |wanted: &Wanted<Self>| {
            let found = listed.iter().find(|o| o.name.as_ref() == Some(&wanted.inputs.name));
            found.map_or(Seen::Absent, |object| {
                let name = wanted.inputs.name.clone();
                Live::new(TopicOutputs { id: object.id.clone(), name }, object.fields.clone())
                    .into()
            })
        };
        Ok(wanted.iter().map(see).collect())
    }

    /// The one creating call. A topic of that name that is there already is a fault.
    async fn create(&self, cx: &StepCx) -> Result<TopicOutputs> {
        let object = Object::new(Self::KIND, to_json(self), BTreeMap::new()).named(&self.name);
        let made = kafka(cx).create(None, object).await?;
        Ok(TopicOutputs { id: made.id, name: self.name.clone() })
    }

    /// Changes what the plan showed, and waits until every broker knows of it.
    async fn converge(
        &self,
        cx: &StepCx,
        live: TopicOutputs,
        approved: &Fields,
    ) -> Result<TopicOutputs> {
        let now = cx
            .wait(Patience::SECONDS, "the topic to show", || async {
                let found = kafka(cx).get(&live.id).await?;
                Ok(found.map_or_else(|| Probe::not_yet("not visible yet"), Probe::Ready))
            })
            .await?;
        if now.fields["partitions"].as_u64() > Some(self.partitions.into()) {
            let what = format!("`{}` has {} partitions", self.name, now.fields["partitions"]);
            return Err(groundplan::Fault::new(Class::Refused, what)
                .why("Kafka cannot take partitions away")
                .hint("keep the number, or make another topic"));
        }
        let change = |object: &mut Object| {
            for (field, value) in
                [("partitions", self.partitions), ("retention_hours", self.retention_hours)]
            {
                if approved.has(field) {
                    object.fields[field] = value.into();
                }
            }
        };
        kafka(cx).update(&live.id, change).await?;
        Ok(live)
    }

    /// Absence is success.
    async fn delete(&self, cx: &StepCx, live: &TopicOutputs) -> Result<()> {
        kafka(cx).delete(&live.id).await
    }
}
