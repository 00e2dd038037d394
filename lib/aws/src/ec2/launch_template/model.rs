//! What a launch template says of its instances, and what EC2 would refuse of it.

use crate::{Arn, Scope, SecurityGroupId, Tags};
use groundplan_core::{Problems, Val};
use serde::{Deserialize, Serialize};

/// How instances are made: their image, disks, network and first commands.
///
/// A change makes a new version and the default of it; what was made from an earlier one stays as it is.
/// Node groups that name its output `version` roll over to the new one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LaunchTemplate {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Unique in the account and region; made from stack, resource name and generation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What this version is for; up to 255 characters.
    #[serde(default)]
    pub description: String,
    /// The image, such as `ami-0123`; whoever uses the template chooses if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Val<String>>,
    /// The machine, such as `m6i.large`; whoever uses the template chooses if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// The disks.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// How instances ask for their own credentials and data.
    pub metadata: MetadataOptions,
    /// What an instance runs when it first starts, as plain text; up to 16384 bytes. Everybody who may
    /// describe instances can read it: no place for secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Val<String>>,
    /// The security groups of its interface. A node group adds its cluster's only where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<Val<SecurityGroupId>>,
    /// The instance profile. A node group brings its own and takes no template with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<Val<Arn>>,
    /// A key pair for SSH; better none, and Session Manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_pair: Option<String>,
    /// Whether metrics come each minute, at a price, and not each five.
    #[serde(default)]
    pub detailed_monitoring: bool,
    /// Tags of the instances.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub instance_tags: Tags,
    /// Tags of the instances' disks.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub volume_tags: Tags,
    /// Tags of the template itself, added to the ownership tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Volume {
    /// Where it is attached, such as `/dev/xvda`, the root of Amazon Linux.
    pub device: String,
    /// Its size in GiB.
    pub gib: u32,
    /// Its sort, such as `gp3`.
    pub volume_type: String,
    /// Operations per second beyond what its sort has anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
    /// MiB per second beyond what its sort has anyway; for `gp3` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<u32>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The key that encrypts it; the account's for EBS if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Val<Arn>>,
    /// Whether it goes with its instance.
    pub delete_on_termination: bool,
}

/// How instances ask for their own credentials and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataOptions {
    /// Whether a session has to be begun first (`IMDSv2`), which stops requests that are forged through a
    /// web application.
    pub tokens_required: bool,
    /// How many hops an answer goes; with 1 it does not reach a pod that has a network of its own.
    pub hop_limit: u32,
    /// Whether instances can read their tags there.
    pub tags: bool,
}

impl Volume {
    /// An encrypted disk of the sort `gp3` that goes with its instance.
    pub fn gp3(device: impl Into<String>, gib: u32) -> Self {
        Self {
            device: device.into(),
            gib,
            volume_type: "gp3".to_owned(),
            iops: None,
            throughput: None,
            encrypted: true,
            kms_key: None,
            delete_on_termination: true,
        }
    }

    fn check(&self, at: &str, problems: &mut Problems) {
        let path = |field: &str| format!("{at}.{field}");
        problems.require(
            self.device.starts_with("/dev/") || self.device.starts_with("xvd"),
            &path("device"),
            format!("`{}` is no device such as `/dev/xvda`", self.device),
        );
        let what = format!("{} is not between 1 and 65536", self.gib);
        problems.require((1..=65_536).contains(&self.gib), &path("gib"), what);
        let sorts = ["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"];
        let known = sorts.contains(&self.volume_type.as_str());
        let what = format!("`{}` is not one of {}", self.volume_type, sorts.join(", "));
        problems.require(known, &path("volume_type"), what);
        if let Some(iops) = self.iops {
            let fits = match self.volume_type.as_str() {
                "gp3" => (3000..=80_000).contains(&iops),
                "io1" => (100..=64_000).contains(&iops),
                "io2" => (100..=256_000).contains(&iops),
                _ => false,
            };
            let what = format!("a {} disk cannot have {iops}: leave it out", self.volume_type);
            problems.require(fits, &path("iops"), what);
        } else {
            let needs = ["io1", "io2"].contains(&self.volume_type.as_str());
            problems.require(!needs, &path("iops"), "a disk of this sort needs a number");
        }
        if let Some(throughput) = self.throughput {
            problems.require(
                self.volume_type == "gp3" && (125..=2000).contains(&throughput),
                &path("throughput"),
                "is 125 to 2000, and for `gp3` only",
            );
        }
        problems.require(
            self.kms_key.is_none() || self.encrypted,
            &path("encrypted"),
            "a key encrypts nothing while this is off",
        );
    }
}

impl LaunchTemplate {
    /// An encrypted disk of 50 GiB, and instance metadata for the instance alone.
    pub fn new(scope: Val<Scope>) -> Self {
        Self {
            scope,
            name: None,
            description: String::new(),
            image: None,
            instance_type: None,
            volumes: vec![Volume::gp3("/dev/xvda", 50)],
            metadata: MetadataOptions { tokens_required: true, hop_limit: 1, tags: false },
            user_data: None,
            security_groups: Vec::new(),
            instance_profile: None,
            key_pair: None,
            detailed_monitoring: false,
            instance_tags: Tags::new(),
            volume_tags: Tags::new(),
            tags: Tags::new(),
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if let Some(name) = &self.name {
            let fits = |c: char| c.is_ascii_alphanumeric() || "().-/_".contains(c);
            problems.require(
                (3..=128).contains(&name.len()) && name.chars().all(fits),
                "name",
                format!("`{name}` is not 3 to 128 letters, digits and any of ().-/_"),
            );
        }
        let short = self.description.chars().count() <= 255;
        problems.require(short, "description", "is longer than 255 characters");
        for (number, volume) in self.volumes.iter().enumerate() {
            volume.check(&format!("volumes[{number}]"), problems);
        }
        problems.require(
            (1..=64).contains(&self.metadata.hop_limit),
            "metadata.hop_limit",
            format!("{} is not between 1 and 64", self.metadata.hop_limit),
        );
        if let Some(text) = self.user_data.as_ref().and_then(Val::known) {
            let fits = text.len() <= 16_384;
            problems.require(
                fits,
                "user_data",
                "is longer than 16384 bytes: fetch the rest from S3",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ec2_would_refuse_is_said_at_plan() {
        let scope: Val<Scope> = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let mistakes = |template: LaunchTemplate| {
            let mut problems = Problems::default();
            template.check(&mut problems);
            problems.into_vec().into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        assert_eq!(mistakes(LaunchTemplate::new(scope.clone())), [""; 0]);
        let slow = Volume { iops: Some(100), ..Volume::gp3("/dev/xvda", 0) };
        let fast = Volume { volume_type: "io2".into(), ..Volume::gp3("sda", 10) };
        let template = LaunchTemplate {
            name: Some("ab".into()),
            volumes: vec![slow, fast],
            metadata: MetadataOptions { tokens_required: true, hop_limit: 0, tags: false },
            ..LaunchTemplate::new(scope)
        };
        assert_eq!(
            mistakes(template),
            [
                "name",
                "volumes[0].gib",
                "volumes[0].iops",
                "volumes[1].device",
                "volumes[1].iops",
                "metadata.hop_limit",
            ]
        );
    }
}
