//! Credentials that expire while a run waits, and credentials that are taken away.
//!
//! The run's clock goes fast: what the sandbox makes it wait for takes hours on it.

use crate::harness::Wire;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, future},
};
use aws_smithy_async::time::TimeSource;
use groundplan::aws::{
    Clients,
    eks::Cluster,
    iam::{Role, RolePolicyAttachment},
};
use groundplan::{Class, Options, Stack, json, json_text};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// How long credentials are good for: what AWS gives to a role that was taken on by a role.
const HOUR: Duration = Duration::from_hours(1);
/// How much faster than the sandbox's the run's clock goes: a second is an hour and a half.
const SPEED: u32 = 5400;

#[derive(Clone, Copy, Debug)]
struct FastClock {
    began: SystemTime,
    at: Instant,
}

impl FastClock {
    fn new() -> Self {
        Self { began: SystemTime::now(), at: Instant::now() }
    }
}

impl TimeSource for FastClock {
    fn now(&self) -> SystemTime {
        self.began + self.at.elapsed() * SPEED
    }
}

/// Gives a new key each time it is asked. Each is good for an hour; then, or sooner, it is taken away.
#[derive(Clone, Debug)]
struct Issuer {
    aws: Arc<Clients>,
    user: &'static str,
    clock: FastClock,
    issued: Arc<AtomicUsize>,
}

impl Issuer {
    async fn new(wire: &Wire, user: &'static str, clock: FastClock) -> Self {
        let aws = wire.clients().await;
        aws.iam.create_user().user_name(user).send().await.unwrap();
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [all] });
        let put = aws.iam.put_user_policy().user_name(user).policy_name("all");
        put.policy_document(policy.to_string()).send().await.unwrap();
        Self { aws, user, clock, issued: Arc::default() }
    }

    /// Takes away all keys that were issued.
    async fn revoke(&self) {
        let keys = self.aws.iam.list_access_keys().user_name(self.user).send().await.unwrap();
        for key in keys.access_key_metadata() {
            let delete = self.aws.iam.delete_access_key().user_name(self.user);
            delete.access_key_id(key.access_key_id().unwrap()).send().await.unwrap();
        }
    }

    async fn issue(&self) -> Credentials {
        self.revoke().await;
        self.issued.fetch_add(1, Ordering::Relaxed);
        let made = self.aws.iam.create_access_key().user_name(self.user).send().await.unwrap();
        let key = made.access_key.unwrap();
        let expiry = self.clock.now() + HOUR;
        Credentials::new(key.access_key_id, key.secret_access_key, None, Some(expiry), "issuer")
    }
}

impl ProvideCredentials for Issuer {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { Ok(self.issue().await) })
    }
}

/// A cluster, which takes its time.
fn program(wire: &Wire) -> Stack {
    let (mut stack, scope) = wire.stack();
    let trust = json_text!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "eks.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }],
    });
    let role = stack.add("control", Role::new(scope.clone(), trust));
    let policy = groundplan::aws::Arn::from("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy");
    let rights = RolePolicyAttachment::new(scope.clone(), role.name(), policy.into());
    let rights = stack.add("control", rights).address().clone();
    let vpc = groundplan::aws::ec2::Vpc::new(scope.clone(), "10.0.0.0/16".parse().unwrap());
    let vpc = stack.add("main", vpc).id();
    let subnets = [("a", "10.0.0.0/24"), ("b", "10.0.1.0/24")].map(|(zone, block)| {
        let place = format!("eu-west-1{zone}").as_str().into();
        let block = block.parse().unwrap();
        let subnet = groundplan::aws::ec2::Subnet::new(scope.clone(), vpc.clone(), block, place);
        stack.add(zone, subnet).id()
    });
    let cluster = Cluster::new(scope, "1.35", role.arn(), subnets);
    let cluster = Cluster { deletion_protection: false, ..cluster };
    stack.add_with("main", cluster, Options { after: [rights].into(), ..Options::default() });
    stack
}

#[tokio::test]
async fn a_run_outlives_its_credentials() {
    let clock = FastClock::new();
    let wire = Wire::new("expiring");
    let issuer = Issuer::new(&wire, "expiring-issuer", clock).await;
    let (began, wire) = (clock.now(), wire.run_by(issuer.clone(), clock));
    wire.apply(program(&wire)).await;
    let waited = clock.now().duration_since(began).unwrap();
    assert!(waited > HOUR * 3 / 2, "{waited:?}: the wait is too short to show anything");
    assert!(issuer.issued.load(Ordering::Relaxed) > 1, "the first ones were enough");
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_run_whose_credentials_are_taken_away_stops_and_is_taken_up_again() {
    let wire = Wire::new("revoked");
    let issuer = Issuer::new(&wire, "revoked-issuer", FastClock::new()).await;
    let keys = issuer.issue().await;
    let key = Credentials::new(keys.access_key_id(), keys.secret_access_key(), None, None, "key");
    let wire = wire.run_by(key, aws_smithy_async::time::SystemTimeSource::new());
    // When the cluster was asked for, and is waited for.
    let meddle = async {
        loop {
            let clusters = issuer.aws.eks.list_clusters().send().await.unwrap();
            if clusters.clusters().contains(&"revoked-main".to_owned()) {
                return issuer.revoke().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ((report, _), ()) = futures::join!(wire.try_apply(program(&wire)), meddle);
    let [(address, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!(address.to_string(), "eks.cluster/main");
    assert_eq!(fault.class, Class::Denied, "{fault}");
    let hint = fault.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("sign in again") && hint.contains("run the same command"), "{hint}");

    // What was done is on record, and nothing is made a second time.
    let wire = wire.run_by(issuer.issue().await, FastClock::new());
    let calls = wire.apply(program(&wire)).await;
    assert_eq!(calls, [""; 0]);
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    wire.destroy().await;
}
