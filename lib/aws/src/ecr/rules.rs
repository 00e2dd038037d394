//! Rules over repositories of images.

use super::{Repository, TagMutability};
use groundplan_core::{Rule, Rules, Severity, View};

const SCAN: Rule = Rule {
    id: "ecr-scan",
    severity: Severity::Warn,
    field: "scan_on_push",
    why: "known holes in an image are found by somebody, and it should be its owner",
    mend: "set `scan_on_push`; a scan costs nothing",
};
const MUTABLE: Rule = Rule {
    id: "ecr-mutable-tags",
    severity: Severity::Warn,
    field: "mutability",
    why: "what runs under a tag can become something else without a deployment",
    mend: "make tags `Immutable`, and give each build its own",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(SCAN, |repository: &Repository, _: &View<'_>| {
            (!repository.scan_on_push).then_some("its images are not scanned")
        })
        .on(MUTABLE, |repository: &Repository, _: &View<'_>| {
            let mutable = repository.mutability == TagMutability::Mutable;
            mutable.then_some("a tag can be given to another image")
        })
}
