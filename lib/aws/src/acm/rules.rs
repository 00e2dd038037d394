//! Rules over certificates.

use super::{Certificate, Validation};
use groundplan_core::{Rule, Rules, Severity, references, to_json};

const VALIDATED: Rule = Rule {
    id: "acm-validation",
    severity: Severity::Warn,
    field: "domain",
    why: "what uses a certificate before it is issued is refused, and ACM gives up after 72 hours",
    mend: "add a `Validation`, and let what uses the certificate take the ARN from it",
};

pub(crate) fn rules() -> Rules {
    Rules::new().across(VALIDATED, |view| {
        let validations = view.all::<Validation>();
        let alone = view.all::<Certificate>().into_iter().filter(|(address, _)| {
            let mut of = validations.iter().map(|(_, one)| references(&to_json(&one.certificate)));
            !of.any(|named| named.contains(*address))
        });
        let what = "nothing waits until it is issued";
        alone.map(|(address, _)| (address.clone(), what.to_owned())).collect()
    })
}
