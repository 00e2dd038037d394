//! Keys of log groups, which the service has to be let use.

use groundplan_core::{Fault, Patience};

/// How long it takes until a key's new policy is known to CloudWatch Logs.
pub(super) const SETTLING: Patience = Patience::new(1000, 10, 60);

/// Whether CloudWatch Logs may not use the key, perhaps because it has not heard of its policy yet.
pub(super) fn refuses_key(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default();
    fault.is("InvalidParameterException") && why.contains("KMS key")
}

pub(super) fn explain(fault: Fault) -> Fault {
    if !refuses_key(&fault) {
        return fault;
    }
    fault.hint("let `logs.REGION.amazonaws.com` encrypt and decrypt with the key, in its policy")
}
