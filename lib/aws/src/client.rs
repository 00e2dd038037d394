//! Clients for a scope: made when first used, kept for the run, credentials renewed by themselves.

use crate::{
    Scope,
    account::{Caller, elsewhere, unreachable},
    pace::Paced,
};
use aws_config::{Region, SdkConfig, retry::RetryConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    http::SharedHttpClient, runtime_components::RuntimeComponents,
};
use groundplan_core::{Class, Cx, Fault, Pace, Result};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};
use tokio::sync::Mutex;

/// Attempts of one call before its fault is the step's. Calls that come too fast are not among them.
const ATTEMPTS: u32 = 8;
/// How much faster than AWS a sandbox is asked, so that nobody waits for limits that it does not have.
const SANDBOX_FACTOR: f64 = 100.0;

/// Makes AWS clients. The driver gives one to each run; clones share their clients.
#[derive(Clone)]
pub struct Aws {
    base: SdkConfig,
    pace: Pace,
    factor: f64,
    scopes: Arc<Mutex<HashMap<Scope, Known>>>,
}

/// The clients of a scope, and whether their caller was seen to be in its account.
#[derive(Clone)]
struct Known {
    clients: Arc<Clients>,
    verified: bool,
}

/// A client that is made when it is first used: a scope has twenty, a program calls a few.
pub type Lazy<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// The clients of one scope.
#[derive(Debug)]
pub struct Clients {
    /// ACM.
    pub acm: Lazy<aws_sdk_acm::Client>,
    /// The service of stacks.
    pub cloudformation: Lazy<aws_sdk_cloudformation::Client>,
    /// CloudWatch: alarms and dashboards.
    pub cloudwatch: Lazy<aws_sdk_cloudwatch::Client>,
    /// EC2.
    pub ec2: Lazy<aws_sdk_ec2::Client>,
    /// ECR.
    pub ecr: Lazy<aws_sdk_ecr::Client>,
    /// EKS.
    pub eks: Lazy<aws_sdk_eks::Client>,
    /// IAM.
    pub iam: Lazy<aws_sdk_iam::Client>,
    /// The identity store of IAM Identity Center.
    pub identitystore: Lazy<aws_sdk_identitystore::Client>,
    /// MSK.
    pub kafka: Lazy<aws_sdk_kafka::Client>,
    /// KMS.
    pub kms: Lazy<aws_sdk_kms::Client>,
    /// CloudWatch Logs.
    pub logs: Lazy<aws_sdk_cloudwatchlogs::Client>,
    /// OpenSearch Service.
    pub opensearch: Lazy<aws_sdk_opensearch::Client>,
    /// Organizations.
    pub organizations: Lazy<aws_sdk_organizations::Client>,
    /// RAM.
    pub ram: Lazy<aws_sdk_ram::Client>,
    /// RDS.
    pub rds: Lazy<aws_sdk_rds::Client>,
    /// Route 53.
    pub route53: Lazy<aws_sdk_route53::Client>,
    /// S3.
    pub s3: Lazy<aws_sdk_s3::Client>,
    /// Secrets Manager.
    pub secrets: Lazy<aws_sdk_secretsmanager::Client>,
    /// IAM Identity Center.
    pub sso: Lazy<aws_sdk_ssoadmin::Client>,
    /// STS.
    pub sts: Lazy<aws_sdk_sts::Client>,
    /// The credentials behind them.
    pub credentials: SharedCredentialsProvider,
}

/// An endpoint on this machine. There is no other way to point a sandbox's clients somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loopback(String);

/// An endpoint that is not on this machine, where a sandbox must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLoopback(String);

impl std::fmt::Display for NotLoopback {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "`{}` is not on this machine; a sandbox is at http://127.0.0.1:PORT", self.0)
    }
}

impl std::error::Error for NotLoopback {}

impl Loopback {
    /// Takes `http://127.0.0.1:PORT`, and nothing else.
    pub fn new(endpoint: &str) -> std::result::Result<Self, NotLoopback> {
        let port =
            endpoint.strip_prefix("http://127.0.0.1:").map(|rest| rest.trim_end_matches('/'));
        match port.map(str::parse::<u16>) {
            Some(Ok(_)) => Ok(Self(endpoint.to_owned())),
            _ => Err(NotLoopback(endpoint.to_owned())),
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Aws {
    /// Clients for real AWS, with the credentials of `base`.
    pub fn new(base: SdkConfig) -> Self {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let base = base.into_builder().retry_config(retries).build();
        Self { base, pace: Pace::new(), factor: 1.0, scopes: Arc::default() }
    }

    /// Clients for a sandbox on this machine: every call goes to its endpoint.
    pub fn sandbox(base: SdkConfig, endpoint: &Loopback) -> Self {
        // Roles can only be taken by who knows the time.
        let clock = base.time_source().unwrap_or_default();
        let base = base.into_builder().time_source(clock);
        let base = base.endpoint_url(endpoint.as_str()).build();
        Self { factor: SANDBOX_FACTOR, ..Self::new(base) }
    }

    /// How AWS is reached without any scope: for what belongs to the run itself, such as its state.
    pub fn config(&self) -> &SdkConfig {
        &self.base
    }

    /// The clients of a scope, whoever they call as.
    pub async fn clients(&self, scope: &Scope) -> Result<Arc<Clients>> {
        Ok(self.known(scope).await?.clients)
    }

    async fn known(&self, scope: &Scope) -> Result<Known> {
        let mut scopes = self.scopes.lock().await;
        if let Some(known) = scopes.get(scope) {
            return Ok(known.clone());
        }
        let clients = Arc::new(self.connect(&scope.region, &scope.roles()).await?);
        let known = Known { clients, verified: false };
        scopes.insert(scope.clone(), known.clone());
        Ok(known)
    }

    /// The clients of a scope that what is there is asked with. Its account is asked for first, once: in
    /// another one everything would look absent.
    async fn verified(&self, scope: &Scope) -> Result<Arc<Clients>> {
        let Known { clients, verified } = self.known(scope).await?;
        if verified {
            return Ok(clients);
        }
        let caller = Caller::of(&clients).await;
        let reached =
            caller.map_err(|fault| unreachable(&scope.account, scope.role.as_deref(), fault));
        let Caller { account, arn, .. } = reached?;
        if account != scope.account {
            return Err(elsewhere(&account, &scope.account, &arn));
        }
        let known = Known { clients: clients.clone(), verified: true };
        self.scopes.lock().await.insert(scope.clone(), known);
        Ok(clients)
    }

    /// Keeps clients of a scope that were just verified.
    pub(crate) async fn keep(&self, scope: &Scope, clients: Clients) {
        let known = Known { clients: Arc::new(clients), verified: true };
        self.scopes.lock().await.entry(scope.clone()).or_insert(known).verified = true;
    }

    /// Clients for an account and region that no scope names for itself, such as those of a secret's
    /// ARN: of a scope there, else with the role of a scope in that account, else with none. A scope with
    /// a role goes before one without, which clusters have for their own tokens.
    pub(crate) async fn reach(
        &self,
        partition: &str,
        account: &str,
        region: &str,
    ) -> Result<Arc<Clients>> {
        let there = {
            let scopes = self.scopes.lock().await;
            let in_account = scopes.keys().filter(|scope| scope.account == account);
            let first =
                |scope: &&Scope| (scope.region != region, scope.role.is_none(), (*scope).clone());
            in_account.min_by_key(first).cloned()
        };
        let (role, via) = there.map_or((None, None), |scope| (scope.role, scope.via));
        let [account, region, partition] = [account, region, partition].map(str::to_owned);
        self.clients(&Scope { account, region, partition, role, via }).await
    }

    /// Clients for a region that nobody has verified yet, after these roles were taken one after the other.
    pub(crate) async fn connect(&self, region: &str, roles: &[&str]) -> Result<Clients> {
        let paced = Paced {
            pace: self.pace.clone(),
            who: roles.last().copied().unwrap_or("the run's own identity").to_owned(),
            factor: self.factor,
        };
        let http = self.base.http_client().unwrap_or_else(|| http_client(ProxyConfig::disabled()));
        let config = self.base.clone().into_builder();
        let config = config.region(Region::new(region.to_owned())).http_client(paced.over(http));
        let mut config = config.build();
        for role in roles {
            let provider = AssumeRoleProvider::builder(*role)
                .session_name("groundplan")
                .configure(&config)
                .build()
                .await;
            let provider = SharedCredentialsProvider::new(provider);
            config = config.into_builder().credentials_provider(provider).build();
        }
        let credentials = config.credentials_provider().ok_or_else(|| {
            Fault::new(Class::Denied, "no AWS credentials were found")
                .hint("sign in, e.g. `aws sso login`, or set AWS_PROFILE")
        })?;
        Ok(Clients {
            acm: lazy(&config, aws_sdk_acm::Client::new),
            cloudformation: lazy(&config, aws_sdk_cloudformation::Client::new),
            cloudwatch: lazy(&config, aws_sdk_cloudwatch::Client::new),
            ec2: lazy(&config, aws_sdk_ec2::Client::new),
            ecr: lazy(&config, aws_sdk_ecr::Client::new),
            eks: lazy(&config, aws_sdk_eks::Client::new),
            iam: lazy(&config, aws_sdk_iam::Client::new),
            identitystore: lazy(&config, aws_sdk_identitystore::Client::new),
            kafka: lazy(&config, aws_sdk_kafka::Client::new),
            kms: lazy(&config, aws_sdk_kms::Client::new),
            logs: lazy(&config, aws_sdk_cloudwatchlogs::Client::new),
            opensearch: lazy(&config, aws_sdk_opensearch::Client::new),
            organizations: lazy(&config, aws_sdk_organizations::Client::new),
            ram: lazy(&config, aws_sdk_ram::Client::new),
            rds: lazy(&config, aws_sdk_rds::Client::new),
            route53: lazy(&config, aws_sdk_route53::Client::new),
            s3: lazy(&config, s3),
            secrets: lazy(&config, aws_sdk_secretsmanager::Client::new),
            sso: lazy(&config, aws_sdk_ssoadmin::Client::new),
            sts: lazy(&config, aws_sdk_sts::Client::new),
            credentials,
        })
    }
}

/// Connections to AWS, through a proxy if one is given.
pub fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let connector = Connector::builder().proxy_config(proxy.clone());
        let connector = connector.tls_provider(provider.clone());
        let connector = match settings {
            Some(settings) => connector.connector_settings(settings.clone()),
            None => connector,
        };
        let sleep = components.and_then(RuntimeComponents::sleep_impl);
        match sleep {
            Some(sleep) => connector.sleep_impl(sleep).build(),
            None => connector.build(),
        }
    })
}

/// On this machine a bucket's name is no name of a host.
fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let here = config.endpoint_url().is_some();
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(here).build();
    aws_sdk_s3::Client::from_conf(config)
}

fn lazy<T: 'static>(config: &SdkConfig, new: fn(&SdkConfig) -> T) -> Lazy<T> {
    let config = config.clone();
    LazyLock::new(Box::new(move || new(&config)))
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Aws").field("region", &self.base.region()).finish_non_exhaustive()
    }
}

/// What AWS kinds ask of their context.
pub trait CxAws {
    /// The clients of a scope.
    fn aws(&self, scope: &Scope) -> impl Future<Output = Result<Arc<Clients>>> + Send;
}

impl CxAws for Cx {
    async fn aws(&self, scope: &Scope) -> Result<Arc<Clients>> {
        self.extension::<Aws>().verified(scope).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(account: &str, region: &str, role: Option<&str>) -> Scope {
        Scope {
            account: account.into(),
            region: region.into(),
            partition: "aws".into(),
            role: role.map(str::to_owned),
            via: None,
        }
    }

    #[tokio::test]
    async fn a_secret_is_read_as_the_scope_in_its_account_is_reached() {
        let keys = aws_credential_types::Credentials::for_tests();
        let base = aws_config::defaults(aws_config::BehaviorVersion::latest());
        let aws = Aws::new(base.credentials_provider(keys).region("eu-west-1").load().await);
        let here = scope("111111111111", "eu-west-1", None);
        let there = scope("222222222222", "eu-west-1", Some("arn:aws:iam::222222222222:role/r"));
        let known = [aws.clients(&here).await.unwrap(), aws.clients(&there).await.unwrap()];
        let far = scope("222222222222", "ap-south-1", Some("arn:aws:iam::222222222222:role/far"));
        aws.clients(&far).await.unwrap();
        let reach = async |account, region| aws.reach("aws", account, region).await.unwrap();
        assert!(Arc::ptr_eq(&reach("111111111111", "eu-west-1").await, &known[0]));
        assert!(Arc::ptr_eq(&reach("222222222222", "eu-west-1").await, &known[1]));
        // Another region of the account is reached with a role of a scope there.
        let elsewhere = reach("222222222222", "us-east-1").await;
        let with_role = Scope { region: "us-east-1".into(), ..far };
        assert!(Arc::ptr_eq(&elsewhere, &aws.clients(&with_role).await.unwrap()));
        // An account that no scope names is asked as the run's own identity.
        let foreign = reach("333333333333", "eu-west-1").await;
        let own = aws.clients(&scope("333333333333", "eu-west-1", None)).await.unwrap();
        assert!(Arc::ptr_eq(&foreign, &own));
    }

    #[test]
    fn a_sandbox_is_on_this_machine_only() {
        assert!(Loopback::new("http://127.0.0.1:4566").is_ok());
        for elsewhere in [
            "https://sts.amazonaws.com",
            "http://127.0.0.1.example.com:80",
            "http://127.0.0.1:80@example.com",
            "http://10.0.0.1:80",
        ] {
            assert!(Loopback::new(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
