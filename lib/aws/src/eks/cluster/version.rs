//! Versions of Kubernetes, and the way from one to another.

use groundplan_core::{Class, Fault, Result};

/// Major and minor of `1.35`.
pub(super) fn parse(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The versions to go through from one to another: EKS takes one minor at a time.
pub(super) fn steps(cluster: &str, from: &str, to: &str) -> Result<Vec<String>> {
    let unreadable =
        |text| Fault::new(Class::Invalid, format!("`{text}` is no Kubernetes version"));
    let (from_major, from_minor) = parse(from).ok_or_else(|| unreadable(from))?;
    let (to_major, to_minor) = parse(to).ok_or_else(|| unreadable(to))?;
    if (to_major, to_minor) < (from_major, from_minor) {
        let what =
            format!("the cluster `{cluster}` runs Kubernetes {from} and is not taken back to {to}");
        return Err(Fault::new(Class::Refused, what)
            .why("objects that the newer version stored may be unreadable to the older one")
            .hint(format!(
                "set `version` to `{from}`; within 7 days EKS itself can roll one minor back: `aws eks update-cluster-version --name {cluster} --kubernetes-version {to}`"
            )));
    }
    if from_major != to_major {
        let what = format!("there is no known way from Kubernetes {from} to {to}");
        return Err(Fault::new(Class::Refused, what).hint(format!("set `version` to `{from}`")));
    }
    Ok((from_minor + 1..=to_minor).map(|minor| format!("{to_major}.{minor}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_minor_is_a_step() {
        assert_eq!(steps("c", "1.32", "1.35").unwrap(), ["1.33", "1.34", "1.35"]);
        assert_eq!(steps("c", "1.9", "1.10").unwrap(), ["1.10"]);
        assert_eq!(steps("c", "1.35", "1.35").unwrap(), [""; 0]);
    }

    #[test]
    fn there_is_no_way_back() {
        let fault = steps("c", "1.10", "1.9").unwrap_err();
        assert_eq!(fault.class, Class::Refused);
        assert!(fault.hint.as_ref().unwrap().starts_with("set `version` to `1.10`"));
        assert!(steps("c", "1.35", "2.0").is_err());
        assert!(steps("c", "1.35", "latest").is_err());
    }
}
