//! Rules over what roles may do and whom they trust.

use super::{
    Role, RolePolicy, RolePolicyAttachment,
    policy::{Grant, grants},
};
use groundplan_core::{Rule, Rules, Severity, Val, Verdict, View, to_json};

const ADMINISTRATOR: Rule = Rule {
    id: "iam-administrator",
    severity: Severity::Error,
    field: "document",
    why: "whoever takes the role owns the account",
    mend: "name the actions and resources that it needs; `aws iam generate-service-last-accessed-details` tells which are used",
};
const SERVICE_WIDE: Rule = Rule {
    id: "iam-service-wide",
    severity: Severity::Warn,
    field: "document",
    why: "every action of a service on everything is more than any workload needs",
    mend: "name the actions, or the ARNs they are allowed on",
};
const PASS_ANY_ROLE: Rule = Rule {
    id: "iam-pass-any-role",
    severity: Severity::Error,
    field: "document",
    why: "who may pass any role to a service may do what the strongest role may",
    mend: "name the ARNs of the roles in `Resource`",
};
const ADMINISTRATOR_POLICY: Rule = Rule {
    id: "iam-administrator-policy",
    severity: Severity::Error,
    field: "policy",
    why: "AWS's policies for administrators let a workload do everything, to the whole account",
    mend: "attach a policy for the job, or write a `RolePolicy` with the actions it needs",
};
const TRUST_EVERYBODY: Rule = Rule {
    id: "iam-trust-everybody",
    severity: Severity::Error,
    field: "trust",
    why: "any AWS account in the world can take the role",
    mend: "name the principals, or bind `*` by a condition such as `aws:PrincipalOrgID`",
};
const TRUST_SUBJECT: Rule = Rule {
    id: "iam-trust-subject",
    severity: Severity::Error,
    field: "trust",
    why: "an issuer signs tokens for every pod or repository it knows, not only for the one that is meant",
    mend: "add a `StringEquals` condition on `<issuer>:aud` and on `<issuer>:sub`, each without wildcards",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(ADMINISTRATOR, |policy: &RolePolicy, _: &View<'_>| {
            judge(&policy.document, |grant| {
                let all = grant.actions.iter().any(|action| action == "*");
                (all && grant.on_everything()).then(|| "allows every action on everything".into())
            })
        })
        .on(SERVICE_WIDE, |policy: &RolePolicy, _: &View<'_>| {
            judge(&policy.document, |grant| {
                let wide = |action: &&String| action.ends_with(":*");
                let wide = grant.actions.iter().find(wide).filter(|_| grant.on_everything())?;
                Some(format!("allows `{wide}` on everything"))
            })
        })
        .on(PASS_ANY_ROLE, |policy: &RolePolicy, _: &View<'_>| {
            judge(&policy.document, |grant| {
                let everything = grant.actions.iter().any(|action| action == "*");
                let any = grant.allows("iam:PassRole") && grant.on_everything() && !everything;
                any.then(|| "allows to pass any role".into())
            })
        })
        .on(ADMINISTRATOR_POLICY, administrator_policy)
        .on(TRUST_EVERYBODY, |role: &Role, _: &View<'_>| {
            judge(&role.trust, |grant| {
                let open = grant.for_everybody() && grant.conditions.is_empty();
                open.then(|| "trusts everybody".into())
            })
        })
        .on(TRUST_SUBJECT, |role: &Role, _: &View<'_>| judge(&role.trust, subject))
}

/// The first thing that is found in a policy that can be read.
fn judge(document: &Val<String>, find: impl Fn(&Grant) -> Option<String>) -> Verdict {
    match grants(&to_json(document)) {
        Some(grants) => grants.iter().find_map(find).into(),
        None => Verdict::Unknown,
    }
}

fn administrator_policy(attachment: &RolePolicyAttachment, _: &View<'_>) -> Option<String> {
    const ALL: [&str; 3] = ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"];
    let name = attachment.policy.known()?.as_str().rsplit('/').next()?;
    ALL.contains(&name).then(|| format!("`{name}` is attached"))
}

fn subject(grant: &Grant) -> Option<String> {
    if !grant.allows("sts:AssumeRoleWithWebIdentity") {
        return None;
    }
    let pinned = |part: &str| {
        grant.conditions.iter().any(|condition| {
            let exact = condition.operator == "StringEquals"
                || condition.values.iter().all(|value| !value.contains(['*', '?']));
            condition.key.ends_with(part) && exact && condition.operator.starts_with("String")
        })
    };
    let missing: Vec<_> = [":aud", ":sub"].into_iter().filter(|part| !pinned(part)).collect();
    let which = missing.join("` and `");
    (!missing.is_empty()).then(|| format!("takes tokens whatever their `{which}` say"))
}
