//! What the types of settings cannot say. Every mistake is found, each with its place.

use super::{ChartSource, GoogleSettings, LoginSettings, Settings};
use crate::AddressPlan;
use groundplan_aws::{Cidr, CidrError};
use groundplan_core::Problems;

pub(super) fn check(settings: &Settings, problems: &mut Problems) {
    account(settings, problems);
    network(settings, problems);
    cluster(settings, problems);
    stores(settings, problems);
    datahub(settings, problems);
}

fn account(settings: &Settings, problems: &mut Problems) {
    let Settings { account, region, .. } = settings;
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    problems.require(digits, "account", format!("`{account}` is no account id: it has 12 digits"));
    let parts: Vec<_> = region.split('-').collect();
    let shaped = parts.len() >= 3
        && parts.iter().all(|p| !p.is_empty())
        && parts.last().is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    problems.require(
        shaped,
        "region",
        format!("`{region}` is no region; write one such as `eu-west-1`"),
    );
}

fn network(settings: &Settings, problems: &mut Problems) {
    let network = &settings.network;
    for (number, zone) in network.zones.iter().enumerate() {
        let letter = zone.len() == 1 && zone.bytes().all(|b| b.is_ascii_lowercase());
        let what = format!("`{zone}` is no zone's letter; write `a` for `{}a`", settings.region);
        problems.require(letter, &format!("network.zones[{number}]"), what);
        if network.zones[..number].contains(zone) {
            problems.add(format!("network.zones[{number}]"), format!("`{zone}` is named twice"));
        }
    }
    let cidr = block(&network.cidr, "network.cidr", problems);
    let private =
        network.private_cidrs.as_ref().map(|all| blocks(all, "network.private_cidrs", problems));
    let enough = network.zones.len() >= 2;
    problems.require(enough, "network.zones", "names too few zones: EKS and RDS want two at least");
    let Some(cidr) = cidr else { return };
    match AddressPlan::divide(cidr, network.zones.len().max(1)) {
        Err(error) => problems.add("network.cidr", error.to_string()),
        Ok(plan) => {
            if let Some(Some(private)) = private
                && let Err(error) = plan.with_private(cidr, Some(private))
            {
                problems.add("network.private_cidrs", error.to_string());
            }
        }
    }
}

/// A block of addresses; none if it is no block, which is noted.
fn block(text: &str, at: &str, problems: &mut Problems) -> Option<Cidr> {
    text.parse().map_err(|error: CidrError| problems.add(at, error.to_string())).ok()
}

/// All of several blocks; none if one of them is no block.
fn blocks(texts: &[String], at: &str, problems: &mut Problems) -> Option<Vec<Cidr>> {
    let found: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| block(text, &format!("{at}[{number}]"), problems))
        .collect();
    found.into_iter().collect()
}

fn cluster(settings: &Settings, problems: &mut Problems) {
    let cluster = &settings.cluster;
    let minor = cluster.version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok());
    let what = format!("`{}` is no Kubernetes minor; write one such as `1.35`", cluster.version);
    problems.require(minor.is_some(), "cluster.version", what);
    let someone = !cluster.administrators.is_empty() || settings.role.is_some();
    let what = "name whoever applies: without an access entry the cluster refuses everybody";
    problems.require(someone, "cluster.administrators", what);
    for (number, principal) in cluster.administrators.iter().enumerate() {
        let parts: Vec<_> = principal.split(':').collect();
        let iam = matches!(parts[..], ["arn", _, "iam", "", _, who]
            if who.starts_with("role/") || who.starts_with("user/"));
        let what = format!(
            "`{principal}` is no role or user; write its ARN, `arn:aws:iam::ACCOUNT:role/NAME`, not that of a session"
        );
        problems.require(iam, &format!("cluster.administrators[{number}]"), what);
    }
    blocks(&cluster.public_cidrs, "cluster.public_cidrs", problems);
    let services = cluster.service_cidr.as_ref();
    if let Some(services) = services.and_then(|s| block(s, "cluster.service_cidr", problems)) {
        let size = (12..=24).contains(&services.prefix());
        problems.require(
            size,
            "cluster.service_cidr",
            format!("{services} is not between /12 and /24"),
        );
        let network = settings.network.cidr.parse::<Cidr>();
        let apart = !network.is_ok_and(|network| services.overlaps(&network));
        let what = format!("{services} overlaps the network, {}", settings.network.cidr);
        problems.require(apart, "cluster.service_cidr", what);
    }
    let nodes = &cluster.nodes;
    let typed = !nodes.instance_types.is_empty();
    problems.require(typed, "cluster.nodes.instance_types", "name one, e.g. `m7i.xlarge`");
    let (min, desired, max) = (nodes.min, nodes.desired, nodes.max);
    let what = format!("is {min}, more than `desired`, {desired}");
    problems.require(min <= desired, "cluster.nodes.min", what);
    let what = format!("is {desired}, more than `max`, {max}");
    problems.require(desired <= max, "cluster.nodes.desired", what);
    problems.require(
        max > 0,
        "cluster.nodes.max",
        "is 0, which leaves no machine to run anything on",
    );
}

fn stores(settings: &Settings, problems: &mut Problems) {
    let database = &settings.database;
    let class = database.class.starts_with("db.");
    let what = format!("`{}` is no class; write one such as `db.m7g.large`", database.class);
    problems.require(class, "database.class", what);
    let size = (20..=65536).contains(&database.storage_gib);
    problems.require(size, "database.storage_gib", "gp3 takes 20 to 65536 GiB");
    problems.require(database.backup_days <= 35, "database.backup_days", "35 days are the most");
    let kept = !settings.protect || database.backup_days > 0;
    let what = "a protected database needs backups; keep them for 7 days or more";
    problems.require(kept, "database.backup_days", what);
    let search = &settings.search;
    let typed = search.instance_type.ends_with(".search");
    let what =
        format!("`{}` is no type; write one such as `r7g.large.search`", search.instance_type);
    problems.require(typed, "search.instance_type", what);
    problems.require(search.instance_count > 0, "search.instance_count", "must be at least 1");
    problems.require(search.volume_gib >= 10, "search.volume_gib", "must be at least 10 GiB");
}

fn datahub(settings: &Settings, problems: &mut Problems) {
    let Some(datahub) = &settings.datahub else { return };
    let kafka = datahub.kafka;
    let odd = kafka.replicas == 1 || kafka.replicas == 3;
    let what = format!("{} brokers keep no majority; write 1 or 3", kafka.replicas);
    problems.require(odd, "datahub.kafka.replicas", what);
    problems.require(kafka.storage_gib > 0, "datahub.kafka.storage_gib", "must be at least 1 GiB");
    chart(&datahub.chart, "datahub.chart", problems);
    chart(&datahub.prerequisites, "datahub.prerequisites", problems);
    let missing = datahub.login == LoginSettings::Google && datahub.google.is_none();
    let what = "login with Google needs the table `[datahub.google]`; `login = \"passwords\"` is for sandboxes";
    problems.require(!missing, "datahub.google", what);
    if let Some(GoogleSettings { client_id, url, .. }) = &datahub.google {
        let google = client_id.ends_with(".apps.googleusercontent.com");
        let what = format!("`{client_id}` does not end in `.apps.googleusercontent.com`");
        problems.require(google, "datahub.google.client_id", what);
        // The cookie of the redirect is sent over HTTPS alone.
        let secure = url.starts_with("https://") && !url.ends_with('/');
        let what = format!("`{url}` must begin with `https://` and not end in `/`");
        problems.require(secure, "datahub.google.url", what);
    }
}

fn chart(chart: &ChartSource, at: &str, problems: &mut Problems) {
    let places = [&chart.repository, &chart.oci, &chart.path];
    let one = places.iter().filter(|place| place.is_some()).count() == 1;
    problems.require(one, at, "give exactly one of `repository`, `oci` and `path`");
    match (&chart.path, &chart.version) {
        (Some(_), Some(_)) => {
            problems.add(format!("{at}.version"), "a chart at a path has its version in itself");
        }
        (None, None) => problems.add(format!("{at}.version"), "name the chart's exact version"),
        _ => {}
    }
}
