//! Rules over how machines are made.

use super::LaunchTemplate;
use groundplan_core::{Rule, Rules, Severity, View};

const TOKENS: Rule = Rule {
    id: "ec2-imds-tokens",
    severity: Severity::Error,
    field: "metadata",
    why: "a web application that can be made to fetch a URL gives away the role of its machine",
    mend: "set `metadata.tokens_required`",
};
const HOPS: Rule = Rule {
    id: "ec2-imds-hops",
    severity: Severity::Warn,
    field: "metadata",
    why: "every pod on a machine can take the machine's role",
    mend: "set `metadata.hop_limit` to 1, and give pods roles of their own",
};
const ENCRYPTED: Rule = Rule {
    id: "ec2-volume-encrypted",
    severity: Severity::Error,
    field: "volumes",
    why: "whoever gets a copy of the disk can read it",
    mend: "set `encrypted`; it costs nothing, and no speed",
};
const GP2: Rule = Rule {
    id: "ec2-volume-gp3",
    severity: Severity::Warn,
    field: "volumes",
    why: "it is slower than `gp3` up to a terabyte, and costs a fifth more",
    mend: "set `volume_type` to `gp3`",
};

pub(in crate::ec2) fn rules() -> Rules {
    Rules::new()
        .on(TOKENS, |template: &LaunchTemplate, _: &View<'_>| {
            (!template.metadata.tokens_required).then_some("its machines answer without a session")
        })
        .on(HOPS, |template: &LaunchTemplate, _: &View<'_>| {
            let hops = template.metadata.hop_limit;
            (hops > 1).then(|| format!("an answer goes {hops} hops"))
        })
        .on(ENCRYPTED, |template: &LaunchTemplate, _: &View<'_>| {
            let open = template.volumes.iter().find(|volume| !volume.encrypted);
            open.map(|volume| format!("the disk `{}` is not encrypted", volume.device))
        })
        .on(GP2, |template: &LaunchTemplate, _: &View<'_>| {
            let old = template.volumes.iter().find(|volume| volume.volume_type == "gp2");
            old.map(|volume| format!("the disk `{}` is of the sort `gp2`", volume.device))
        })
}
