//! Rules over buckets.

use super::{Bucket, BucketPolicy, LifecycleRule, PublicAccessBlock};
use groundplan_core::{Address, Rule, Rules, Severity, View, references, to_json};

const PUBLIC: Rule = Rule {
    id: "s3-public-access",
    severity: Severity::Error,
    field: "public_access_block",
    why: "a mistake in a policy or an access list lets the whole world read what is in it",
    mend: "use `PublicAccessBlock::ALL`; what has to be public goes through CloudFront",
};
const TLS: Rule = Rule {
    id: "s3-tls-only",
    severity: Severity::Warn,
    field: "policy",
    why: "S3 also answers without encryption, and whoever listens reads along",
    mend: "add a `BucketPolicy` with the document of `tls_only`",
};
const OLD: Rule = Rule {
    id: "s3-old-versions",
    severity: Severity::Warn,
    field: "lifecycle",
    why: "old versions are paid for like objects, and nobody sees them",
    mend: "add a rule with `noncurrent_expiration_days`",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(PUBLIC, |bucket: &Bucket, _: &View<'_>| {
            let open = bucket.public_access_block != PublicAccessBlock::ALL;
            open.then_some("something that lets everybody in is not refused")
        })
        .on(OLD, |bucket: &Bucket, _: &View<'_>| {
            let ends =
                |rule: &LifecycleRule| rule.enabled && rule.noncurrent_expiration_days.is_some();
            let kept = bucket.versioning && !bucket.lifecycle.iter().any(ends);
            kept.then_some("its old versions are kept for ever")
        })
        .across(TLS, |view| {
            let policies = view.all::<BucketPolicy>();
            let without = |(address, bucket): &(&Address, Bucket)| {
                let own = policies.iter().filter(|(_, policy)| is_of(policy, address, bucket));
                !own.into_iter().any(|(_, policy)| demands_tls(policy))
            };
            let what = "what comes without TLS is answered all the same";
            let found = view.all::<Bucket>().into_iter().filter(without);
            found.map(|(address, _)| (address.clone(), what.to_owned())).collect()
        })
}

fn is_of(policy: &BucketPolicy, address: &Address, bucket: &Bucket) -> bool {
    let named = bucket.name.as_ref().is_some_and(|name| policy.bucket.known() == Some(name));
    named || references(&to_json(&policy.bucket)).contains(address)
}

/// Whether it speaks of TLS at all: how it does is its author's to decide.
fn demands_tls(policy: &BucketPolicy) -> bool {
    to_json(&policy.document).to_string().contains("aws:SecureTransport")
}
