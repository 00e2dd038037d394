//! What the types of settings cannot say: above all that no two networks that meet have the same addresses.

use super::settings::{Account, Layout, Settings};
use groundplan::{Problems, aws::Cidr, platform::AddressPlan};

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
    networks(settings, problems);
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

/// The networks there will be can be divided, and none overlaps another one.
fn networks(settings: &Settings, problems: &mut Problems) {
    let mut known: Vec<(String, Cidr)> = Vec::new();
    if let Some(warehouse) = &settings.warehouse {
        let at = "warehouse.cidr";
        match warehouse.cidr.parse() {
            Ok(cidr) => known.push((at.to_owned(), cidr)),
            Err(error) => problems.add(at, format!("{error}")),
        }
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
}
