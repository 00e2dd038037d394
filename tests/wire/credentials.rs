//! Credentials that expire while a run waits, and credentials that are taken away.
//!
//! The run's clock goes fast: what the sandbox makes it wait for takes hours on it.

use crate::{
    harness::{ACCOUNT, REGION, Wire},
    trust::trust,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, future},
};
use aws_smithy_async::time::TimeSource;
use groundplan::aws::{
    Clients, Scope,
    account::AccountIdentity,
    eks::Cluster,
    iam::{Role, RolePolicyAttachment},
};
use groundplan::{Class, Options, Stack, Val, json};
use std::{
    sync::{Arc, Mutex},
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

/// Gives a key that is good for an hour each time it is asked, and remembers when.
#[derive(Clone, Debug)]
struct Issuer {
    aws: Arc<Clients>,
    user: &'static str,
    clock: FastClock,
    key: (String, String),
    issued: Arc<Mutex<Vec<SystemTime>>>,
}

impl Issuer {
    async fn new(wire: &Wire, user: &'static str, clock: FastClock) -> Self {
        let aws = wire.clients().await;
        aws.iam.create_user().user_name(user).send().await.unwrap();
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [all] });
        let put = aws.iam.put_user_policy().user_name(user).policy_name("all");
        put.policy_document(policy.to_string()).send().await.unwrap();
        let key = Self::make(&aws, user).await;
        Self { aws, user, clock, key, issued: Arc::default() }
    }

    async fn make(aws: &Clients, user: &str) -> (String, String) {
        let made = aws.iam.create_access_key().user_name(user).send().await.unwrap();
        let key = made.access_key.unwrap();
        (key.access_key_id, key.secret_access_key)
    }

    /// Takes the key away.
    async fn revoke(&self) {
        let delete = self.aws.iam.delete_access_key().user_name(self.user);
        delete.access_key_id(&self.key.0).send().await.unwrap();
    }

    /// With another key.
    async fn renewed(self) -> Self {
        let key = Self::make(&self.aws, self.user).await;
        Self { key, ..self }
    }
}

impl ProvideCredentials for Issuer {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let now = self.clock.now();
        self.issued.lock().unwrap().push(now);
        let (id, secret) = self.key.clone();
        let key = Credentials::new(id, secret, None, Some(now + HOUR), "issuer");
        future::ProvideCredentials::ready(Ok(key))
    }
}

/// A cluster, which takes its time.
fn program(wire: &Wire) -> Stack {
    let (stack, scope) = wire.stack();
    a_cluster(stack, scope)
}

fn a_cluster(mut stack: Stack, scope: Val<Scope>) -> Stack {
    let role = stack.add("control", Role::new(scope.clone(), trust("eks.amazonaws.com")));
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
    let last = issuer.issued.lock().unwrap().iter().max().copied().unwrap();
    assert!(last > began + HOUR, "the first ones were enough");
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_run_whose_credentials_are_taken_away_stops_and_is_taken_up_again() {
    let wire = Wire::new("revoked");
    let issuer = Issuer::new(&wire, "revoked-issuer", FastClock::new()).await;
    let clock = issuer.clock;
    let wire = wire.run_by(issuer.clone(), clock);
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
    let wire = wire.run_by(issuer.renewed().await, clock);
    let calls = wire.apply(program(&wire)).await;
    assert_eq!(calls, [""; 0]);
    assert_eq!(wire.plan(program(&wire)).await, [""; 0]);
    wire.destroy().await;
}

/// A role that the run takes, and that others made.
struct Taken {
    aws: Arc<Clients>,
    name: &'static str,
}

impl Taken {
    async fn new(wire: &Wire, name: &'static str) -> Self {
        let aws = wire.clients().await;
        let call = aws.iam.create_role().role_name(name);
        call.assume_role_policy_document(Self::trusts(ACCOUNT)).send().await.unwrap();
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [all] });
        let put = aws.iam.put_role_policy().role_name(name).policy_name("all");
        put.policy_document(policy.to_string()).send().await.unwrap();
        Self { aws, name }
    }

    fn trusts(account: &str) -> String {
        let whom = json!({ "AWS": format!("arn:aws:iam::{account}:root") });
        let one = json!({ "Effect": "Allow", "Principal": whom, "Action": "sts:AssumeRole" });
        json!({ "Version": "2012-10-17", "Statement": [one] }).to_string()
    }

    /// Lets those of this account take it, and nobody else.
    async fn trust(&self, account: &str) {
        let call = self.aws.iam.update_assume_role_policy().role_name(self.name);
        call.policy_document(Self::trusts(account)).send().await.unwrap();
    }

    fn program(&self, wire: &Wire) -> Stack {
        let mut stack = Stack::new(wire.name());
        let role = format!("arn:aws:iam::{ACCOUNT}:role/{}", self.name);
        let identity =
            AccountIdentity { role: Some(role.into()), ..AccountIdentity::new(ACCOUNT, REGION) };
        let scope = stack.derive("main", identity).scope();
        a_cluster(stack, scope)
    }
}

fn times_taken(wire: &Wire) -> usize {
    wire.all_calls().iter().filter(|call| *call == "AssumeRole").count()
}

#[tokio::test]
async fn a_run_outlives_the_session_of_a_role_that_it_took() {
    let wire = Wire::new("role-expiring");
    let role = Taken::new(&wire, "role-expiring").await;
    let clock = FastClock::new();
    let issuer = Issuer::new(&wire, "role-expiring-issuer", clock).await;
    let (began, wire) = (clock.now(), wire.run_by(issuer, clock));
    wire.apply(role.program(&wire)).await;
    let waited = clock.now().duration_since(began).unwrap();
    assert!(waited > HOUR * 3 / 2, "{waited:?}: the wait is too short to show anything");
    assert!(times_taken(&wire) > 1, "the first session was enough");
    assert_eq!(wire.plan(role.program(&wire)).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn a_run_whose_role_is_taken_away_stops_and_is_taken_up_again() {
    let wire = Wire::new("role-revoked");
    let role = Taken::new(&wire, "role-revoked").await;
    let clock = FastClock::new();
    let issuer = Issuer::new(&wire, "role-revoked-issuer", clock).await;
    let wire = wire.run_by(issuer, clock);
    // When the cluster was asked for, and is waited for.
    let meddle = async {
        loop {
            let clusters = role.aws.eks.list_clusters().send().await.unwrap();
            if clusters.clusters().contains(&"role-revoked-main".to_owned()) {
                return role.trust("210987654321").await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ((report, _), ()) = futures::join!(wire.try_apply(role.program(&wire)), meddle);
    let [(address, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!(address.to_string(), "eks.cluster/main");
    assert_eq!(fault.class, Class::Denied, "{fault}");
    assert!(fault.to_string().contains("role/role-revoked"), "{fault}");
    let hint = fault.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("trust policy") && hint.contains("run the same command"), "{hint}");

    // What was done is on record, and nothing is made a second time.
    role.trust(ACCOUNT).await;
    let calls = wire.apply(role.program(&wire)).await;
    assert_eq!(calls, [""; 0]);
    assert_eq!(wire.plan(role.program(&wire)).await, [""; 0]);
    wire.destroy().await;
}
