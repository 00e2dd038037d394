//! Rules over Helm releases: their values, since Helm keeps those in the cluster for all to read.

use super::objects::{faces_internet, is_pinned};
use crate::{Chart, HelmRelease, tree};
use groundplan_core::{Json, Rule, Rules, Severity, View};
use serde_json::Map;

const PLAIN_SECRET: Rule = Rule {
    id: "helm-plain-secret",
    severity: Severity::Error,
    field: "values",
    why: "it is in the repository, in the state, and in the release for whoever may read Secrets",
    mend: "make a Secret with `KubeObject::secret` and give the chart its name",
};
const IMAGE: Rule = Rule {
    id: "helm-image-tag",
    severity: Severity::Warn,
    field: "values",
    why: "what runs changes with the next restart, and no plan shows it",
    mend: "name a version",
};
const SERVICE: Rule = Rule {
    id: "helm-public-service",
    severity: Severity::Warn,
    field: "values",
    why: "AWS puts a load balancer on the internet in front of it, and nothing asks who calls",
    mend: "use `ClusterIP` behind an Ingress with TLS and login",
};
const INSECURE_REPOSITORY: Rule = Rule {
    id: "helm-plain-http",
    severity: Severity::Error,
    field: "chart",
    why: "whoever is on the way may put anything into the chart, and it runs with the rights of the run",
    mend: "use `https://` or `oci://`",
};

pub(super) fn rules() -> Rules {
    Rules::new()
        .on(PLAIN_SECRET, |release: &HelmRelease, _: &View<'_>| {
            find(&release.values, "", &plain_secret)
        })
        .on(IMAGE, |release: &HelmRelease, _: &View<'_>| find(&release.values, "", &image))
        .on(SERVICE, |release: &HelmRelease, _: &View<'_>| find(&release.values, "", &public))
        .on(INSECURE_REPOSITORY, |release: &HelmRelease, _: &View<'_>| {
            let Chart::Repository { repo, .. } = &release.chart else { return None };
            repo.starts_with("http://").then(|| format!("it is fetched from {repo}"))
        })
}

/// What is found of a value: from the values that it stands among, its name, and itself.
type Look = dyn Fn(&Map<String, Json>, &str, &Json) -> Option<String>;

/// The first value that something is found of, with its path.
fn find(values: &Json, at: &str, look: &Look) -> Option<String> {
    match values {
        Json::Object(map) => map.iter().find_map(|(key, value)| {
            let path = tree::join(at, key);
            let found = look(map, key, value).map(|what| format!("`{path}` {what}"));
            found.or_else(|| find(value, &path, look))
        }),
        Json::Array(items) => {
            let each = |(i, item)| find(item, &format!("{at}[{i}]"), look);
            items.iter().enumerate().find_map(each)
        }
        _ => None,
    }
}

/// Endings of the names of values that are secrets.
const SECRETS: [&str; 7] =
    ["password", "passwd", "passphrase", "apikey", "secretkey", "privatekey", "token"];

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', '_'], "")
}

fn plain_secret(among: &Map<String, Json>, key: &str, value: &Json) -> Option<String> {
    let key = plain(key);
    let is_secret = |name: &str| SECRETS.iter().any(|ending| name.ends_with(ending));
    // In `secretKey: password` and `passwordSecretKey: password`, and wherever a Secret is named as well,
    // it is the name of a key of that Secret.
    let beside = || among.keys().any(|name| names_secret(&plain(name)));
    let names_key =
        key.strip_suffix("secretkey").is_some_and(|of| of.is_empty() || is_secret(of) || beside());
    let refers = names_key || key.starts_with("existing");
    let given = value.as_str().is_some_and(|text| !text.is_empty());
    (is_secret(&key) && !refers && given).then(|| "is a secret in plain text".to_owned())
}

/// Whether a value of this name is the name of a Secret.
fn names_secret(name: &str) -> bool {
    ["secret", "secretname", "secretref"].iter().any(|ending| name.ends_with(ending))
}

/// A Service as charts write it down in their values: its annotations stand beside its type.
fn public(service: &Map<String, Json>, key: &str, value: &Json) -> Option<String> {
    let beside = |name: &str| service.get(name).unwrap_or(&Json::Null);
    let balanced = key == "type" && value == "LoadBalancer";
    (balanced && faces_internet(beside("annotations"), beside("loadBalancerClass")))
        .then(|| "is `LoadBalancer`".to_owned())
}

fn image(_: &Map<String, Json>, key: &str, value: &Json) -> Option<String> {
    let text = value.as_str()?;
    match key {
        "tag" | "imageTag" if text == "latest" => Some("is `latest`".to_owned()),
        "image" if text.contains(['/', ':']) && !is_pinned(text) => {
            Some(format!("is `{text}`, which names no version"))
        }
        _ => None,
    }
}
