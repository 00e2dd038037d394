//! `eks.access`: what it takes to use a cluster, as one value.
//!
//! Every Kubernetes kind takes a [`ClusterAccess`], and only an [`Access`] gives one. So whatever an
//! `Access` goes through is made before, and removed after, everything in the cluster.

use groundplan_core::{Cx, Derived, Json, Result, Val, json};
use serde::{Deserialize, Serialize};

/// A cluster, and how it is reached.
///
/// Name, account and region are its identity. The rest says only how to reach it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClusterAccess {
    /// The cluster's name.
    pub name: String,
    /// The account's 12 digits.
    pub account: String,
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// The role to assume; the run's own identity if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The role to assume first, which may take `role`; the run's own identity takes that itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// The address of its API server.
    pub endpoint: String,
    /// The certificate of the authority that its API server is signed by: PEM in Base64, as EKS
    /// gives it.
    pub certificate_authority: String,
}

impl ClusterAccess {
    /// Who calls, as far as it can be told without asking.
    pub(crate) fn caller(&self) -> String {
        self.role.as_ref().map_or_else(|| "this run's own identity".to_owned(), Clone::clone)
    }
}

/// Reads are batched by cluster.
pub(crate) const PLACE: &[&str] = &["cluster"];
/// What only says how a cluster is reached.
pub(crate) const REACH: &[&str] =
    &["cluster.endpoint", "cluster.certificate_authority", "cluster.role", "cluster.via"];

/// The right and the way to use a cluster.
///
/// ```
/// use groundplan_core::{Stack, Val};
/// use groundplan_kube::{Access, KubeObject};
///
/// # fn platform(stack: &mut Stack, endpoint: Val<String>, ca: Val<String>, entry: Val<String>) {
/// let access = stack.derive("main", Access {
///     through: vec![entry], // the access entry: made first, removed last
///     ..Access::new("main", "111122223333", "eu-west-1", endpoint, ca)
/// });
/// stack.add("datahub", KubeObject::namespace(access.access(), "datahub"));
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Access {
    /// The cluster's name.
    pub name: Val<String>,
    /// The account it is in.
    pub account: Val<String>,
    /// The region it is in.
    pub region: Val<String>,
    /// The address of its API server.
    pub endpoint: Val<String>,
    /// The certificate of its authority, as EKS gives it.
    pub certificate_authority: Val<String>,
    /// The role to assume; the run's own identity if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Val<String>>,
    /// The role to assume first, which may take `role`; the run's own identity takes that itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Val<String>>,
    /// What must exist so that the cluster can be used: access entries, policy associations, the
    /// network path. They are here to be edges; their values mean nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<Val<String>>,
}

impl Access {
    /// A cluster that the run's own identity can use.
    pub fn new(
        name: impl Into<Val<String>>,
        account: impl Into<Val<String>>,
        region: impl Into<Val<String>>,
        endpoint: impl Into<Val<String>>,
        certificate_authority: impl Into<Val<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            account: account.into(),
            region: region.into(),
            endpoint: endpoint.into(),
            certificate_authority: certificate_authority.into(),
            role: None,
            via: None,
            through: Vec::new(),
        }
    }
}

groundplan_core::outputs! {
    /// The access to a cluster.
    pub struct AccessOutputs -> AccessHandle {
        /// What every Kubernetes kind takes as its `cluster`.
        access: ClusterAccess,
    }
}

impl Derived for Access {
    const KIND: &'static str = "eks.access";
    type Outputs = AccessOutputs;

    /// The parts, whatever it goes through: an access entry that is made anew is no other cluster.
    fn foresee(draft: &Json) -> Option<Json> {
        let part = |name: &str| draft.get(name).cloned().unwrap_or_default();
        let mut access = json!({
            "name": part("name"),
            "account": part("account"),
            "region": part("region"),
            "endpoint": part("endpoint"),
            "certificate_authority": part("certificate_authority"),
        });
        for role in ["role", "via"] {
            if let Some(said) = draft.get(role) {
                access[role] = said.clone();
            }
        }
        Some(json!({ "access": access }))
    }

    /// Puts the values together. The cluster itself is asked by the kinds that use it.
    async fn derive(&self, _cx: &Cx) -> Result<AccessOutputs> {
        let access = ClusterAccess {
            name: self.name.get().clone(),
            account: self.account.get().clone(),
            region: self.region.get().clone(),
            role: self.role.as_ref().map(|role| role.get().clone()),
            via: self.via.as_ref().map(|via| via.get().clone()),
            endpoint: self.endpoint.get().clone(),
            certificate_authority: self.certificate_authority.get().clone(),
        };
        Ok(AccessOutputs { access })
    }
}
