//! What AWS itself keeps of a stack that was removed, as far as it is known from what was recorded.

use crate::render::{
    json::FORMAT,
    page::Page,
    paint::Paint,
    table::{Cell, Table},
};
use groundplan::{Address, Json, json};
use groundplan_state::{Entry, Snapshot};

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Of which resource.
    pub(crate) address: Address,
    /// What stays, for how long, and what it costs or holds.
    pub(crate) what: String,
}

/// What stays of the records that are gone.
pub(crate) fn kept(before: &Snapshot, after: &Snapshot) -> Vec<Kept> {
    let gone = before.entries.iter().filter(|(address, _)| !after.entries.contains_key(*address));
    let stays = |(address, entry): (&Address, &Entry)| {
        let left = after.left.iter().any(|left| left.address == *address);
        let what = if address.kind() == "organizations.account" && left {
            account(entry)
        } else if let Some(shared) = shared(address.kind()) {
            Some(shared.to_owned())
        } else if entry.options.retain || left {
            Some("the object itself, as the program says: it is nobody's now".to_owned())
        } else {
            by_aws(address.kind(), entry, before, after)
        };
        Some(Kept { address: address.clone(), what: what? })
    };
    gone.filter_map(stays).collect()
}

/// Whether the group of a cluster's logs went with it, as it was the stack's own.
fn went(group: &str, cluster: &Entry, before: &Snapshot, after: &Snapshot) -> bool {
    let in_one_place = |entry: &Entry| {
        let scopes = (&entry.inputs["scope"], &cluster.inputs["scope"]);
        ["account", "region"].iter().all(|part| scopes.0[part] == scopes.1[part])
    };
    before.entries.iter().any(|(address, entry)| {
        address.kind() == "logs.group"
            && name(entry) == group
            && in_one_place(entry)
            && !after.entries.contains_key(address)
    })
}

/// What AWS calls an object.
fn name(entry: &Entry) -> String {
    let output = |field: &str| entry.outputs.as_ref()?.get(field)?.as_str().map(str::to_owned);
    let name = entry.physical_name.clone().or_else(|| output("name")).or_else(|| output("id"));
    name.unwrap_or_default()
}

/// An account that was let go of.
fn account(entry: &Entry) -> Option<String> {
    let output = |field: &str| entry.outputs.as_ref()?.get(field)?.as_str().map(str::to_owned);
    let (id, email) = (output("id")?, entry.inputs["email"].as_str().unwrap_or_default());
    Some(format!(
        "account {id} ({email}), which nothing here closes: it goes on, and costs what it costs"
    ))
}

/// What is not one stack's, though one may have made it.
fn shared(kind: &str) -> Option<&'static str> {
    match kind {
        "iam.service_linked_role" => Some("the role, which the whole account shares"),
        "ram.organization_sharing" => {
            Some("that accounts share without invitations, which the whole organization rests on")
        }
        _ => None,
    }
}

fn by_aws(kind: &str, entry: &Entry, before: &Snapshot, after: &Snapshot) -> Option<String> {
    let name = name(entry);
    let input = |field: &str| entry.inputs.get(field).unwrap_or(&Json::Null);
    match kind {
        "secretsmanager.secret" => {
            let days = input("recovery_days").as_u64().filter(|days| *days > 0)?;
            Some(format!(
                "secret `{name}` can be restored for {days} days; its name is held until then"
            ))
        }
        "kms.key" => Some(format!(
            "key `{}` can be taken back for {} days; then what it encrypted is lost",
            entry.outputs.as_ref().and_then(|outputs| outputs["id"].as_str()).unwrap_or_default(),
            input("deletion_days")
        )),
        "rds.instance" if *input("on_delete") != "discard" => {
            Some(format!("a final snapshot of database `{name}`, until somebody deletes it"))
        }
        "eks.cluster" if input("logging").as_array().is_some_and(|types| !types.is_empty()) => {
            let group = format!("/aws/eks/{name}/cluster");
            let stays = !went(&group, entry, before, after);
            stays.then(|| format!("log group {group}, as long as its retention says"))
        }
        _ => None,
    }
}

/// What stays, for people. Empty if nothing does.
pub(crate) fn page(kept: &[Kept], paint: &Paint) -> String {
    let mut page = Page::new(paint);
    if kept.is_empty() {
        return page.finish();
    }
    let mut table = Table::default();
    for Kept { address, what } in kept {
        table.row([Cell::from(address.to_string()), Cell::from(what)]);
    }
    page.gap();
    page.line("AWS keeps:");
    page.add(table.render(2, paint));
    page.finish()
}

/// What was removed and what stays, for programs.
pub(crate) fn json(before: &Snapshot, after: &Snapshot, kept: &[Kept]) -> Json {
    let gone = before.entries.iter().filter(|(address, _)| !after.entries.contains_key(*address));
    let object = |(address, entry): (&Address, &Entry)| json!({ "address": address, "outputs": entry.outputs });
    let stays = |Kept { address, what }: &Kept| json!({ "address": address, "what": what });
    json!({
        "format": FORMAT,
        "stack": before.stack,
        "realm": before.realm,
        "removed": gone.map(object).collect::<Vec<_>>(),
        "left": after.entries.keys().collect::<Vec<_>>(),
        "kept": kept.iter().map(stays).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_state::{Options, Realm, Status};

    fn entry(inputs: Json, name: &str) -> Entry {
        Entry {
            version: 0,
            status: Status::Ready,
            inputs,
            pending: None,
            outputs: Some(json!({ "arn": "arn:x" })),
            needs: [].into(),
            options: Options::default(),
            generation: 0,
            token: "t".into(),
            physical_name: Some(name.into()),
            marked_as: None,
            marked_by: None,
        }
    }

    #[test]
    fn what_aws_keeps_is_named() {
        let mut before = Snapshot::new("hub", Realm::Simulation);
        let mut put = |address: &str, entry| {
            before.entries.insert(address.parse().unwrap(), entry);
        };
        put("secretsmanager.secret/keys", entry(json!({ "recovery_days": 7 }), "hub-keys"));
        put("secretsmanager.secret/gone", entry(json!({ "recovery_days": 0 }), "hub-gone"));
        put("rds.instance/db", entry(json!({ "on_delete": "final_snapshot" }), "hub-db"));
        put("rds.instance/test", entry(json!({ "on_delete": "discard" }), "hub-test"));
        let mut key = entry(json!({ "deletion_days": 30 }), "");
        key.outputs = Some(json!({ "id": "1-2" }));
        put("kms.key/data", key);
        put("ec2.vpc/main", entry(json!({}), "x"));
        for cluster in ["a", "b"] {
            let logging = json!({ "logging": ["api"] });
            put(&format!("eks.cluster/{cluster}"), entry(logging, &format!("hub-{cluster}")));
        }
        put("logs.group/a", entry(json!({}), "/aws/eks/hub-a/cluster"));
        let mut retained = entry(json!({}), "y");
        retained.options.retain = true;
        put("ec2.vpc/old", retained);
        let after = Snapshot::new("hub", Realm::Simulation);
        let found = kept(&before, &after);
        let paint = Paint { color: false, width: 100, unicode: true };
        insta::assert_snapshot!(page(&found, &paint), @"
        AWS keeps:
          ec2.vpc/old                 the object itself, as the program says: it is nobody's now
          eks.cluster/b               log group /aws/eks/hub-b/cluster, as long as its retention says
          kms.key/data                key `1-2` can be taken back for 30 days; then what it encrypted is lost
          rds.instance/db             a final snapshot of database `hub-db`, until somebody deletes it
          secretsmanager.secret/keys  secret `hub-keys` can be restored for 7 days; its name is held until then
        ");
        assert_eq!(json(&before, &after, &found)["kept"].as_array().unwrap().len(), 5);
        assert!(kept(&before, &before).is_empty(), "what is still recorded is not gone");
    }
}
