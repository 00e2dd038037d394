//! Errors of the Kubernetes API as faults: what was tried, what the server said, and what helps.

use crate::ClusterAccess;
use groundplan_core::{Class, Fault};
use kube::{Error, core::Status};

/// Turns an error into a fault. `action` completes "could not …": `list pods in datahub`.
pub(crate) fn fault(
    access: &ClusterAccess,
    action: impl Into<String>,
) -> impl FnOnce(Error) -> Fault {
    move |error| {
        let what = format!("could not {} in cluster `{}`", action.into(), access.name);
        match error {
            Error::Api(status) => answered(access, what, &status),
            Error::Service(inner) => match inner.downcast::<Fault>() {
                // The token could not be made; that fault says it all.
                Ok(fault) => *fault,
                Err(inner) => unreachable(access, chain(inner.as_ref())),
            },
            Error::HyperError(inner) => unreachable(access, chain(&inner)),
            other => Fault::new(Class::Other, what).why(chain(&other)),
        }
    }
}

/// The fault of a status that the server answered with.
fn answered(access: &ClusterAccess, what: String, status: &Status) -> Fault {
    let reason =
        if status.reason.is_empty() { status.code.to_string() } else { status.reason.clone() };
    let fault = |class| Fault::new(class, what.clone()).why(&status.message).code(reason.clone());
    match status.code {
        401 => not_accepted(access),
        403 if status.message.contains("is being terminated") => fault(Class::InUse),
        403 => match refused_right(status) {
            Some(right) => fault(Class::Denied).hint(format!(
                "allow {right} to {} with a Role or ClusterRole and its binding, or associate an access policy such as AmazonEKSClusterAdminPolicy with its access entry",
                access.caller()
            )),
            None => fault(Class::Denied),
        },
        404 => fault(Class::NotFound),
        409 if status.reason == "AlreadyExists" => fault(Class::Exists),
        409 => fault(Class::NotOurs),
        429 => fault(Class::Throttled),
        400..=499 => fault(Class::Invalid),
        _ => fault(Class::Unreachable),
    }
}

/// The right that is missing: "list deployments.apps". Not every 403 is one: quotas and admission
/// answer with it too.
fn refused_right(status: &Status) -> Option<String> {
    let (_, rest) = status.message.split_once(" cannot ")?;
    let (verb, rest) = rest.split_once(" resource \"")?;
    let (resource, rest) = rest.split_once('"')?;
    let group = rest.split_once("API group \"").and_then(|(_, rest)| rest.split_once('"'));
    let group = group.map_or("", |(group, _)| group);
    Some(if group.is_empty() {
        format!("`{verb}` on `{resource}`")
    } else {
        format!("`{verb}` on `{resource}.{group}`")
    })
}

fn not_accepted(access: &ClusterAccess) -> Fault {
    let (name, caller) = (&access.name, access.caller());
    Fault::new(Class::Denied, format!("cluster `{name}` does not accept {caller}"))
        .why("it answered 401: the caller has no access entry in it, or that was made seconds ago")
        .code("Unauthorized")
        .hint(format!(
            "give {caller} an access entry in cluster `{name}` (`cluster.administrators` of the platform), or run as a role that has one"
        ))
}

fn unreachable(access: &ClusterAccess, why: String) -> Fault {
    let what = format!("the API server of cluster `{}` gave no answer", access.name);
    Fault::new(Class::Unreachable, what).why(format!("{}: {why}", access.endpoint)).hint(
        "check that this machine may reach that address: public access and its CIDRs, or the way into the VPC",
    )
}

/// An error and all its causes, without those that only repeat what was said.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let says = error.to_string();
        if !text.contains(&says) {
            text = format!("{text}: {says}");
        }
        cause = error.source();
    }
    text
}

/// Takes a fault that says that the object is not there for the answer `None`.
pub(crate) fn absent<T>(result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(fault) if fault.class == Class::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> ClusterAccess {
        ClusterAccess {
            name: "main".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            role: Some("arn:aws:iam::111122223333:role/deployer".into()),
            via: None,
            endpoint: "https://127.0.0.1:1".into(),
            certificate_authority: String::new(),
        }
    }

    fn answer(code: u16, reason: &str, message: &str) -> Fault {
        let status = Status::failure(message, reason).with_code(code);
        fault(&access(), "list secrets in `datahub`")(Error::Api(status.boxed()))
    }

    #[test]
    fn a_missing_right_is_named() {
        let fault = answer(
            403,
            "Forbidden",
            "secrets is forbidden: User \"x\" cannot list resource \"secrets\" in API group \"\" in the namespace \"datahub\"",
        );
        assert_eq!(fault.class, Class::Denied);
        assert_eq!(fault.what, "could not list secrets in `datahub` in cluster `main`");
        assert!(fault.hint.as_ref().unwrap().starts_with("allow `list` on `secrets` to arn:"));
        let fault = answer(
            403,
            "Forbidden",
            "x is forbidden: User \"x\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"y\"",
        );
        assert!(fault.hint.as_ref().unwrap().contains("`patch` on `deployments.apps`"));
    }

    #[test]
    fn a_quota_is_no_missing_right() {
        let fault = answer(403, "Forbidden", "pods \"a\" is forbidden: exceeded quota: small");
        assert_eq!((fault.class, fault.hint.as_deref()), (Class::Denied, None));
    }

    #[test]
    fn an_unknown_caller_hears_of_access_entries() {
        let fault = answer(401, "Unauthorized", "Unauthorized");
        assert_eq!(fault.class, Class::Denied);
        assert!(
            fault.to_string().contains("does not accept arn:aws:iam::111122223333:role/deployer")
        );
        assert!(fault.hint.as_ref().unwrap().contains("an access entry in cluster `main`"));
    }

    #[test]
    fn a_webhook_that_is_not_up_yet_may_pass() {
        assert_eq!(
            answer(500, "InternalError", "failed calling webhook").class,
            Class::Unreachable
        );
    }
}
