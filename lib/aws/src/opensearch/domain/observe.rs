//! What is there of a search domain.

use super::{Domain, DomainOutputs, logs, model::is_alias, policy, upkeep};
use crate::{
    Clients, CxAws,
    fault::{absent, fault},
    found::{Listed, Names, each, see_marked},
    tags,
};
use aws_sdk_opensearch::types::{
    ClusterConfig, DomainProcessingStatusType as Processing, DomainStatus, EbsOptions,
    OpenSearchPartitionInstanceType as Type, Tag, TlsSecurityPolicy, VpcDerivedInfo,
};
use groundplan_core::{Cx, Json, Live, Mark, Marked, Near, Result, Seen, Val, Wanted, json};
use std::collections::{BTreeSet, HashMap};

/// The most names that `DescribeDomains` takes.
const NAMES: usize = 5;

/// What every domain of this kind requires of its clients.
pub(super) const TLS: TlsSecurityPolicy = TlsSecurityPolicy::PolicyMinTls12Pfs202310;

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<Domain>],
) -> Result<Vec<Seen<DomainOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    let name = |w: &Wanted<Domain>| {
        w.outputs.as_ref().map(|o| o.name.clone()).or_else(|| w.name.clone()).unwrap_or_default()
    };
    let names: BTreeSet<_> = wanted.iter().map(name).collect();
    let names: Vec<_> = names.into_iter().collect();
    let found = list(&aws, &names).await?.into_iter();
    let found: HashMap<_, _> = found.map(|domain| (domain.domain_name.clone(), domain)).collect();
    each(wanted, |w| see(&aws, found.get(&name(w)), w)).await
}

impl Listed for (DomainStatus, Vec<Tag>) {
    fn id(&self) -> &str {
        self.0.arn()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(&self.1)
    }

    fn name(&self) -> Option<&str> {
        Some(self.0.domain_name())
    }
}

/// Only domains whose names can be ours cost calls: one for five, and one each for its tags.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<Domain>,
    mark: &Mark,
) -> Result<Vec<Marked<DomainOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let names = Names::new(mark, near, |domain| domain.name.as_ref(), |one| &one.name);
    let call = aws.opensearch.list_domain_names().send().await;
    let listed = call.map_err(fault("es:ListDomainNames"))?.domain_names.unwrap_or_default();
    let ours = listed.into_iter().filter_map(|listed| listed.domain_name);
    let ours: Vec<_> = ours.filter(|name| names.can_be(name)).collect();
    let read = each(list(&aws, &ours).await?, async |domain| {
        let tags = absent(read_tags(&aws, &domain).await)?;
        Ok(tags.map(|tags| (domain, tags)))
    });
    let there: Vec<_> = read.await?.into_iter().flatten().collect();
    Ok(see_marked(&there, mark, |(domain, tags)| live(domain, tags, None)))
}

async fn see(
    aws: &Clients,
    there: Option<&DomainStatus>,
    w: &Wanted<Domain>,
) -> Result<Seen<DomainOutputs>> {
    let Some(domain) = there else { return Ok(Seen::Absent) };
    let tags = read_tags(aws, domain).await?;
    let is_it = tags::belongs(w, pairs(&tags));
    Ok(if is_it { live(domain, &tags, Some(&w.inputs)).into() } else { Seen::Absent })
}

/// Domains by name. One that is not there is left out of the answer.
async fn list(aws: &Clients, names: &[String]) -> Result<Vec<DomainStatus>> {
    let mut found = Vec::new();
    for some in names.chunks(NAMES) {
        let call = aws.opensearch.describe_domains().set_domain_names(Some(some.to_vec())).send();
        found.extend(call.await.map_err(fault("es:DescribeDomains"))?.domain_status_list);
    }
    Ok(found)
}

pub(in crate::opensearch) async fn describe(
    aws: &Clients,
    name: &str,
) -> Result<Option<DomainStatus>> {
    Ok(list(aws, &[name.to_owned()]).await?.into_iter().next())
}

pub(super) async fn read_tags(aws: &Clients, domain: &DomainStatus) -> Result<Vec<Tag>> {
    let call = aws.opensearch.list_tags().arn(domain.arn()).send().await;
    Ok(call.map_err(fault("es:ListTags"))?.tag_list.unwrap_or_default())
}

pub(super) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key(), tag.value())).collect()
}

pub(super) fn leaving(domain: &DomainStatus) -> bool {
    domain.deleted() == Some(true)
        || domain.domain_processing_status() == Some(&Processing::Deleting)
}

pub(super) fn outputs(domain: &DomainStatus) -> DomainOutputs {
    DomainOutputs {
        name: domain.domain_name().to_owned(),
        arn: domain.arn().into(),
        endpoint: domain.endpoints().and_then(|all| all.get("vpc")).cloned(),
    }
}

fn live(domain: &DomainStatus, tags: &[Tag], recorded: Option<&Domain>) -> Live<DomainOutputs> {
    let mut fields = fields(domain, recorded);
    fields["tags"] = tags::managed(pairs(tags));
    Live::new(outputs(domain), fields).tagged(pairs(tags)).leaving(leaving(domain))
}

/// Live values in the form of `like`'s fields, without tags.
pub(super) fn fields(domain: &DomainStatus, like: Option<&Domain>) -> Json {
    let cluster = domain.cluster_config();
    let vpc = domain.vpc_options();
    let mut fields = json!({
        "engine_version": domain.engine_version(),
        "instance_type": cluster.and_then(ClusterConfig::instance_type).map(Type::as_str),
        "instance_count": cluster.and_then(ClusterConfig::instance_count),
        "dedicated_masters": cluster.and_then(masters),
        "volume_gib": domain.ebs_options().and_then(EbsOptions::volume_size),
        "subnets": vpc.map(VpcDerivedInfo::subnet_ids),
        "security_groups": vpc.map(VpcDerivedInfo::security_group_ids),
        "logs": logs::live(domain),
    });
    upkeep::live(domain, like, &mut fields);
    // A key that the program left to AWS is AWS' affair, and what an alias means is not known here.
    let key = like.and_then(|like| like.kms_key.as_ref());
    if key.is_some_and(|key| !is_alias(key.get())) {
        let rest = domain.encryption_at_rest_options();
        fields["kms_key"] = json!(rest.and_then(|rest| rest.kms_key_id()));
    }
    if let Some(wanted) = like.and_then(|like| like.access_policy.as_ref()).map(Val::get) {
        let there = domain.access_policies().unwrap_or_default();
        fields["access_policy"] = json!(if policy::same(wanted, there) { wanted } else { there });
    }
    // No inputs: a domain of this kind always is so, and they show only where somebody weakened it.
    if let Some(endpoint) = domain.domain_endpoint_options() {
        if endpoint.enforce_https() == Some(false) {
            fields["enforce_https"] = json!(false);
        }
        if let Some(tls) = endpoint.tls_security_policy().filter(|tls| **tls != TLS) {
            fields["tls_policy"] = json!(tls.as_str());
        }
    }
    fields
}

fn masters(cluster: &ClusterConfig) -> Option<Json> {
    cluster.dedicated_master_enabled().filter(|on| *on)?;
    Some(json!({
        "instance_type": cluster.dedicated_master_type().map(Type::as_str),
        "count": cluster.dedicated_master_count(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_opensearch::types::DomainEndpointOptions;

    fn domain() -> Domain {
        let scope = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        Domain::new(scope, "OpenSearch_2.19", "r7g.large.search", 100, Vec::new(), Vec::new())
    }

    fn there() -> aws_sdk_opensearch::types::builders::DomainStatusBuilder {
        let cluster = ClusterConfig::builder()
            .instance_type(Type::from("r7g.large.search"))
            .dedicated_master_enabled(false)
            .dedicated_master_count(3)
            .build();
        let https = DomainEndpointOptions::builder().enforce_https(true).tls_security_policy(TLS);
        DomainStatus::builder()
            .domain_id("1/x")
            .domain_name("x")
            .arn("arn")
            .cluster_config(cluster)
            .domain_endpoint_options(https.build())
            .access_policies(r#"{"Statement":{"Principal":{"AWS":"*"}}}"#)
    }

    #[test]
    fn a_policy_in_other_words_is_as_the_program_writes_it() {
        let mut like = domain();
        let there = there().build().unwrap();
        assert!(fields(&there, Some(&like)).get("access_policy").is_none());
        let wanted = r#"{"Statement":[{"Principal":"*"}]}"#;
        like.access_policy = Some(wanted.into());
        assert_eq!(fields(&there, Some(&like))["access_policy"], wanted);
        like.access_policy = Some("{}".into());
        assert_ne!(fields(&there, Some(&like))["access_policy"], "{}");
    }

    #[test]
    fn masters_that_are_off_are_none() {
        assert!(fields(&there().build().unwrap(), Some(&domain()))["dedicated_masters"].is_null());
    }

    #[test]
    fn a_domain_that_somebody_weakened_shows() {
        let sound = fields(&there().build().unwrap(), Some(&domain()));
        assert!(sound.get("enforce_https").is_none() && sound.get("tls_policy").is_none());
        let weak = DomainEndpointOptions::builder()
            .enforce_https(false)
            .tls_security_policy(TlsSecurityPolicy::PolicyMinTls10201907)
            .build();
        let weak = fields(&there().domain_endpoint_options(weak).build().unwrap(), Some(&domain()));
        assert_eq!(weak["enforce_https"], false);
        assert_eq!(weak["tls_policy"], "Policy-Min-TLS-1-0-2019-07");
    }
}
