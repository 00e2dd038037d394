//! `eks.addon_version`: the version of an add-on that suits a version of Kubernetes.

use crate::{CxAws, Scope, found::pages};
use aws_sdk_eks::types::{AddonInfo, AddonVersionInfo};
use groundplan_core::{Class, Cx, Derived, Fault, Iam, Problems, Result, Val};
use serde::{Deserialize, Serialize};

/// The version of an add-on that AWS takes by default for a version of Kubernetes.
///
/// Read at plan, so that a plan shows it when AWS has a newer one or the cluster's version is raised.
/// Write a version into [`Addon`](super::Addon) instead to stay at it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddonVersion {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The add-on, e.g. `vpc-cni`.
    pub addon: String,
    /// The version of Kubernetes, e.g. `1.35`.
    pub kubernetes: String,
}

impl AddonVersion {
    /// The default version of an add-on.
    pub fn new(scope: Val<Scope>, addon: impl Into<String>, kubernetes: impl Into<String>) -> Self {
        Self { scope, addon: addon.into(), kubernetes: kubernetes.into() }
    }
}

groundplan_core::outputs! {
    /// What AWS says of the add-on.
    pub struct AddonVersionOutputs -> AddonVersionHandle {
        /// The version, e.g. `v1.20.0-eksbuild.1`.
        version: String,
    }
}

impl Derived for AddonVersion {
    const KIND: &'static str = "eks.addon_version";
    const IAM: Iam = Iam { observe: &["eks:DescribeAddonVersions"], ..Iam::NONE };
    type Outputs = AddonVersionOutputs;

    fn validate(&self, problems: &mut Problems) {
        problems.require(!self.addon.is_empty(), "addon", "name an add-on, e.g. `vpc-cni`");
        let dotted = self.kubernetes.split_once('.').is_some();
        problems.require(dotted, "kubernetes", "write a version such as `1.35`");
    }

    /// Calls `eks:DescribeAddonVersions`.
    async fn derive(&self, cx: &Cx) -> Result<AddonVersionOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        let call = aws
            .eks
            .describe_addon_versions()
            .addon_name(&self.addon)
            .kubernetes_version(&self.kubernetes);
        let call = call.into_paginator().items().send();
        let found = pages("eks:DescribeAddonVersions", call).await?;
        let mut versions = found.iter().flat_map(AddonInfo::addon_versions);
        let default = versions.find(|version| self.is_default(version));
        let version = default.and_then(AddonVersionInfo::addon_version).ok_or_else(|| {
            let (addon, kubernetes) = (&self.addon, &self.kubernetes);
            let what = format!("no version of the add-on `{addon}` suits Kubernetes {kubernetes}");
            Fault::new(Class::Invalid, what).hint(format!(
                "see what there is: `aws eks describe-addon-versions --kubernetes-version {kubernetes}`"
            ))
        })?;
        Ok(AddonVersionOutputs { version: version.to_owned() })
    }
}

impl AddonVersion {
    fn is_default(&self, version: &AddonVersionInfo) -> bool {
        let mut suits = version.compatibilities().iter();
        suits.any(|c| c.default_version() && c.cluster_version() == Some(&self.kubernetes))
    }
}
