//! A release as Helm records it: one Secret for each revision, in the release's own namespace.
//!
//! Of type `helm.sh/release.v1`, labelled with `owner`, `name`, `status` and `version`; the key
//! `release` holds JSON, compressed, in Base64 (and once more in Base64, as all data of Secrets).

use super::{HelmRelease, mark};
use crate::{client::Cluster, fault::absent, marks::Whose, yaml};
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use groundplan_core::{Class, Fault, Json, Mark, Owner, Result, json};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

/// Revisions in one page of a list: each may hold a megabyte.
const PAGE: u32 = 20;

/// One revision of a release.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) revision: u32,
    pub(super) status: String,
    labels: BTreeMap<String, String>,
    secret: String,
    /// Helm's own JSON.
    body: Json,
}

impl Record {
    fn read(secret: &Secret) -> Result<Self> {
        let name = secret.metadata.name.clone().unwrap_or_default();
        let labels = secret.metadata.labels.clone().unwrap_or_default();
        let data = secret.data.as_ref().and_then(|data| data.get("release"));
        let body = data.ok_or_else(|| "it has no key `release`".to_owned());
        let body = body.and_then(|data| decode(&data.0)).map_err(|why| {
            let what = format!("the Helm release in Secret `{name}` cannot be read");
            Fault::new(Class::Other, what)
                .why(why)
                .hint("`helm history` shows whether helm itself can read it")
        })?;
        let revision = body["version"].as_u64().and_then(|version| version.try_into().ok());
        Ok(Self {
            revision: revision.unwrap_or_default(),
            // The label and the JSON say the same; Helm trusts the JSON.
            status: text(&body["info"]["status"]),
            labels,
            secret: name,
            body,
        })
    }

    pub(super) fn whose(&self, owner: &Owner) -> Whose {
        mark::whose(&self.labels, owner)
    }

    /// Whose it is, if it carries the mark that is looked for.
    pub(super) fn owner(&self, mark: &Mark) -> Option<Owner> {
        mark::read(&self.labels, mark)
    }

    /// Whose it is, in words.
    pub(super) fn manager(&self) -> String {
        mark::manager(&self.labels)
    }

    /// What the chart's files came to.
    pub(super) fn chart_digest(&self) -> Option<&str> {
        self.labels.get(mark::CHART).map(String::as_str)
    }

    /// An operation is under way on it, or was when somebody ended it.
    pub(super) fn is_pending(&self) -> bool {
        self.status.starts_with("pending-")
    }

    /// Going back to an earlier revision did not come to its end. It has that one's objects, and says
    /// nothing of what was there before.
    pub(super) fn is_broken_rollback(&self) -> bool {
        let failed = self.status == "failed"
            && self.body["info"]["description"].as_str().is_some_and(|d| d.starts_with("Rollback"));
        self.status == "pending-rollback" || failed
    }

    /// Whether Helm told the API server alone what is to be: what is not told again goes.
    pub(super) fn is_applied_by_server(&self) -> bool {
        self.body["apply_method"] == "ssa"
    }

    /// It is gone, and only its history is kept.
    pub(super) fn is_uninstalled(&self) -> bool {
        self.status == "uninstalled"
    }

    /// It was there as a whole, now or before.
    pub(super) fn was_deployed(&self) -> bool {
        self.status == "deployed" || self.status == "superseded"
    }

    pub(super) fn values(&self) -> &Json {
        &self.body["config"]
    }

    pub(super) fn chart_version(&self) -> String {
        text(&self.body["chart"]["metadata"]["version"])
    }

    pub(super) fn app_version(&self) -> String {
        text(&self.body["chart"]["metadata"]["appVersion"])
    }

    /// The objects of the release, without hooks.
    pub(super) fn objects(&self) -> Result<Vec<Json>> {
        yaml::documents(self.body["manifest"].as_str().unwrap_or_default())
    }

    pub(super) fn hooks(&self) -> Result<Vec<HookRun>> {
        let hooks = self.body["hooks"].as_array().into_iter().flatten();
        let mut found = Vec::new();
        for hook in hooks {
            let phase = text(&hook["last_run"]["phase"]);
            for object in yaml::documents(hook["manifest"].as_str().unwrap_or_default())? {
                found.push(HookRun { object, phase: phase.clone() });
            }
        }
        Ok(found)
    }
}

/// A hook of a release, and how its last run went.
#[derive(Clone, Debug)]
pub(super) struct HookRun {
    pub(super) object: Json,
    /// `Running`, `Succeeded`, `Failed`, `Unknown`; empty if it never ran.
    pub(super) phase: String,
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn secrets(cluster: &Cluster, namespace: &str) -> Api<Secret> {
    Api::namespaced(cluster.client(), namespace)
}

/// The selector of releases of these names.
pub(super) fn named(names: &[&str]) -> String {
    format!("name in ({})", names.join(","))
}

/// The revisions of releases in a namespace that a selector chooses, by their names, without those that another took the place
/// of. The last of a release is never one of those.
pub(super) async fn current(
    cluster: &Cluster,
    namespace: &str,
    which: &str,
) -> Result<BTreeMap<String, Record>> {
    let selector = format!("owner=helm,{which},status!=superseded");
    let mut newest = BTreeMap::<String, Record>::new();
    for record in list(cluster, namespace, &selector).await? {
        let name = text(&record.body["name"]);
        if newest.get(&name).is_none_or(|other| other.revision < record.revision) {
            newest.insert(name, record);
        }
    }
    Ok(newest)
}

/// All revisions of a release that are kept, the oldest first.
pub(super) async fn history(cluster: &Cluster, release: &HelmRelease) -> Result<Vec<Record>> {
    let selector = format!("owner=helm,name={}", release.name);
    let mut records = list(cluster, release.namespace.get(), &selector).await?;
    records.sort_by_key(|record| record.revision);
    Ok(records)
}

async fn list(cluster: &Cluster, namespace: &str, selector: &str) -> Result<Vec<Record>> {
    let api = secrets(cluster, namespace);
    let mut page = ListParams::default().labels(selector).limit(PAGE);
    let mut found = Vec::new();
    loop {
        let fault = cluster.fault(format!("read the Helm releases in {namespace}"));
        let listed = api.list(&page).await.map_err(fault)?;
        for secret in &listed.items {
            found.push(Record::read(secret)?);
        }
        match listed.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(found),
        }
    }
}

/// Marks a revision whose operation was interrupted as failed, which is all that Helm needs to go on
/// from it. Gone is as good.
pub(super) async fn mark_failed(
    cluster: &Cluster,
    namespace: &str,
    record: &Record,
    why: &str,
) -> Result<()> {
    let mut body = record.body.clone();
    body["info"]["status"] = "failed".into();
    body["info"]["description"] = why.into();
    let patch = json!({
        "metadata": { "labels": { "status": "failed" } },
        "data": { "release": ByteString(encode(&body)) },
    });
    let sent = secrets(cluster, namespace)
        .patch(&record.secret, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .map_err(cluster.fault(format!("write Secret {namespace}/{}", record.secret)));
    absent(sent).map(drop)
}

/// Removes what is kept of a release that was uninstalled.
pub(super) async fn purge(cluster: &Cluster, namespace: &str, history: &[Record]) -> Result<()> {
    for record in history {
        let sent = secrets(cluster, namespace)
            .delete(&record.secret, &DeleteParams::default())
            .await
            .map_err(cluster.fault(format!("delete Secret {namespace}/{}", record.secret)));
        absent(sent)?;
    }
    Ok(())
}

/// What the key `release` holds, as JSON.
fn decode(data: &[u8]) -> std::result::Result<Json, String> {
    let data = BASE64_STANDARD.decode(data).map_err(|e| e.to_string())?;
    let mut text = Vec::new();
    // Releases of old versions of Helm were not compressed.
    if data.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(&data[..]).read_to_end(&mut text).map_err(|e| e.to_string())?;
    } else {
        text = data;
    }
    serde_json::from_slice(&text).map_err(|e| e.to_string())
}

fn encode(body: &Json) -> Vec<u8> {
    let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
    let compressed = compressed
        .write_all(body.to_string().as_bytes())
        .and_then(|()| compressed.finish())
        .expect("BUG: memory takes every byte");
    BASE64_STANDARD.encode(compressed).into_bytes()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A revision as the cluster would hold it.
    pub(crate) fn record(body: &Json, labels: &[(&str, &str)]) -> Record {
        let mut secret = Secret::default();
        secret.metadata.name = Some("sh.helm.release.v1.x.v1".into());
        secret.metadata.labels =
            Some(labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        secret.data = Some(BTreeMap::from([("release".to_owned(), ByteString(encode(body)))]));
        Record::read(&secret).unwrap()
    }

    #[test]
    fn a_record_is_read_as_it_is_written() {
        let body = json!({
            "name": "x", "version": 3, "info": { "status": "pending-upgrade" },
            "config": { "a": 1 }, "manifest": "---\nkind: A\n---\nkind: B\n",
            "hooks": [{ "manifest": "kind: Job\n", "last_run": { "phase": "Running" } }],
        });
        let record = record(&body, &[]);
        assert_eq!((record.revision, record.is_pending(), record.was_deployed()), (3, true, false));
        assert_eq!(record.values(), &json!({ "a": 1 }));
        assert_eq!(record.objects().unwrap().len(), 2);
        assert_eq!(record.hooks().unwrap()[0].phase, "Running");
    }

    #[test]
    fn a_record_of_old_is_not_compressed() {
        let old = BASE64_STANDARD.encode(br#"{"version":1}"#);
        assert_eq!(decode(old.as_bytes()).unwrap(), json!({ "version": 1 }));
        assert!(decode(b"!").is_err());
    }
}
