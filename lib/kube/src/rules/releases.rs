//! Rules over Helm releases: their values, since Helm keeps those in the cluster for all to read.

use super::objects::is_pinned;
use crate::{Chart, HelmRelease, tree};
use groundplan_core::{Json, Rule, Rules, Severity, View};

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
        .on(SERVICE, |release: &HelmRelease, _: &View<'_>| {
            find(&release.values, "", &|key, value| {
                (key == "type" && value == "LoadBalancer").then(|| "is `LoadBalancer`".to_owned())
            })
        })
        .on(INSECURE_REPOSITORY, |release: &HelmRelease, _: &View<'_>| {
            let Chart::Repository { repo, .. } = &release.chart else { return None };
            repo.starts_with("http://").then(|| format!("it is fetched from {repo}"))
        })
}

/// The first value that something is found of, with its path.
fn find(values: &Json, at: &str, look: &impl Fn(&str, &Json) -> Option<String>) -> Option<String> {
    match values {
        Json::Object(map) => map.iter().find_map(|(key, value)| {
            let path = tree::join(at, key);
            let found = look(key, value).map(|what| format!("`{path}` {what}"));
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

fn plain_secret(key: &str, value: &Json) -> Option<String> {
    let key = key.to_lowercase().replace(['-', '_'], "");
    let names_one = SECRETS.iter().any(|ending| key.ends_with(ending));
    // `secretKey: password` in a reference to a Secret names one of its keys.
    let refers = key == "secretkey" || key.starts_with("existing");
    let given = value.as_str().is_some_and(|text| !text.is_empty());
    (names_one && !refers && given).then(|| "is a secret in plain text".to_owned())
}

fn image(key: &str, value: &Json) -> Option<String> {
    let text = value.as_str()?;
    match key {
        "tag" | "imageTag" if text == "latest" => Some("is `latest`".to_owned()),
        "image" if text.contains(['/', ':']) && !is_pinned(text) => {
            Some(format!("is `{text}`, which names no version"))
        }
        _ => None,
    }
}
