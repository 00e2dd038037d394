//! Clients for clusters: made when first used, kept for the run, tokens renewed by themselves.

use crate::{
    ClusterAccess, Helm,
    fault::{absent, fault},
    folder::Folder,
    token,
};
use aws_credential_types::Credentials;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future::BoxFuture;
use groundplan_core::{Class, Cx, Fault, Result, Secret};
use http::{HeaderValue, header::AUTHORIZATION};
use kube::{
    Client, Config,
    api::{Api, DynamicObject},
    client::{Body, ClientBuilder},
    core::{ApiResource, GroupVersionKind},
    discovery::{self, Scope},
};
use std::{
    collections::HashMap, path::PathBuf, sync::Arc, time::Duration, time::Instant, time::SystemTime,
};
use tokio::sync::Mutex;

/// How long a connection may take. A closed network does not answer at all.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may be silent within an answer. Nothing here watches.
const READ: Duration = Duration::from_mins(1);

/// Where the credentials for a cluster come from: those of its role, or the run's own.
pub type CredentialsSource =
    Arc<dyn Fn(ClusterAccess) -> BoxFuture<'static, Result<Credentials>> + Send + Sync>;

/// Says whether a cluster exists, on the word of the right account and region.
pub type Presence = Arc<dyn Fn(ClusterAccess) -> BoxFuture<'static, Result<bool>> + Send + Sync>;

/// What Kubernetes kinds need of a run. The driver gives one to each.
pub struct Kube {
    credentials: CredentialsSource,
    presence: Option<Presence>,
    sandbox: Option<String>,
    helm: Helm,
    folder: Option<Folder>,
    clusters: Mutex<HashMap<ClusterAccess, Cluster>>,
}

impl Kube {
    /// For real clusters.
    pub fn new(credentials: CredentialsSource, helm: Helm) -> Self {
        Self {
            credentials,
            presence: None,
            sandbox: None,
            helm,
            folder: None,
            clusters: Mutex::default(),
        }
    }

    /// How to find out that a cluster is gone. Without it nothing in a cluster that gives no answer
    /// counts as gone.
    #[must_use]
    pub fn presence(mut self, presence: Presence) -> Self {
        self.presence = Some(presence);
        self
    }

    /// For a sandbox: tokens are signed for its STS, such as `http://127.0.0.1:4566`, and every
    /// cluster that is not on this machine is refused.
    #[must_use]
    pub fn sandbox(mut self, sts: &str) -> Self {
        self.sandbox = Some(format!("{}/", sts.trim_end_matches('/')));
        self
    }

    /// For a machine without any cluster: objects and rendered charts are written into a folder as YAML,
    /// read from there and removed from there. No API is called, and outputs say `rendered`.
    #[must_use]
    pub fn into_folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folder = Some(Folder::new(path.into()));
        self
    }

    /// Helm, as this run uses it.
    pub fn helm(&self) -> &Helm {
        &self.helm
    }

    async fn cluster(&self, access: &ClusterAccess) -> Result<Cluster> {
        let mut clusters = self.clusters.lock().await;
        if let Some(cluster) = clusters.get(access) {
            return Ok(cluster.clone());
        }
        if self.sandbox.is_some() && !access.endpoint.starts_with("https://127.0.0.1:") {
            let what = format!("cluster `{}` is not on this machine", access.name);
            return Err(Fault::new(Class::Refused, what)
                .why(format!("a sandbox uses nothing else; its endpoint is {}", access.endpoint)));
        }
        let tokens = Arc::new(Tokens {
            access: access.clone(),
            credentials: self.credentials.clone(),
            sts: self.sandbox.clone().unwrap_or_else(|| token::regional_sts(&access.region)),
            last: Mutex::default(),
        });
        let cluster = Cluster(Arc::new(Inner {
            client: connect(access, tokens.clone())?,
            access: access.clone(),
            tokens,
            presence: self.presence.clone(),
            kinds: Mutex::default(),
        }));
        clusters.insert(access.clone(), cluster.clone());
        Ok(cluster)
    }
}

impl std::fmt::Debug for Kube {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Kube").field("sandbox", &self.sandbox).finish_non_exhaustive()
    }
}

/// Makes a client whose every request carries a token that holds.
fn connect(access: &ClusterAccess, tokens: Arc<Tokens>) -> Result<Client> {
    let wrong = |what: &str, why: String| {
        let what = format!("the {what} of cluster `{}` cannot be used", access.name);
        Fault::new(Class::Invalid, what).why(why)
    };
    let endpoint = access.endpoint.parse().map_err(|e: http::uri::InvalidUri| {
        wrong("endpoint", format!("`{}`: {e}", access.endpoint))
    })?;
    let mut config = Config::new(endpoint);
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(READ);
    let authority = certificates(&access.certificate_authority);
    config.root_cert = Some(authority.map_err(|why| wrong("certificate authority", why))?);
    let inner = ClientBuilder::try_from(config)
        .map_err(|e| wrong("certificate authority", e.to_string()))?
        .build();
    let service = tower::service_fn(move |mut request: http::Request<Body>| {
        let (inner, tokens) = (inner.clone(), tokens.clone());
        async move {
            request.headers_mut().insert(AUTHORIZATION, tokens.bearer().await?);
            inner.send(request).await.map_err(tower::BoxError::from)
        }
    });
    Ok(Client::new(service, "default"))
}

/// The certificates in a PEM text that is in Base64, as EKS gives it.
fn certificates(authority: &str) -> std::result::Result<Vec<Vec<u8>>, String> {
    let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(|e| e.to_string());
    let pem = String::from_utf8(decode(authority)?).map_err(|e| e.to_string())?;
    let bodies = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let found: std::result::Result<Vec<_>, _> = bodies
        .map(|body| {
            let body = body.split("-----END").next().unwrap_or_default();
            decode(&body.split_whitespace().collect::<String>())
        })
        .collect();
    match found {
        Ok(found) if found.is_empty() => Err("it holds no certificate".to_owned()),
        other => other,
    }
}

/// The tokens of one cluster.
struct Tokens {
    access: ClusterAccess,
    credentials: CredentialsSource,
    sts: String,
    last: Mutex<Option<(Instant, Arc<Secret>)>>,
}

impl Tokens {
    /// A token that is younger than this.
    async fn token(&self, younger_than: Duration) -> Result<Arc<Secret>> {
        let mut last = self.last.lock().await;
        if let Some((made, token)) = last.as_ref()
            && made.elapsed() < younger_than
        {
            return Ok(token.clone());
        }
        let credentials = (self.credentials)(self.access.clone()).await?;
        let token =
            Arc::new(token::token(&self.access, credentials, &self.sts, SystemTime::now())?);
        *last = Some((Instant::now(), token.clone()));
        Ok(token)
    }

    async fn bearer(&self) -> Result<HeaderValue> {
        let text = format!("Bearer {}", self.token(token::LIFETIME).await?.expose());
        let mut value = HeaderValue::try_from(text).map_err(|e| {
            Fault::new(Class::Other, "the EKS token is no header").why(e.to_string())
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// A cluster in use.
#[derive(Clone)]
pub(crate) struct Cluster(Arc<Inner>);

struct Inner {
    access: ClusterAccess,
    client: Client,
    tokens: Arc<Tokens>,
    presence: Option<Presence>,
    kinds: Mutex<HashMap<GroupVersionKind, Kind>>,
}

/// A kind of object as a cluster serves it.
#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) resource: ApiResource,
    pub(crate) namespaced: bool,
}

impl Cluster {
    pub(crate) fn access(&self) -> &ClusterAccess {
        &self.0.access
    }

    pub(crate) fn client(&self) -> Client {
        self.0.client.clone()
    }

    /// A token that is younger than this, for a program that cannot sign its own.
    pub(crate) async fn token(&self, younger_than: Duration) -> Result<Arc<Secret>> {
        self.0.tokens.token(younger_than).await
    }

    /// See [`fault`].
    pub(crate) fn fault(&self, action: impl Into<String>) -> impl FnOnce(kube::Error) -> Fault {
        fault(&self.0.access, action)
    }

    /// Whether it is known that the cluster is gone. No answer is no proof.
    pub(crate) async fn is_gone(&self) -> Result<bool> {
        match &self.0.presence {
            Some(presence) => Ok(!presence(self.0.access.clone()).await?),
            None => Ok(false),
        }
    }

    /// How the cluster serves a kind; none if it does not.
    pub(crate) async fn kind(&self, api_version: &str, kind: &str) -> Result<Option<Kind>> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let gvk = GroupVersionKind::gvk(group, version, kind);
        if let Some(known) = self.0.kinds.lock().await.get(&gvk) {
            return Ok(Some(known.clone()));
        }
        let asked = match discovery::pinned_kind(&self.0.client, &gvk).await {
            Err(kube::Error::Discovery(_)) => return Ok(None),
            asked => absent(asked.map_err(self.fault(format!("look up {kind} of {api_version}"))))?,
        };
        let Some((resource, capabilities)) = asked else { return Ok(None) };
        let known = Kind { resource, namespaced: capabilities.scope == Scope::Namespaced };
        self.0.kinds.lock().await.insert(gvk, known.clone());
        Ok(Some(known))
    }

    /// The objects of a kind; in a namespace if the kind has them.
    pub(crate) fn api(&self, kind: &Kind, namespace: &str) -> Api<DynamicObject> {
        if kind.namespaced {
            Api::namespaced_with(self.client(), namespace, &kind.resource)
        } else {
            Api::all_with(self.client(), &kind.resource)
        }
    }
}

/// What Kubernetes kinds ask of their context.
pub(crate) trait CxKube {
    /// A cluster.
    fn cluster(&self, access: &ClusterAccess) -> impl Future<Output = Result<Cluster>> + Send;
    /// Helm.
    fn helm(&self) -> &Helm;
    /// What stands in for clusters, if anything does.
    fn folder(&self) -> Option<&Folder>;
}

impl CxKube for Cx {
    async fn cluster(&self, access: &ClusterAccess) -> Result<Cluster> {
        self.extension::<Kube>().cluster(access).await
    }

    fn helm(&self) -> &Helm {
        self.extension::<Kube>().helm()
    }

    fn folder(&self) -> Option<&Folder> {
        self.extension::<Kube>().folder.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_authority_may_hold_several() {
        let pem = "-----BEGIN CERTIFICATE-----\nAQID\nBA==\n-----END CERTIFICATE-----\n";
        let both = BASE64_STANDARD.encode(pem.repeat(2));
        assert_eq!(certificates(&both).unwrap(), [[1, 2, 3, 4], [1, 2, 3, 4]]);
        assert!(certificates(&BASE64_STANDARD.encode("none")).is_err());
        assert!(certificates("!").is_err());
    }
}
