//! Domains that ACM issues certificates for.

use groundplan_core::Problems;

/// Notes what is no domain, or wildcard of one.
pub(super) fn check_domain(problems: &mut Problems, path: &str, domain: &str) {
    let name = domain.strip_prefix("*.").unwrap_or(domain);
    let part = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        (1..=63).contains(&part.len())
            && part.chars().all(|c| plain(c) || c == '-')
            && part.starts_with(plain)
            && part.ends_with(plain)
    };
    problems.require(
        domain.len() <= 253 && name.contains('.') && name.split('.').all(part),
        path,
        format!("`{domain}` is no domain such as `data.example.com` or `*.example.com`, in small letters"),
    );
}
