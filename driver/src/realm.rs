//! The world that a run is in: real AWS, or one particular sandbox. Verified before anything is read:
//! in the wrong world everything looks absent, and would be made again.

use crate::{
    environment,
    render::error::{FAILED, Failure, REFUSED},
    sandbox::Local,
};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_smithy_http_client::proxy::ProxyConfig;
use groundplan::{
    Fault,
    aws::{Aws, Loopback, account::Caller, http_client},
};
use groundplan_state::{Realm, Snapshot};

/// Where the caller is asked for if no region is set. Every account can be asked there.
const ANY_REGION: &str = "us-east-1";

/// The world that a run is in.
#[derive(Debug)]
pub(crate) struct World {
    /// Makes clients in it.
    pub(crate) aws: Aws,
    /// Whom it takes this run for.
    pub(crate) caller: Caller,
    /// What states of it carry.
    pub(crate) realm: Realm,
    /// The sandbox, if it is one.
    pub(crate) sandbox: Option<Local>,
}

impl World {
    /// Real AWS, as whoever the usual variables and profiles say.
    pub(crate) async fn real() -> Result<Self, Failure> {
        // HTTPS_PROXY, NO_PROXY and their kind.
        let http = http_client(ProxyConfig::from_env());
        let base = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        if let Some(endpoint) = base.endpoint_url().map(str::to_owned).or_else(elsewhere) {
            return Err(not_aws(&endpoint));
        }
        credentials(&base).await?;
        let region = base.region().map_or_else(|| ANY_REGION.to_owned(), ToString::to_string);
        let aws = Aws::new(base);
        let caller = aws.caller(&region).await.map_err(unverified)?;
        let realm = Realm::Aws { partition: caller.partition.clone() };
        Ok(Self { aws, caller, realm, sandbox: None })
    }

    /// A sandbox. Nothing of the environment has a say in where its clients go.
    pub(crate) async fn sandbox(local: Local) -> Result<Self, Failure> {
        let sandbox = &local.running;
        let endpoint = Loopback::new(&sandbox.endpoint).map_err(|error| Failure {
            what: error.to_string(),
            causes: Vec::new(),
            hints: vec!["end it with `apply sandbox down` and start again".into()],
            exit: REFUSED,
        })?;
        let given = &sandbox.credentials;
        let credentials = Credentials::new(
            &given.access_key_id,
            given.secret_access_key.expose(),
            given.session_token.as_ref().map(|token| token.expose().to_owned()),
            None,
            "sandbox",
        );
        let base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(sandbox.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let aws = Aws::sandbox(base, &endpoint);
        let caller = aws.caller(&sandbox.region).await.map_err(unverified)?;
        if caller.arn != sandbox.caller_arn {
            return Err(Failure {
                what: format!(
                    "{} is not sandbox {}; nothing was read",
                    endpoint.as_str(),
                    sandbox.id
                ),
                causes: vec![format!(
                    "it takes this run for {}, and the sandbox would for {}",
                    caller.arn, sandbox.caller_arn
                )],
                hints: vec!["end it with `apply sandbox down` and start again".into()],
                exit: REFUSED,
            });
        }
        let realm = Realm::Sandbox { id: sandbox.id.clone() };
        Ok(Self { aws, caller, realm, sandbox: Some(local) })
    }

    /// Refuses a state of another world.
    pub(crate) fn admit(&self, state: &Snapshot, place: &str) -> Result<(), Failure> {
        admit(&self.realm, state, place)
    }
}

/// Refuses a state of another world.
pub(crate) fn admit(realm: &Realm, state: &Snapshot, place: &str) -> Result<(), Failure> {
    if state.realm == *realm {
        return Ok(());
    }
    let hint = match (&state.realm, realm) {
        (Realm::Sandbox { .. }, Realm::Sandbox { .. }) => format!(
            "that sandbox has ended, and everything in it: delete {place}, or leave --state away"
        ),
        (Realm::Sandbox { .. }, _) => "add --sandbox, or name another folder with --state".into(),
        (_, Realm::Sandbox { .. }) => {
            "leave --sandbox away, or name another folder with --state".into()
        }
        _ => "use credentials of the right partition, or name another folder with --state".into(),
    };
    Err(Failure {
        what: format!(
            "the state of stack `{}` is of {}, and this run is in {realm}; nothing was read or changed",
            state.stack, state.realm
        ),
        causes: vec![format!("the state is in {place}")],
        hints: vec![hint],
        exit: REFUSED,
    })
}

/// The first variable that would send calls of one service somewhere else.
fn elsewhere() -> Option<String> {
    let ignored = environment::variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    environment::first_with_prefix("AWS_ENDPOINT_URL")
}

fn not_aws(endpoint: &str) -> Failure {
    Failure {
        what: "the environment sends AWS calls somewhere else; nothing was read or changed".into(),
        causes: vec![format!("they would go to {endpoint}")],
        hints: vec![
            "unset AWS_ENDPOINT_URL and its kind, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"
                .into(),
            "for an AWS on this machine use --sandbox".into(),
        ],
        exit: REFUSED,
    }
}

async fn credentials(base: &SdkConfig) -> Result<(), Failure> {
    let why = match base.credentials_provider() {
        None => "no place is configured that has some".to_owned(),
        Some(provider) => match provider.provide_credentials().await {
            Ok(_) => return Ok(()),
            Err(error) => causes(&error),
        },
    };
    Err(Failure {
        what: "no AWS credentials were found; nothing was read or changed".into(),
        causes: vec![why],
        hints: vec![
            "sign in, e.g. `aws sso login`, and set AWS_PROFILE".into(),
            "or try it without an account: add --sandbox".into(),
        ],
        exit: FAILED,
    })
}

fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn unverified(fault: Fault) -> Failure {
    Failure {
        what: "could not find out who this run is for AWS; nothing was read or changed".into(),
        causes: vec![fault.to_string()],
        hints: fault.hint.iter().cloned().collect(),
        exit: FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sandbox(id: &str) -> Realm {
        Realm::Sandbox { id: id.into() }
    }

    fn aws(partition: &str) -> Realm {
        Realm::Aws { partition: partition.into() }
    }

    #[test]
    fn a_state_of_another_world_is_refused_with_both_named() {
        let state = |realm| Snapshot::new("hub", realm);
        assert!(admit(&sandbox("a"), &state(sandbox("a")), "DIR").is_ok());
        for (of, run, hint) in [
            (sandbox("sbx-1"), aws("aws"), "add --sandbox"),
            (aws("aws"), sandbox("sbx-1"), "leave --sandbox away"),
            (sandbox("sbx-1"), sandbox("sbx-2"), "has ended"),
            (aws("aws"), aws("aws-cn"), "the right partition"),
        ] {
            let failed = admit(&run, &state(of.clone()), "DIR").unwrap_err();
            assert_eq!(failed.exit, 3);
            assert!(
                failed.what.contains(&of.to_string()) && failed.what.contains(&run.to_string())
            );
            assert!(failed.hints[0].contains(hint), "{:?}", failed.hints);
        }
    }
}
