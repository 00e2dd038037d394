//! `kafka.scram_secret`: lets the user of a secret sign in to a Kafka cluster.

use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::{each, pages},
    scope,
    settle::{until_gone, until_visible},
    taking::keyed,
};
use aws_sdk_kafka::types::UnprocessedScramSecret;
use groundplan_core::{
    Class, Cx, DangerKind, Fault, Fields, Hole, Iam, Identity, Live, LostCreate, Meta, Naming,
    Ownership, Patience, Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition,
    Typical, Val, Wanted, is_known, json,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A user of a cluster that has [`SignIn::scram`](super::SignIn::scram): the `username` and `password` of a secret
/// in the same account and region.
///
/// MSK takes a secret only if its name begins with `AmazonMSK_` and a key of the account encrypts it, not AWS' own:
/// <https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-tutorial.html>. It puts a policy on the
/// secret, and sees a new password by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScramSecret {
    /// The account and region of the cluster.
    pub scope: Val<Scope>,
    /// The cluster's ARN.
    pub cluster: Val<Arn>,
    /// The secret's ARN.
    pub secret: Val<Arn>,
}

impl ScramSecret {
    /// The user of a secret.
    pub fn new(scope: Val<Scope>, cluster: Val<Arn>, secret: Val<Arn>) -> Self {
        Self { scope, cluster, secret }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`ScramSecret`].
    pub struct ScramSecretOutputs -> ScramSecretHandle {
        /// The cluster's ARN.
        cluster: Arn,
        /// The secret's ARN.
        secret: Arn,
    }
}

const ASSOCIATE: &str = "kafka:BatchAssociateScramSecret";
const DISASSOCIATE: &str = "kafka:BatchDisassociateScramSecret";

impl Resource for ScramSecret {
    const KIND: &'static str = "kafka.scram_secret";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "cluster", "secret"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("ListScramSecrets takes one cluster"),
        iam: Iam {
            // The key is that of the secret, which nothing here names.
            holes: &[("of", Hole::Input("cluster")), ("grant", Hole::Text("true"))],
            observe: &["kafka:ListScramSecrets"],
            create: &["kafka:ListScramSecrets", ASSOCIATE, "kms:CreateGrant", "kms:RetireGrant"],
            converge: &["kafka:ListScramSecrets"],
            delete: &[DISASSOCIATE, "kafka:ListScramSecrets", "kms:RetireGrant"],
            ..Iam::NONE
        },
        typical: Typical::seconds(20, 1, 20),
        ..Meta::DEFAULT
    };
    type Outputs = ScramSecretOutputs;

    fn validate(&self, problems: &mut Problems) {
        let name = self.secret.known().and_then(|arn| arn.as_str().split(":secret:").nth(1));
        if let Some(name) = name.filter(|name| !name.starts_with("AmazonMSK_")) {
            let what =
                format!("MSK takes no secret `{name}`: its name has to begin with `AmazonMSK_`");
            problems.add("secret", what);
        }
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        if change.goes().is_some() {
            let what = "who signs in so is refused from then on";
            return vec![Risk::new(DangerKind::Downtime, what)];
        }
        let new =
            change.before.is_none() && change.after.is_some_and(|it| is_known(&it["cluster"]));
        let what = "who knows its password may newly sign in to the cluster";
        new.then(|| Risk::new(DangerKind::Widening, what)).into_iter().collect()
    }

    /// One listing for each cluster, however many of its users are wanted.
    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<ScramSecretOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        let clusters: BTreeSet<_> = wanted.iter().map(|w| w.inputs.cluster.get()).collect();
        let listed = each(clusters.iter().copied(), |cluster| list(&aws, cluster)).await?;
        let listed: BTreeMap<_, _> = clusters.into_iter().zip(listed).collect();
        let look = |w: &Wanted<Self>| {
            let there = listed[w.inputs.cluster.get()].contains(w.inputs.secret.get());
            if there { Live::new(w.inputs.outputs(), json!({})).into() } else { Seen::Absent }
        };
        Ok(wanted.iter().map(look).collect())
    }

    async fn create(&self, cx: &StepCx) -> Result<ScramSecretOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // It would succeed again, and has no mark that says whose it is.
        if self.find(&aws).await?.is_some() {
            let what = format!("the cluster knows the user of {} already", self.secret.get());
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person associated it")
                .hint("remove this resource from the program, or disassociate the secret"));
        }
        let associate = || async {
            let call =
                aws.kafka.batch_associate_scram_secret().cluster_arn(self.cluster.get().as_str());
            let call = call.secret_arn_list(self.secret.get().as_str()).send().await;
            let answer = call.map_err(fault(ASSOCIATE))?;
            let done = processed(ASSOCIATE, answer.unprocessed_scram_secrets());
            // A call whose answer was lost is sent again.
            if done.is_err() && self.find(&aws).await?.is_some() { Ok(()) } else { done }
        };
        cx.retry(Patience::HOUR, busy, associate).await?;
        Ok(self.outputs())
    }

    /// The ARNs of cluster and secret: `arn:…#arn:…`.
    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<ScramSecretOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(format!("{}#{}", self.cluster.get(), self.secret.get()))
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: ScramSecretOutputs,
        _approved: &Fields,
    ) -> Result<ScramSecretOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        until_visible(cx, "the secret to be listed with the cluster", || self.find(&aws)).await?;
        Ok(live)
    }

    async fn delete(&self, cx: &StepCx, _live: &ScramSecretOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        // A secret that is not associated is an error to the call, so it is asked for first.
        if self.find(&aws).await?.is_none() {
            return Ok(());
        }
        let disassociate = || async {
            let call = aws.kafka.batch_disassociate_scram_secret();
            let call = call.cluster_arn(self.cluster.get().as_str());
            let call = call.secret_arn_list(self.secret.get().as_str()).send().await;
            let Some(answer) = absent(call.map_err(fault(DISASSOCIATE)))? else { return Ok(()) };
            let done = processed(DISASSOCIATE, answer.unprocessed_scram_secrets());
            if done.is_err() && self.find(&aws).await?.is_none() { Ok(()) } else { done }
        };
        cx.retry(Patience::HOUR, busy, disassociate).await?;
        until_gone(cx, "the secret to be off the cluster", || self.find(&aws)).await
    }
}

impl ScramSecret {
    fn outputs(&self) -> ScramSecretOutputs {
        let (cluster, secret) = (self.cluster.get().clone(), self.secret.get().clone());
        ScramSecretOutputs { cluster, secret }
    }

    async fn find(&self, aws: &Clients) -> Result<Option<()>> {
        Ok(list(aws, self.cluster.get()).await?.contains(self.secret.get()).then_some(()))
    }
}

/// The secrets of a cluster; none if the whole cluster is absent.
async fn list(aws: &Clients, cluster: &Arn) -> Result<BTreeSet<Arn>> {
    let call = aws.kafka.list_scram_secrets().cluster_arn(cluster.as_str());
    let found = pages("kafka:ListScramSecrets", call.into_paginator().items().send()).await;
    Ok(absent(found)?.unwrap_or_default().into_iter().map(Arn::from).collect())
}

/// A cluster takes one change at a time.
fn busy(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default();
    fault.class == Class::InUse
        || why.contains("not in ACTIVE state")
        || why.contains("in progress")
}

/// The call succeeds, and says of each secret that it did not take why.
fn processed(action: &str, left: &[UnprocessedScramSecret]) -> Result<()> {
    let Some(left) = left.first() else { return Ok(()) };
    let secret = left.secret_arn().unwrap_or("the secret");
    let what = format!("{action} did not take {secret}");
    let fault =
        Fault::new(Class::Invalid, what).why(left.error_message().unwrap_or("no reason given"));
    Err(fault.code(left.error_code().unwrap_or("Unprocessed")).hint(
        "its name has to begin with `AmazonMSK_`, a key of the account has to encrypt it, and it holds `username` and `password`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_not_taken_is_a_failure_with_its_reason() {
        assert!(processed(ASSOCIATE, &[]).is_ok());
        let left =
            UnprocessedScramSecret::builder().secret_arn("arn:x").error_code("InvalidSecretArn");
        let left = left.error_message("the default key encrypts it").build();
        let fault = processed(ASSOCIATE, &[left]).unwrap_err();
        assert!(fault.what.contains("arn:x") && fault.is("InvalidSecretArn"), "{fault}");
        assert_eq!(fault.why.as_deref(), Some("the default key encrypts it"));
        assert!(fault.hint.as_deref().unwrap().contains("AmazonMSK_"));
    }

    #[test]
    fn a_secret_of_a_name_that_msk_does_not_take_is_refused() {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let named = |name: &str| {
            let secret = format!("arn:aws:secretsmanager:eu-west-1:1:secret:{name}-a1b2c3");
            let user = ScramSecret::new(
                scope.clone(),
                Arn::from("arn:k").into(),
                Arn::from(secret).into(),
            );
            let mut problems = Problems::default();
            user.validate(&mut problems);
            problems.into_vec().len()
        };
        assert_eq!((named("AmazonMSK_hub"), named("hub")), (0, 1));
    }
}
