//! DataHub: the chart with what it rests on, every secret made beforehand.

pub(crate) mod rules;
mod secrets;
mod values;

use crate::{
    ClusterParts, MySqlParts, SearchDomainParts, ServiceAccountRole, Statement, names::after,
};
use groundplan_aws::{Scope, Tags};
use groundplan_core::{Address, SecretSource, Stack, Val, text};
use groundplan_kube::{Chart, HelmRelease, HelmReleaseHandle, KubeObject};
use secrets::Secrets;

/// The service account of GMS, the frontend and the actions.
const APP: &str = "datahub-app-sa";
/// The service account of the Jobs around a release. Its chart takes no annotations for it.
const OPERATOR: &str = "datahub-operator-sa";
/// What the chart calls the release of the prerequisites, in the names of hosts.
const PREREQUISITES: &str = "prerequisites";

/// DataHub on a cluster, with RDS and OpenSearch outside and Kafka inside of it.
#[derive(Clone, Debug)]
pub struct DataHub<'a> {
    /// The account and region of its secrets and its role.
    pub scope: Val<Scope>,
    /// The region, as the program knows it.
    pub region: String,
    /// Where it runs.
    pub cluster: &'a ClusterParts,
    /// Its database.
    pub database: &'a MySqlParts,
    /// Its search index and graph.
    pub search: &'a SearchDomainParts,
    /// Its messages.
    pub kafka: Kafka,
    /// Its namespace, which is made for it.
    pub namespace: String,
    /// The chart `datahub`.
    pub chart: Chart,
    /// The chart `datahub-prerequisites`, of which only Kafka is used.
    pub prerequisites: Chart,
    /// The version of the application, e.g. `v1.7.0`.
    pub version: String,
    /// Who gets in.
    pub login: Login,
    /// How long the release may take, with the Jobs around it.
    pub timeout_minutes: u32,
    /// For how many days deleted secrets can be had back; 0 deletes them at once.
    pub secret_recovery_days: u32,
    /// Added to the ownership tags of everything in AWS.
    pub tags: Tags,
}

/// Kafka in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// Brokers that are controllers too: 1, or 3 to survive the loss of one. Topics are kept as often.
    pub replicas: u32,
    /// The storage of each, in GiB.
    pub storage_gib: u32,
}

/// Who gets in.
#[derive(Clone, Debug)]
pub enum Login {
    /// The people of a Google Workspace; passwords are off.
    Google(GoogleLogin),
    /// Whoever knows the chart's well-known first password. For sandboxes.
    Passwords,
}

/// Login with Google. The client is made by hand: Google has no interface for it. Its redirect address
/// is `<url>/callback/oidc`.
#[derive(Clone, Debug)]
pub struct GoogleLogin {
    /// The client's id, which ends in `.apps.googleusercontent.com`.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: SecretSource,
    /// Where people reach DataHub, e.g. `https://datahub.example.com`.
    pub url: String,
}

/// What others need of a [`DataHub`].
#[derive(Clone, Debug)]
pub struct DataHubParts {
    /// The release.
    pub release: HelmReleaseHandle,
    /// Its namespace.
    pub namespace: Val<String>,
}

impl DataHub<'_> {
    /// Adds DataHub.
    pub fn add(self, stack: &mut Stack, name: &str) -> DataHubParts {
        let access = &self.cluster.access;
        let namespace = KubeObject::namespace(access.clone(), &self.namespace);
        let namespace = stack.add(name, namespace).name();
        let secrets = Secrets::add(&self, &namespace, stack, name);
        let mut first = secrets.objects.clone();
        first.extend(self.service_accounts(&namespace, stack, name));

        let kafka = HelmRelease {
            values: self.prerequisites_values(&secrets),
            ..HelmRelease::new(
                access.clone(),
                PREREQUISITES,
                namespace.clone(),
                self.prerequisites.clone(),
            )
        };
        let kafka =
            stack.add_with(&format!("{name}-{PREREQUISITES}"), kafka, after(&secrets.objects));
        first.push(kafka.address().clone());

        let release = HelmRelease {
            values: self.values(&secrets),
            timeout_minutes: self.timeout_minutes,
            ..HelmRelease::new(access.clone(), "datahub", namespace.clone(), self.chart.clone())
        };
        let release = stack.add_with(name, release, after(&first));
        DataHubParts { release, namespace }
    }

    /// The service accounts with their role. The chart makes its own too late for the Jobs before the
    /// first release, and gives one of them no role at all.
    fn service_accounts(
        &self,
        namespace: &Val<String>,
        stack: &mut Stack,
        name: &str,
    ) -> Vec<Address> {
        let (domain, indices) = (text!("{}", self.search.arn), text!("{}/*", self.search.arn));
        let role = ServiceAccountRole {
            service_accounts: vec![APP.to_owned(), OPERATOR.to_owned()],
            allow: vec![Statement::allow(["es:ESHttp*"], [domain, indices])],
            tags: self.tags.clone(),
            ..ServiceAccountRole::new(
                self.scope.clone(),
                &self.cluster.identity_provider,
                &self.namespace,
                APP,
            )
        };
        let role = role.add(stack, name);
        [APP, OPERATOR]
            .map(|account| {
                let annotations = [("eks.amazonaws.com/role-arn", text!("{}", role.arn()))];
                let object = KubeObject::service_account(
                    self.cluster.access.clone(),
                    namespace.clone(),
                    account,
                    annotations,
                );
                stack.add(&format!("{name}-{account}"), object).address().clone()
            })
            .to_vec()
    }
}
