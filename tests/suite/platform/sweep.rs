//! Asks AWS and Kubernetes themselves what there is, without the engine.

use super::world::Folder;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use groundplan::aws::{Aws, Clients, Loopback, Scope};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    sync::Arc,
};

const LINEAGE: &str = "groundplan:lineage";
const ADDRESS: &str = "groundplan:address";

/// What carries our marks, by the address that its mark names.
pub(super) type Found = BTreeMap<String, Vec<String>>;

/// The address of what carries no marks: the account's own, and what AWS makes beside an object.
const NOBODY: &str = "nobody's";

/// Everything in the account of a folder's sandbox that carries our marks.
pub(super) fn sweep(folder: &Folder) -> Found {
    let mut found = look(folder);
    found.remove(NOBODY);
    found
}

/// Everything in the account of a folder's sandbox.
pub(super) fn look(folder: &Folder) -> Found {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let aws = clients(folder).await;
        let mut found = Found::new();
        network(&aws, &mut found).await;
        identity(&aws, &mut found).await;
        clusters(&aws, &mut found).await;
        stores(&aws, &mut found).await;
        found
    })
}

/// Takes the administrator's access entry out of the cluster, as somebody might by hand.
pub(super) fn take_access(folder: &Folder) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let aws = clients(folder).await;
        let me = aws.sts.get_caller_identity().send().await.expect("an identity");
        let call = aws.eks.delete_access_entry().cluster_name("platform-main");
        call.principal_arn(me.arn().unwrap_or_default()).send().await.expect("it goes");
    });
}

/// Deletes the roles that belong to AWS's services, as nobody does who has other stacks.
pub(super) fn forget_linked_roles(folder: &Folder) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let aws = clients(folder).await;
        for role in aws.iam.list_roles().send().await.expect("roles").roles() {
            if role.path().starts_with("/aws-service-role/") {
                let call = aws.iam.delete_service_linked_role().role_name(role.role_name());
                call.send().await.expect("it goes");
            }
        }
    });
}

/// Makes a bucket.
pub(super) fn make_bucket(folder: &Folder, name: &str) {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (told, base) = config(folder);
        let endpoint = told["endpoint"].as_str().expect("an endpoint");
        let own = aws_sdk_s3::config::Builder::from(&base).endpoint_url(endpoint);
        let client = aws_sdk_s3::Client::from_conf(own.force_path_style(true).build());
        let region = BucketLocationConstraint::from(told["region"].as_str().expect("a region"));
        let place = CreateBucketConfiguration::builder().location_constraint(region).build();
        let call = client.create_bucket().bucket(name).create_bucket_configuration(place);
        call.send().await.expect("a bucket");
    });
}

/// Has CloudFormation make a stack.
pub(super) fn deploy(folder: &Folder, name: &str, template: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let aws = clients(folder).await;
        let call = aws.cloudformation.create_stack().stack_name(name).template_body(template);
        call.send().await.expect("a stack");
    });
}

/// Turns off, by hand, that a bucket keeps what is overwritten.
pub(super) fn suspend_versioning(folder: &Folder, name: &str) {
    use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let off = BucketVersioningStatus::Suspended;
        let call = clients(folder).await.s3.put_bucket_versioning().bucket(name);
        let off = VersioningConfiguration::builder().status(off).build();
        call.versioning_configuration(off).send().await.expect("it is turned off");
    });
}

/// Sets a tag of every network of ours by hand.
pub(super) fn tag_vpcs(folder: &Folder, key: &str, value: &str) {
    use aws_sdk_ec2::types::{Filter, Tag};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let ec2 = &clients(folder).await.ec2;
        let ours = Filter::builder().name("tag-key").values(LINEAGE).build();
        let found = ec2.describe_vpcs().filters(ours).send().await.expect("a listing");
        let tag = Tag::builder().key(key).value(value).build();
        let ids = found.vpcs().iter().filter_map(|vpc| vpc.vpc_id().map(str::to_owned));
        let call = ec2.create_tags().set_resources(Some(ids.collect())).tags(tag);
        call.send().await.expect("it is tagged");
    });
}

/// What the sandbox of a folder tells of itself, and clients as its administrator.
fn config(folder: &Folder) -> (Json, SdkConfig) {
    let told = fs::read_to_string(folder.sandbox().join("aws.json")).expect("it runs");
    let told: Json = serde_json::from_str(&told).expect("JSON");
    let text = |field: &str| told[field].as_str().expect("a text").to_owned();
    let key = (text("access_key_id"), text("secret_access_key"));
    let credentials = Credentials::new(key.0, key.1, None, None, "sandbox");
    let base = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(text("region")))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    (told, base)
}

async fn clients(folder: &Folder) -> Arc<Clients> {
    let (told, base) = config(folder);
    let text = |field: &str| told[field].as_str().expect("a text").to_owned();
    let endpoint = Loopback::new(&text("endpoint")).expect("on this machine");
    let scope = Scope {
        account: text("account"),
        region: text("region"),
        partition: "aws".into(),
        role: None,
        via: None,
    };
    Aws::sandbox(base, &endpoint).clients(&scope).await.expect("clients")
}

/// Notes an object at the address that its tags name.
fn note<'a>(found: &mut Found, id: &str, tags: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let tags: BTreeMap<_, _> = tags.into_iter().collect();
    let address = match tags.get(LINEAGE) {
        Some(_) => tags.get(ADDRESS).copied().unwrap_or("no address"),
        None => NOBODY,
    };
    found.entry(address.to_owned()).or_default().push(id.to_owned());
}

/// Notes the objects of one listing of EC2, all of which have the same form.
macro_rules! listed {
    ($found:ident, $aws:ident, $list:ident, $all:ident, $id:ident, $tags:ident) => {
        for object in $aws.ec2.$list().send().await.expect("a listing").$all() {
            let tags = object.$tags().iter();
            let tags = tags.map(|t| (t.key().unwrap_or_default(), t.value().unwrap_or_default()));
            note($found, object.$id().unwrap_or_default(), tags);
        }
    };
}

async fn network(aws: &Clients, found: &mut Found) {
    listed!(found, aws, describe_vpcs, vpcs, vpc_id, tags);
    listed!(found, aws, describe_subnets, subnets, subnet_id, tags);
    listed!(found, aws, describe_internet_gateways, internet_gateways, internet_gateway_id, tags);
    listed!(found, aws, describe_addresses, addresses, allocation_id, tags);
    listed!(found, aws, describe_route_tables, route_tables, route_table_id, tags);
    listed!(found, aws, describe_security_groups, security_groups, group_id, tags);
    listed!(
        found,
        aws,
        describe_security_group_rules,
        security_group_rules,
        security_group_rule_id,
        tags
    );
    let gateways = aws.ec2.describe_nat_gateways().send().await.expect("gateways");
    // A deleted one stays listed for a while, as on AWS.
    let left = |state: &str| state.starts_with("delet");
    for gateway in
        gateways.nat_gateways().iter().filter(|g| !g.state().is_some_and(|s| left(s.as_str())))
    {
        let tags = gateway.tags().iter();
        let tags = tags.map(|t| (t.key().unwrap_or_default(), t.value().unwrap_or_default()));
        note(found, gateway.nat_gateway_id().unwrap_or_default(), tags);
    }
}

async fn identity(aws: &Clients, found: &mut Found) {
    for role in aws.iam.list_roles().send().await.expect("roles").roles() {
        let name = role.role_name();
        let tags = aws.iam.list_role_tags().role_name(name).send().await.expect("tags");
        note(found, name, tags.tags().iter().map(|t| (t.key(), t.value())));
    }
    let all = aws.iam.list_open_id_connect_providers().send().await.expect("providers");
    for arn in all.open_id_connect_provider_list().iter().filter_map(|provider| provider.arn()) {
        let call = aws.iam.list_open_id_connect_provider_tags().open_id_connect_provider_arn(arn);
        let tags = call.send().await.expect("tags");
        note(found, arn, tags.tags().iter().map(|t| (t.key(), t.value())));
    }
}

async fn clusters(aws: &Clients, found: &mut Found) {
    for name in aws.eks.list_clusters().send().await.expect("clusters").clusters() {
        let cluster = aws.eks.describe_cluster().name(name).send().await.expect("a cluster");
        let tags = cluster.cluster().and_then(|c| c.tags()).cloned().unwrap_or_default();
        note(found, name, both(&tags));
        let groups = aws.eks.list_nodegroups().cluster_name(name).send().await.expect("groups");
        for group in groups.nodegroups() {
            let call = aws.eks.describe_nodegroup().cluster_name(name).nodegroup_name(group);
            let tags = call.send().await.expect("a group").nodegroup().and_then(|g| g.tags.clone());
            note(found, group, both(&tags.unwrap_or_default()));
        }
        let addons = aws.eks.list_addons().cluster_name(name).send().await.expect("add-ons");
        for addon in addons.addons() {
            let call = aws.eks.describe_addon().cluster_name(name).addon_name(addon);
            let tags = call.send().await.expect("an add-on").addon().and_then(|a| a.tags.clone());
            note(found, addon, both(&tags.unwrap_or_default()));
        }
        let entries = aws.eks.list_access_entries().cluster_name(name).send().await;
        for entry in entries.expect("entries").access_entries() {
            let call = aws.eks.describe_access_entry().cluster_name(name).principal_arn(entry);
            let tags =
                call.send().await.expect("an entry").access_entry().and_then(|e| e.tags.clone());
            note(found, entry, both(&tags.unwrap_or_default()));
        }
    }
}

fn both(tags: &HashMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

async fn stores(aws: &Clients, found: &mut Found) {
    for instance in aws.rds.describe_db_instances().send().await.expect("instances").db_instances()
    {
        let tags = instance.tag_list().iter();
        let tags = tags.map(|t| (t.key().unwrap_or_default(), t.value().unwrap_or_default()));
        note(found, instance.db_instance_identifier().unwrap_or_default(), tags);
    }
    let groups = aws.rds.describe_db_subnet_groups().send().await.expect("subnet groups");
    for group in groups.db_subnet_groups() {
        let arn = group.db_subnet_group_arn().unwrap_or_default();
        let tags = aws.rds.list_tags_for_resource().resource_name(arn).send().await.expect("tags");
        let tags = tags.tag_list().iter();
        let tags = tags.map(|t| (t.key().unwrap_or_default(), t.value().unwrap_or_default()));
        note(found, arn, tags);
    }
    let domains = aws.opensearch.list_domain_names().send().await.expect("domains");
    for name in domains.domain_names().iter().filter_map(|domain| domain.domain_name()) {
        let domain = aws.opensearch.describe_domain().domain_name(name).send().await;
        let arn = domain.expect("a domain").domain_status().map(|d| d.arn().to_owned());
        let tags = aws.opensearch.list_tags().arn(arn.unwrap_or_default()).send().await;
        let tags = tags.expect("tags");
        note(found, name, tags.tag_list().iter().map(|t| (t.key(), t.value())));
    }
    // One in its recovery window is listed only when asked for.
    for secret in aws.secrets.list_secrets().send().await.expect("secrets").secret_list() {
        let tags = secret.tags().iter();
        let tags = tags.map(|t| (t.key().unwrap_or_default(), t.value().unwrap_or_default()));
        note(found, secret.name().unwrap_or_default(), tags);
    }
}

/// Everything in the namespaces of a cluster that is not Kubernetes' own, without what its controllers
/// make, by kind, namespace and name. Of a Helm release each revision that counts as deployed is noted.
pub(super) fn look_inside(folder: &Folder) -> Found {
    const KINDS: &str = "namespaces,serviceaccounts,secrets,configmaps,services,deployments,\
        statefulsets,jobs,roles,rolebindings,persistentvolumeclaims";
    let all = folder.kubectl(&["get", KINDS, "-A"]);
    let mut found = Found::new();
    for object in all["items"].as_array().expect("objects") {
        let meta = &object["metadata"];
        let text = |field: &Json| field.as_str().unwrap_or_default().to_owned();
        let (kind, name, namespace) = (&object["kind"], &meta["name"], text(&meta["namespace"]));
        let system = ["default", "kube-system", "kube-public", "kube-node-lease"];
        let own = ["kube-root-ca.crt", "default"].contains(&name.as_str().unwrap_or_default());
        if own || system.iter().any(|s| namespace == *s || name == s) {
            continue;
        }
        let release = &meta["labels"];
        let what = match release["owner"].as_str() {
            Some("helm") if release["status"] != "deployed" => continue,
            Some("helm") => format!("release {namespace}/{}", text(&release["name"])),
            _ if meta["ownerReferences"].is_array() => continue,
            _ => format!("{} {namespace}/{}", text(kind), text(name)),
        };
        found.entry(what).or_default().push(text(&meta["uid"]));
    }
    found
}
