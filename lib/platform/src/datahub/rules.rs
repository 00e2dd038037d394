//! Rules over releases of DataHub.

use groundplan_core::{Json, Rule, Rules, Severity, View};
use groundplan_kube::{Chart, HelmRelease};

const PASSWORDS: Rule = Rule {
    id: "datahub-passwords",
    severity: Severity::Error,
    field: "values.datahub-frontend.extraEnvs",
    why: "the chart's first password is in its documentation, and whoever logs in with it is administrator",
    mend: "log in with OIDC and set AUTH_JAAS_ENABLED and AUTH_NATIVE_ENABLED to false; in the reference platform `datahub.login = \"google\"`",
};
const NO_LOGIN: Rule = Rule {
    id: "datahub-no-login",
    severity: Severity::Error,
    field: "values.datahub-frontend.oidcAuthentication.enabled",
    why: "with passwords off and no OIDC, DataHub takes everybody for its administrator",
    mend: "set `oidcAuthentication.enabled`",
};
const COOKIES: Rule = Rule {
    id: "datahub-cookies",
    severity: Severity::Warn,
    field: "values.datahub-frontend.authCookies.secure",
    why: "the browser sends the session to whoever answers without TLS",
    mend: "set `authCookies.secure` to \"true\"",
};
const TOKENS: Rule = Rule {
    id: "datahub-token-authentication",
    severity: Severity::Error,
    field: "values.global.datahub.metadata_service_authentication.enabled",
    why: "every pod of the cluster reads and changes all metadata, without being asked who it is",
    mend: "set `metadata_service_authentication.enabled`",
};
const KAFKA: Rule = Rule {
    id: "datahub-kafka-copies",
    severity: Severity::Warn,
    field: "values.global.kafka.replicationFactor",
    why: "one lost disk loses changes of metadata that are on their way",
    mend: "run three brokers: in the reference platform `datahub.kafka.replicas = 3`",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(PASSWORDS, |release: &HelmRelease, _: &View<'_>| {
            let on = is_datahub(release) && passwords(&release.values);
            on.then_some("it lets people in with passwords")
        })
        .on(NO_LOGIN, |release: &HelmRelease, _: &View<'_>| {
            let values = &release.values;
            let open = is_datahub(release) && !passwords(values) && !oidc(values);
            open.then_some("nobody has to log in")
        })
        .on(COOKIES, |release: &HelmRelease, _: &View<'_>| {
            let secure = is_true(&release.values["datahub-frontend"]["authCookies"]["secure"]);
            let open = is_datahub(release) && oidc(&release.values) && !secure;
            open.then_some("its cookies are sent without TLS too")
        })
        .on(TOKENS, |release: &HelmRelease, _: &View<'_>| {
            let datahub = &release.values["global"]["datahub"];
            let on = is_true(&datahub["metadata_service_authentication"]["enabled"]);
            (is_datahub(release) && !on).then_some("its API asks nobody who they are")
        })
        .on(KAFKA, |release: &HelmRelease, _: &View<'_>| {
            let copies = release.values["global"]["kafka"]["replicationFactor"].as_u64();
            // A Kafka of one's own says nothing here.
            let few = copies.filter(|copies| *copies < 3 && is_datahub(release))?;
            Some(format!("its topics are kept {}", if few == 1 { "once" } else { "twice" }))
        })
}

fn is_datahub(release: &HelmRelease) -> bool {
    let last = |text: &str| text.trim_end_matches('/').rsplit('/').next() == Some("datahub");
    match &release.chart {
        Chart::Repository { name, .. } => name == "datahub",
        Chart::Oci { reference, .. } => last(reference),
        Chart::Local { path } => last(path) || release.values["global"]["datahub"].is_object(),
    }
}

/// Values of charts are `true` or `"true"`.
fn is_true(value: &Json) -> bool {
    value == true || value == "true"
}

fn oidc(values: &Json) -> bool {
    is_true(&values["datahub-frontend"]["oidcAuthentication"]["enabled"])
}

/// Whether people get in with passwords: unless both ways are turned off.
fn passwords(values: &Json) -> bool {
    let envs = values["datahub-frontend"]["extraEnvs"].as_array();
    let off = |name: &str| {
        envs.into_iter().flatten().any(|env| env["name"] == name && env["value"] == "false")
    };
    !(off("AUTH_JAAS_ENABLED") && off("AUTH_NATIVE_ENABLED"))
}
