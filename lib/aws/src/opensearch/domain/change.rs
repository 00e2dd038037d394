//! Makes, changes and deletes search domains.

use super::{
    Domain, DomainOutputs,
    observe::{describe, fields, leaving, outputs, pairs, read_tags},
    request::{endpoint, explain, patiently, tag_list, under_way},
    upgrade::upgrade,
    wait::{settled, through},
};
use crate::{
    Clients, CxAws,
    fault::{absent, fault, incomplete},
    tags,
};
use aws_sdk_opensearch::types::{
    DomainStatus, EncryptionAtRestOptions, NodeToNodeEncryptionOptions,
};
use groundplan_core::{Class, Fault, Fields, Json, Patience, Probe, Result, StepCx, to_json};
use std::collections::BTreeSet;

/// What `UpdateDomainConfig` can change of this kind, field by field. The last two are no inputs, see
/// `observe`.
pub(super) const CONFIG: [&str; 13] = [
    "instance_type",
    "instance_count",
    "dedicated_masters",
    "volume_gib",
    "subnets",
    "security_groups",
    "access_policy",
    "logs",
    "off_peak_start",
    "auto_software_update",
    "auto_tune",
    "enforce_https",
    "tls_policy",
];

/// Those that a domain can be without.
const OPTIONAL: [&str; 3] = ["dedicated_masters", "logs", "auto_software_update"];

pub(super) async fn create(domain: &Domain, cx: &StepCx) -> Result<DomainOutputs> {
    let action = "es:CreateDomain";
    let aws = cx.aws(domain.scope.get()).await?;
    // CreateDomain may change a domain of that name instead of refusing.
    if let Some(there) = describe(&aws, cx.name()).await? {
        return ours(&aws, cx, &there).await;
    }
    let key = domain.kms_key.as_ref().map(|key| key.get().to_string());
    let rest = EncryptionAtRestOptions::builder().enabled(true).set_kms_key_id(key).build();
    let create = || async {
        let call = aws
            .opensearch
            .create_domain()
            .domain_name(cx.name())
            .engine_version(&domain.engine_version)
            .cluster_config(domain.cluster())
            .ebs_options(domain.volume())
            .vpc_options(domain.network())
            .encryption_at_rest_options(rest.clone())
            .node_to_node_encryption_options(
                NodeToNodeEncryptionOptions::builder().enabled(true).build(),
            )
            .domain_endpoint_options(endpoint())
            .set_access_policies(domain.access_policy.as_ref().map(|p| p.get().clone()))
            .set_log_publishing_options(Some(domain.logs.options(None)))
            .set_off_peak_window_options(domain.off_peak())
            .software_update_options(domain.updates())
            .set_auto_tune_options(domain.first_tuning())
            .set_tag_list(Some(tag_list(cx.tags(&domain.tags))?));
        call.send().await.map_err(fault(action))
    };
    match patiently(cx, create).await {
        Ok(made) => {
            Ok(outputs(made.domain_status().ok_or_else(|| incomplete(action, "DomainStatus"))?))
        }
        Err(fault) if fault.class == Class::Exists => match describe(&aws, cx.name()).await? {
            Some(there) => ours(&aws, cx, &there).await,
            None => Err(fault),
        },
        Err(fault) => Err(explain(fault)),
    }
}

/// The domain that has our name already, if it is ours: an earlier create's answer was lost.
async fn ours(aws: &Clients, cx: &StepCx, there: &DomainStatus) -> Result<DomainOutputs> {
    let name = cx.name();
    let tags = read_tags(aws, there).await?;
    if !tags::owned(cx.owner(), pairs(&tags)) {
        let what = format!("the existing domain `{name}`");
        return Err(tags::not_ours(&what, pairs(&tags)).hint("give the resource another `name`"));
    }
    if leaving(there) {
        let what = format!("the domain `{name}` from before is still being deleted");
        return Err(
            Fault::new(Class::InUse, what).hint("run the same command again when it is gone")
        );
    }
    Ok(outputs(there))
}

pub(super) async fn converge(
    domain: &Domain,
    cx: &StepCx,
    live: DomainOutputs,
    approved: &Fields,
) -> Result<DomainOutputs> {
    let aws = cx.aws(domain.scope.get()).await?;
    let there = settled(cx, &aws, &live.name).await?;
    if approved.has("tags") {
        sync_tags(domain, cx, &aws, &there).await?;
    }
    let asked = differing(domain, &there, approved);
    let upgrades = approved.has("engine_version")
        && there.engine_version() != Some(domain.engine_version.as_str());
    if !asked.is_empty() {
        update(&domain.only(approved, &there), cx, &aws, &there, &asked).await?;
    }
    if upgrades {
        upgrade(domain, cx, &aws, &there).await?;
    }
    if asked.is_empty() && !upgrades {
        return Ok(outputs(&there));
    }
    Ok(outputs(&settled(cx, &aws, &live.name).await?))
}

/// The approved fields that are not as desired.
fn differing(domain: &Domain, there: &DomainStatus, approved: &Fields) -> BTreeSet<&'static str> {
    let (desired, there) = (to_json(domain), fields(there, Some(domain)));
    let value = |of: &Json| match of {
        Json::Array(items) => {
            let items: BTreeSet<_> = items.iter().map(Json::to_string).collect();
            to_json(&items)
        }
        other => other.clone(),
    };
    let differs = |field: &&str| value(&desired[*field]) != value(&there[*field]);
    CONFIG.into_iter().filter(|field| approved.has(field)).filter(differs).collect()
}

/// Changes what is asked, and nothing else.
async fn update(
    domain: &Domain,
    cx: &StepCx,
    aws: &Clients,
    there: &DomainStatus,
    asked: &BTreeSet<&'static str>,
) -> Result<()> {
    let name = there.domain_name();
    let any = |fields: &[&str]| fields.iter().any(|field| asked.contains(field));
    let send = || async {
        let mut call = aws.opensearch.update_domain_config().domain_name(name);
        // How many zones there are follows from the subnets.
        if any(&["instance_type", "instance_count", "dedicated_masters", "subnets"]) {
            call = call.cluster_config(domain.cluster());
        }
        if any(&["volume_gib"]) {
            call = call.ebs_options(domain.volume());
        }
        if any(&["subnets", "security_groups"]) {
            call = call.vpc_options(domain.network());
        }
        if any(&["access_policy"]) {
            call = call.set_access_policies(domain.access_policy.as_ref().map(|p| p.get().clone()));
        }
        if any(&["logs"]) {
            call = call.set_log_publishing_options(Some(domain.logs.options(Some(there))));
        }
        if any(&["off_peak_start"]) {
            call = call.set_off_peak_window_options(domain.off_peak());
        }
        if any(&["auto_software_update"]) {
            call = call.software_update_options(domain.updates());
        }
        if any(&["auto_tune"]) {
            call = call.set_auto_tune_options(domain.next_tuning());
        }
        if any(&["enforce_https", "tls_policy"]) {
            call = call.domain_endpoint_options(endpoint());
        }
        call.send().await.map_err(fault("es:UpdateDomainConfig"))
    };
    let made = patiently(cx, send).await.map_err(explain)?;
    let change = made.domain_config().and_then(|config| config.change_progress_details());
    match change.and_then(|change| change.change_id()) {
        Some(change) => through(cx, aws, name, change).await,
        None => Ok(()),
    }
}

async fn sync_tags(
    domain: &Domain,
    cx: &StepCx,
    aws: &Clients,
    there: &DomainStatus,
) -> Result<()> {
    let live = read_tags(aws, there).await?;
    let (set, remove) = tags::to_change(cx, pairs(&live), &domain.tags);
    if !set.is_empty() {
        let call = aws.opensearch.add_tags().arn(there.arn()).set_tag_list(Some(tag_list(set)?));
        call.send().await.map_err(fault("es:AddTags"))?;
    }
    if !remove.is_empty() {
        let call = aws.opensearch.remove_tags().arn(there.arn()).set_tag_keys(Some(remove));
        call.send().await.map_err(fault("es:RemoveTags"))?;
    }
    Ok(())
}

pub(super) async fn delete(domain: &Domain, cx: &StepCx, live: &DomainOutputs) -> Result<()> {
    let aws = cx.aws(domain.scope.get()).await?;
    let name = live.name.as_str();
    let Some(there) = describe(&aws, name).await? else { return Ok(()) };
    let tags = read_tags(&aws, &there).await?;
    let ours = tags::require_ours(cx.owner(), &format!("the domain `{name}`"), pairs(&tags));
    if let Err(not_ours) = ours {
        // One that an earlier run deleted can go between the two reads, and its tags with it.
        let gone = describe(&aws, name).await?.is_none();
        return if gone { Ok(()) } else { Err(not_ours) };
    }
    if !leaving(&there) {
        // A change that is under way is waited for.
        let delete = || async {
            let call = aws.opensearch.delete_domain().domain_name(name).send().await;
            absent(call.map_err(fault("es:DeleteDomain"))).map(drop)
        };
        cx.retry(Patience::HOUR, |f| f.class == Class::InUse || under_way(f), delete).await?;
    }
    cx.wait(Patience::HOUR, "the domain to be gone", || async {
        Ok(match describe(&aws, name).await? {
            None => Probe::Ready(()),
            Some(_) => Probe::not_yet("being deleted"),
        })
    })
    .await
}

impl Domain {
    /// This domain, with what is there in each field that is not approved: the API takes some of them
    /// only together.
    fn only(&self, approved: &Fields, there: &DomainStatus) -> Self {
        let (mut wish, mut is) = (to_json(self), fields(there, Some(self)));
        for field in CONFIG.into_iter().filter(|field| !approved.has(field)) {
            if !is[field].is_null() {
                wish[field] = is[field].take();
            } else if OPTIONAL.contains(&field)
                && let Some(wish) = wish.as_object_mut()
            {
                wish.remove(field);
            }
        }
        serde_json::from_value(wish).expect("BUG: live fields have the form of the inputs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opensearch::domain::request::{ids, tests::domain};
    use aws_sdk_opensearch::types::{
        ClusterConfig, OpenSearchPartitionInstanceType as Type, VpcDerivedInfo,
    };

    #[test]
    fn a_field_that_is_not_approved_is_sent_as_it_is() {
        let there = DomainStatus::builder()
            .domain_id("1/x")
            .domain_name("x")
            .arn("arn")
            .cluster_config(
                ClusterConfig::builder()
                    .instance_type(Type::from("r7g.xlarge.search"))
                    .instance_count(4)
                    .build(),
            )
            .vpc_options(VpcDerivedInfo::builder().subnet_ids("subnet-9").build())
            .build()
            .unwrap();
        let approved = Fields::Only(["instance_type".to_owned()].into());
        let sent = domain(2).only(&approved, &there);
        assert_eq!((sent.instance_type.as_str(), sent.instance_count), ("r7g.large.search", 4));
        assert_eq!(ids(&sent.subnets), ["subnet-9"]);
        assert_eq!(differing(&domain(2), &there, &approved), ["instance_type"].into());
    }
}
