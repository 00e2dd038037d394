//! Rules over what roles may do and whom they trust.

use super::{
    Role, RolePolicy, RolePolicyAttachment,
    policy::{Condition, Grant, grants},
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
const TRUST_ANY_SUBJECT: Rule = Rule {
    id: "iam-trust-subject-wildcard",
    severity: Severity::Warn,
    field: "trust",
    why: "every pod of a namespace, or every branch and pull request of a repository, can take the role",
    mend: "write out `<issuer>:sub`, such as `repo:ORG/REPO:environment:production`",
};

pub(crate) fn rules() -> Rules {
    Rules::new()
        .on(ADMINISTRATOR, |policy: &RolePolicy, _: &View<'_>| {
            judge(&policy.document, |grant| {
                let all = grant.allows_everything() && grant.on_everything();
                all.then(|| "allows every action on everything".into())
            })
        })
        .on(SERVICE_WIDE, |policy: &RolePolicy, _: &View<'_>| {
            judge(&policy.document, |grant| {
                let judged = grant.on_everything() && !grant.allows_everything();
                let wide = |action: &&String| action.ends_with(":*");
                let wide = grant.actions.iter().find(wide).filter(|_| judged)?;
                Some(format!("allows `{wide}` on everything"))
            })
        })
        .on(PASS_ANY_ROLE, |policy: &RolePolicy, _: &View<'_>| {
            judge(&policy.document, |grant| {
                // Everything on everything is told of already.
                let told = grant.allows_everything() && grant.on_everything();
                let any = grant.allows("iam:PassRole") && grant.on_every_role() && !told;
                any.then(|| "allows to pass any role".into())
            })
        })
        .on(ADMINISTRATOR_POLICY, administrator_policy)
        .on(TRUST_EVERYBODY, |role: &Role, _: &View<'_>| {
            judge(&role.trust, |grant| {
                let open = grant.for_everybody() && !grant.is_bound();
                open.then(|| "trusts everybody".into())
            })
        })
        .on(TRUST_SUBJECT, |role: &Role, _: &View<'_>| judge(&role.trust, subject))
        .on(TRUST_ANY_SUBJECT, |role: &Role, _: &View<'_>| judge(&role.trust, any_subject))
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

/// Cognito's tokens for signed-in users name an identity that nobody knows beforehand: its trusts bind the
/// pool by `aud`, and `amr` in place of `sub`.
const COGNITO: &str = "cognito-identity.amazonaws.com";

fn subject(grant: &Grant) -> Option<String> {
    if !grant.allows(WEB_IDENTITY) {
        return None;
    }
    let cognito = grant.principals.iter().all(|principal| principal == COGNITO);
    let wanted = if cognito { [":aud", ":amr"] } else { [":aud", ":sub"] };
    let pinned = |part: &&'static str| {
        claims(grant, part).any(|c| is_exact(c) || c.values.iter().all(|value| is_named(value)))
    };
    let missing: Vec<_> = wanted.into_iter().filter(|part| !pinned(part)).collect();
    let which = missing.join("` and `");
    (!missing.is_empty()).then(|| format!("takes tokens whatever their `{which}` say"))
}

fn any_subject(grant: &Grant) -> Option<String> {
    let all: Vec<_> = claims(grant, ":sub").collect();
    if !grant.allows(WEB_IDENTITY) || all.iter().any(|condition| is_exact(condition)) {
        return None;
    }
    let wild = all.iter().flat_map(|condition| &condition.values).find(|value| is_wild(value))?;
    is_named(wild).then(|| format!("takes tokens of every `sub` like `{wild}`"))
}

const WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";

/// The conditions that demand something of a claim of the token.
fn claims<'a>(grant: &'a Grant, claim: &'static str) -> impl Iterator<Item = &'a Condition> {
    grant.conditions.iter().filter(move |c| c.key.ends_with(claim) && c.demands())
}

/// Whether a condition writes out all that it takes.
fn is_exact(condition: &Condition) -> bool {
    !condition.operator.ends_with("Like") || !condition.values.iter().any(|value| is_wild(value))
}

fn is_wild(value: &str) -> bool {
    value.contains(['*', '?'])
}

/// Whether a pattern stands for what belongs to somebody: before its first wildcard whole parts of a name
/// are written out, and more than what every name of the issuer begins with.
fn is_named(value: &str) -> bool {
    /// How subjects of Kubernetes begin; those of others begin with one word, as in `repo:ORG/REPO`.
    const PODS: &str = "system:serviceaccount:";
    let Some((fixed, _)) = value.split_once(['*', '?']) else { return true };
    let own = match fixed.strip_prefix(PODS) {
        Some(own) => Some(own),
        None => fixed.split_once(':').map(|(_, own)| own),
    };
    own.is_some_and(|own| own.len() > 1 && own.ends_with([':', '/']))
}
