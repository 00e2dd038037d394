//! What S3 takes for the name of a bucket.

/// Why a text is no name of a bucket, if it is none:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(super) fn unfit(name: &str) -> Option<String> {
    const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = (3..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || ".-".contains(c))
        && name.starts_with(plain)
        && name.ends_with(plain)
        && !name.contains("..");
    if !fits {
        return Some(format!(
            "`{name}` is no name of a bucket: 3 to 63 small letters, digits, dots and hyphens, a letter or digit at both ends, no two dots in a row"
        ));
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(format!("`{name}` is an address; a bucket is not called so"));
    }
    let kept = PREFIXES.iter().find(|prefix| name.starts_with(**prefix));
    let kept = kept.or_else(|| SUFFIXES.iter().find(|suffix| name.ends_with(**suffix)));
    kept.map(|kept| format!("`{kept}` in `{name}` is kept for S3 itself; choose another name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_what_s3_refuses() {
        for fit in ["abc", "acme-states", "a.b-c", "1-2"] {
            assert_eq!(unfit(fit), None, "{fit}");
        }
        for other in ["ab", "Acme", "acme_states", "-acme", "acme-", "a..b", "192.168.0.1"] {
            assert!(unfit(other).is_some(), "{other}");
        }
        assert!(unfit("acme--x-s3").is_some_and(|why| why.contains("kept for S3")));
    }
}
