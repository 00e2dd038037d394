//! What the types of settings cannot say: above all that no two networks that meet have the same addresses.

use super::settings::{Account, Layout, Settings, block};
use groundplan::{Problems, aws::Cidr, platform::AddressPlan};

/// What EKS chooses of for the services of a cluster.
const CHOSEN: [&str; 2] = ["10.100.0.0/16", "172.20.0.0/16"];

pub(super) fn check(settings: &Settings, problems: &mut Problems) {
    let enough = settings.zones.len() >= 2;
    problems.require(enough, "zones", "names too few zones: EKS and RDS want two at least");
    for name in settings.workloads.keys() {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = name.len() <= 20 && name.chars().all(letters);
        let what = format!("`{name}` is no name: up to 20 lower-case letters, digits and `-`");
        problems.require(fits && name != "platform", &format!("workloads.{name}"), what);
    }
    addresses(settings, problems);
    let known = networks(settings, problems);
    services(settings, &known, problems);
}

/// Two accounts never have one address.
fn addresses(settings: &Settings, problems: &mut Problems) {
    let mut taken: Vec<String> = vec![settings.platform.email.to_lowercase()];
    for (name, Account { email, .. }) in &settings.workloads {
        let email = email.to_lowercase();
        if taken.contains(&email) {
            let what = format!("`{email}` is another account's already; AWS takes each once");
            problems.add(format!("workloads.{name}.email"), what);
        }
        taken.push(email);
    }
}

/// The networks there will be can be divided, and none overlaps another one. Gives the addresses of all.
fn networks(settings: &Settings, problems: &mut Problems) -> Vec<(String, Cidr)> {
    let mut known: Vec<(String, Cidr)> = Vec::new();
    if let Some(warehouse) = &settings.warehouse {
        let at = "warehouse.cidr";
        match warehouse.cidr.parse() {
            Ok(cidr) => known.push((at.to_owned(), cidr)),
            Err(error) => problems.add(at, format!("{error}")),
        }
        let what = "names none, so nothing of the warehouse could be reached";
        problems.require(!warehouse.route_tables.is_empty(), "warehouse.route_tables", what);
    }
    let platform = ("platform".to_owned(), &settings.platform);
    let workloads = settings.workloads.iter().map(|(n, a)| (format!("workloads.{n}"), a));
    let own = workloads.filter(|_| settings.layout == Layout::Decentral);
    for (name, account) in std::iter::once(platform).chain(own) {
        let at = format!("{name}.cidr");
        let Some(text) = &account.cidr else {
            problems.add(at, "is not given, and the account has a network of its own");
            continue;
        };
        let cidr = match text.parse::<Cidr>() {
            Ok(cidr) => cidr,
            Err(error) => {
                problems.add(at, error.to_string());
                continue;
            }
        };
        if let Err(error) = AddressPlan::divide(cidr, settings.zones.len().max(1)) {
            problems.add(at.clone(), error.to_string());
        }
        for (other, taken) in known.iter().filter(|(_, taken)| taken.overlaps(&cidr)) {
            let what =
                format!("{cidr} overlaps {taken} of `{other}`: they could never be connected");
            problems.add(at.clone(), what);
        }
        known.push((at, cidr));
    }
    known
}

/// No network has the addresses of services: from a cluster, what has one of them could not be reached.
fn services(settings: &Settings, known: &[(String, Cidr)], problems: &mut Problems) {
    let at = "cluster.service_cidr";
    let overlaps =
        |services: Cidr| known.iter().filter(move |(_, taken)| taken.overlaps(&services));
    let Some(text) = &settings.cluster.service_cidr else {
        for services in CHOSEN.map(block) {
            for (other, taken) in overlaps(services) {
                let what = format!(
                    "is not given, and EKS may choose {services}, which overlaps {taken} of `{other}`: set `service_cidr` to addresses that no network has"
                );
                problems.add(at, what);
            }
        }
        return;
    };
    match text.parse::<Cidr>() {
        Ok(services) => {
            let fits = (12..=24).contains(&services.prefix());
            problems.require(fits, at, format!("{services} is not between /12 and /24"));
            for (other, taken) in overlaps(services) {
                let what = format!("{services} overlaps {taken} of `{other}`");
                problems.add(at, format!("{what}: what is there could not be reached"));
            }
        }
        Err(error) => problems.add(at, error.to_string()),
    }
}
