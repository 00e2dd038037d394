//! What is there: live values in the form of the inputs, values that wait for their time apart.

use super::{
    Instance, InstanceOutputs,
    change::{MASTER, gib},
    check::is_alias,
    model::{Insights, OnDelete},
    state, storage,
};
use crate::{
    Clients, CxAws,
    found::{Listed, pages, see_marked},
    rds::{Engine, pairs},
    tags,
};
use aws_sdk_rds::types::{
    DatabaseInsightsMode, DbInstance, DbParameterGroupStatus, Endpoint, Filter,
};
use groundplan_core::{Cx, Json, Live, Mark, Marked, Near, Result, Seen, Wanted, json, to_json};
use serde_json::Map;
use std::collections::{BTreeSet, HashMap};

/// Names in one call; the API states no bound for a filter's values.
const NAMES: usize = 100;

pub(super) async fn observe(
    cx: &Cx,
    wanted: &[Wanted<Instance>],
) -> Result<Vec<Seen<InstanceOutputs>>> {
    let Some(first) = wanted.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.inputs.scope.get()).await?;
    let id = |w: &Wanted<Instance>| {
        w.outputs.as_ref().map(|o| o.id.clone()).or_else(|| w.name.clone()).unwrap_or_default()
    };
    let ids: BTreeSet<_> = wanted.iter().map(id).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for some in ids.chunks(NAMES) {
        for db in list(&aws, some).await? {
            found.insert(db.db_instance_identifier().unwrap_or_default().to_owned(), db);
        }
    }
    let see = |w: &Wanted<Instance>| {
        let Some(db) = found.get(&id(w)) else { return Seen::Absent };
        if !tags::belongs(w, pairs(db.tag_list())) {
            return Seen::Absent;
        }
        let mut live = live(db, Some(&w.inputs));
        let had = w.outputs.as_ref().is_some_and(|o| o.master_secret.is_some());
        if had && db.master_user_secret().is_none() {
            live.fields[MASTER] = json!(false);
        }
        live.into()
    };
    Ok(wanted.iter().map(see).collect())
}

impl Listed for DbInstance {
    fn id(&self) -> &str {
        self.db_instance_arn().unwrap_or_default()
    }

    fn tags(&self) -> Vec<(&str, &str)> {
        pairs(self.tag_list())
    }

    fn name(&self) -> Option<&str> {
        self.db_instance_identifier()
    }
}

/// The API has no filter by tag, but its pages hold tags. A database that was restored from a snapshot
/// has the tags of the one that it was taken of; its name tells.
pub(super) async fn marked(
    cx: &Cx,
    near: &Near<Instance>,
    mark: &Mark,
) -> Result<Vec<Marked<InstanceOutputs>>> {
    let Some(first) = near.first() else { return Ok(Vec::new()) };
    let aws = cx.aws(first.scope.get()).await?;
    let call = aws.rds.describe_db_instances().into_paginator().items().send();
    let listed = pages("rds:DescribeDBInstances", call).await?;
    Ok(see_marked(&listed, mark, |db| {
        let mut live = live(db, None);
        // What is not wanted any more was not asked about: nothing that can be kept is lost.
        live.fields["on_delete"] = to_json(&OnDelete::FinalSnapshot);
        live
    }))
}

async fn list(aws: &Clients, ids: &[String]) -> Result<Vec<DbInstance>> {
    let filter = Filter::builder().name("db-instance-id").set_values(Some(ids.to_vec())).build();
    let call = aws.rds.describe_db_instances().filters(filter);
    pages("rds:DescribeDBInstances", call.into_paginator().items().send()).await
}

/// One instance. By filter, as a name that is not there is then an empty list, not an error.
pub(super) async fn describe(aws: &Clients, id: &str) -> Result<Option<DbInstance>> {
    Ok(list(aws, &[id.to_owned()]).await?.into_iter().next())
}

pub(super) fn outputs(db: &DbInstance) -> InstanceOutputs {
    let endpoint = db.endpoint();
    let secret = db.master_user_secret().and_then(|s| s.secret_arn());
    InstanceOutputs {
        id: db.db_instance_identifier().unwrap_or_default().to_owned(),
        arn: db.db_instance_arn().unwrap_or_default().into(),
        host: endpoint.and_then(|e| e.address()).map(str::to_owned),
        port: endpoint.and_then(Endpoint::port).and_then(|port| u16::try_from(port).ok()),
        master_secret: secret.map(Into::into),
    }
}

fn live(db: &DbInstance, recorded: Option<&Instance>) -> Live<InstanceOutputs> {
    let pending = pending(db, recorded);
    let mut fields = actual(db, recorded);
    fields.extend(pending.clone());
    let mut noted = pending;
    if let Some(group) = after_reboot(db) {
        // No input: a reboot that the program wants shows as what is to go.
        if recorded.is_some_and(|like| like.reboot) {
            fields.insert("reboot_pending".to_owned(), json!(true));
        } else {
            noted.insert("parameter_group".to_owned(), json!(group));
        }
    }
    Live::new(outputs(db), Json::Object(fields))
        .tagged(pairs(db.tag_list()))
        .pending(Json::Object(noted))
        .leaving(db.db_instance_status() == Some(state::DELETING))
}

/// Live values in the form of `like`'s fields, whether or not they are to change soon.
pub(super) fn actual(db: &DbInstance, like: Option<&Instance>) -> Map<String, Json> {
    let groups: Vec<_> =
        db.vpc_security_groups().iter().filter_map(|g| g.vpc_security_group_id()).collect();
    // RDS writes the present size as the most when it does not grow by itself, so of one that grew to its most
    // nothing tells whether it would grow.
    let most = like.and_then(|like| like.max_storage_gib).map(gib);
    let most = most.filter(|most| db.allocated_storage() >= Some(*most));
    let grows = db.max_allocated_storage().filter(|most| Some(*most) > db.allocated_storage());
    let most = grows.or(most);
    let mut fields = Map::new();
    let mut put = |field: &str, value: Json| drop(fields.insert(field.to_owned(), value));
    put("engine", json!(db.engine()));
    put("engine_version", version(db, like));
    put("class", json!(db.db_instance_class()));
    put("storage_gib", grown(db.allocated_storage(), like));
    put("max_storage_gib", json!(most));
    put("storage_type", json!(db.storage_type()));
    if like.is_none_or(|like| like.restore.is_none()) {
        put("master_username", json!(db.master_username()));
        put("database", json!(db.db_name()));
    }
    put("subnet_group", json!(db.db_subnet_group().and_then(|g| g.db_subnet_group_name())));
    put("security_groups", json!(groups));
    put("multi_az", json!(db.multi_az().unwrap_or_default()));
    put("backup_days", json!(db.backup_retention_period().unwrap_or_default()));
    put("log_exports", json!(db.enabled_cloudwatch_logs_exports()));
    put("deletion_protection", json!(db.deletion_protection().unwrap_or_default()));
    put("tags", tags::managed(pairs(db.tag_list())));
    // A key that the program left to AWS is AWS' affair, and what an alias means is not known here.
    let own = like.filter(|like| like.restore.is_none());
    let key = own.and_then(|like| like.kms_key.as_ref());
    if key.is_some_and(|key| !is_alias(key.get())) {
        put("kms_key", json!(db.kms_key_id()));
    }
    let parameters = db.db_parameter_groups().first().and_then(|g| g.db_parameter_group_name());
    let default = parameters.is_none_or(|name| name.starts_with("default."));
    if like.is_some_and(|like| like.parameter_group.is_some()) || !default {
        put("parameter_group", json!(parameters));
    }
    // Not inputs: a database of this kind always is so, and they show only where somebody changed it.
    if db.publicly_accessible() == Some(true) {
        put("publicly_accessible", json!(true));
    }
    let patches = like.filter(|like| !like.engine_version.is_empty()).map(Instance::patches);
    if let (Some(wanted), Some(is)) = (patches, db.auto_minor_version_upgrade())
        && wanted != is
    {
        put("auto_patches", json!(is));
    }
    if db.copy_tags_to_snapshot() == Some(false) {
        put("copy_tags", json!(false));
    }
    fields.extend(options(db, like));
    fields
}

/// Live values of what a program may leave to AWS: those it gives, and those that are not as AWS would have
/// them.
fn options(db: &DbInstance, like: Option<&Instance>) -> Map<String, Json> {
    let mut fields = Map::new();
    let mut put = |given: bool, field: &str, value: Json| {
        if given {
            fields.insert(field.to_owned(), value);
        }
    };
    let gives = |given: fn(&Instance) -> bool| like.is_some_and(given);
    let number = |there: Option<i32>| there.and_then(|there| u32::try_from(there).ok());
    // RDS may have grown it beyond what the program says, to where it has other figures.
    let base = like.and_then(|like| storage::base(&like.storage_type, storage::size(like, db)));
    let (iops, throughput) = (number(db.iops()), number(db.storage_throughput()));
    // What the program says may be less than what the storage has anyway where it grew to.
    let speed = |there: Option<u32>, base: Option<u32>, wanted: Option<u32>| {
        let other = there.is_some_and(|n| n > 0) && base.is_some() && there != base;
        let grew = wanted.is_some() && wanted < base && there == base;
        (wanted.is_some() || other, json!(if grew { wanted } else { there }))
    };
    let (shows, value) = speed(iops, base.map(|b| b.0), like.and_then(|i| i.iops));
    put(shows, "iops", value);
    let (shows, value) = speed(throughput, base.map(|b| b.1), like.and_then(|i| i.throughput));
    put(shows, "throughput", value);
    let port = db.endpoint().and_then(Endpoint::port).filter(|port| *port > 0);
    let moved = port.is_some() && like.is_some_and(|i| port != Some(i32::from(i.engine.port())));
    put(port.is_some() && gives(|i| i.port.is_some()) || moved, "port", json!(port));
    put(gives(|i| i.backup_window.is_some()), "backup_window", json!(db.preferred_backup_window()));
    let maintenance = json!(db.preferred_maintenance_window());
    put(gives(|i| i.maintenance_window.is_some()), "maintenance_window", maintenance);
    let signs_in = db.iam_database_authentication_enabled().unwrap_or_default();
    put(signs_in || gives(|i| i.iam_auth), "iam_auth", json!(signs_in));
    let authority = json!(db.ca_certificate_identifier());
    put(gives(|i| i.ca_certificate.is_some()), "ca_certificate", authority);
    put(true, "insights", to_json(&insights(db)));
    let seconds = db.monitoring_interval().filter(|seconds| *seconds > 0);
    let role = db.monitoring_role_arn();
    put(true, "monitoring", json!(seconds.map(|s| json!({ "seconds": s, "role": role }))));
    fields
}

fn insights(db: &DbInstance) -> Option<Insights> {
    db.performance_insights_enabled().filter(|on| *on)?;
    let advanced = db.database_insights_mode() == Some(&DatabaseInsightsMode::Advanced);
    Some(if advanced { Insights::Advanced } else { Insights::Standard })
}

/// Values that were asked for and are not in effect yet, in the form of `like`'s fields.
pub(super) fn pending(db: &DbInstance, like: Option<&Instance>) -> Map<String, Json> {
    let mut fields = Map::new();
    let Some(waits) = db.pending_modified_values() else { return fields };
    let mut put = |field: &str, value: Json| {
        if !value.is_null() {
            fields.insert(field.to_owned(), value);
        }
    };
    put("class", json!(waits.db_instance_class()));
    put("storage_gib", grown(waits.allocated_storage(), like));
    put("storage_type", json!(waits.storage_type()));
    put("engine_version", like_wanted(waits.engine_version(), like));
    put("backup_days", json!(waits.backup_retention_period()));
    put("multi_az", json!(waits.multi_az()));
    put("iops", json!(waits.iops()));
    put("throughput", json!(waits.storage_throughput()));
    put("port", json!(waits.port()));
    put("iam_auth", json!(waits.iam_database_authentication_enabled()));
    put("ca_certificate", json!(waits.ca_certificate_identifier()));
    put("subnet_group", json!(waits.db_subnet_group_name()));
    if let Some(logs) = waits.pending_cloudwatch_logs_exports() {
        let mut all: BTreeSet<_> = db.enabled_cloudwatch_logs_exports().iter().collect();
        all.extend(logs.log_types_to_enable());
        all.retain(|log| !logs.log_types_to_disable().contains(log));
        put("log_exports", to_json(&all));
    }
    fields
}

/// The parameter group that has something that takes effect with the next reboot.
pub(super) fn after_reboot(db: &DbInstance) -> Option<&str> {
    let waits =
        |group: &&DbParameterGroupStatus| group.parameter_apply_status() == Some("pending-reboot");
    db.db_parameter_groups().iter().find(waits)?.db_parameter_group_name()
}

/// A version as precise as the one that the program names: `8.4` for a live `8.4.6`. Where no program names any,
/// it is as precise as AWS keeps it.
fn version(db: &DbInstance, like: Option<&Instance>) -> Json {
    let there = db.engine_version();
    let unsaid = like.is_some_and(|like| like.engine_version.is_empty());
    let engine = Engine::ALL.into_iter().find(|engine| Some(engine.as_str()) == db.engine());
    match engine.zip(there).filter(|_| unsaid && db.auto_minor_version_upgrade() == Some(true)) {
        Some((engine, there)) => json!(engine.series(there)),
        None => like_wanted(there, like),
    }
}

fn like_wanted(there: Option<&str>, like: Option<&Instance>) -> Json {
    let Some(wanted) = like.map(|like| like.engine_version.as_str()) else { return json!(there) };
    let is_it = |there: &str| {
        there.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    json!(there.map(|there| if is_it(there) { wanted } else { there }))
}

/// Storage, or the program's figure where RDS grew it by itself within what the program allows.
fn grown(there: Option<i32>, like: Option<&Instance>) -> Json {
    let there = there.and_then(|gib| u32::try_from(gib).ok());
    let Some(like) = like else { return json!(there) };
    let by_itself = |gib: &u32| {
        like.max_storage_gib.is_some_and(|most| (like.storage_gib..=most).contains(gib))
    };
    json!(there.map(|gib| if by_itself(&gib) { like.storage_gib } else { gib }))
}

#[cfg(test)]
mod tests;
