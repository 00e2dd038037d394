//! A MySQL database on RDS, with the network rules to reach it.

use crate::{Subnets, door::Door, names::named};
use groundplan_aws::{
    Arn, Scope, Tags,
    ec2::RulePeer,
    rds::{Engine, Instance, OnDelete, SubnetGroup},
};
use groundplan_core::{Options, Stack, Val};

/// The port of MySQL.
const PORT: u16 = 3306;

/// A MySQL database: private, encrypted, backed up, its master password known to Secrets Manager alone.
#[derive(Clone, Debug)]
pub struct MySql {
    /// The account and region.
    pub scope: Val<Scope>,
    /// Where it is.
    pub subnets: Subnets,
    /// Who may connect, by a name for the rule.
    pub clients: Vec<(String, RulePeer)>,
    /// The version: `8.4`, or more precise.
    pub version: String,
    /// The size of the machine, e.g. `db.m7g.large`.
    pub class: String,
    /// The storage, in GiB. It can grow and never shrink.
    pub storage_gib: u32,
    /// The database that is made with it.
    pub database: String,
    /// Whether a standby in another zone takes over.
    pub multi_az: bool,
    /// For how many days backups are kept: 0 to 35.
    pub backup_days: u32,
    /// The key for its storage; AWS's own if absent.
    pub key: Option<Val<Arn>>,
    /// Whether it is guarded against deletion, here and by RDS, and leaves a snapshot when it goes.
    pub protect: bool,
    /// Added to the ownership tags of everything.
    pub tags: Tags,
}

/// What others need of a [`MySql`].
#[derive(Clone, Debug)]
pub struct MySqlParts {
    /// The host's name.
    pub host: Val<String>,
    /// The port.
    pub port: Val<u16>,
    /// The secret with the master's `username` and `password`. It is rotated every seven days.
    pub master_secret: Val<Arn>,
    /// The database that was made with it.
    pub database: String,
}

impl MySql {
    /// Adds the database.
    pub fn add(self, stack: &mut Stack, name: &str) -> MySqlParts {
        let door = Door {
            scope: &self.scope,
            vpc: &self.subnets.vpc,
            description: "Who may connect to the database",
            port: PORT,
            clients: &self.clients,
            tags: &self.tags,
        };
        let group = door.add(stack, &format!("{name}-mysql"));
        let subnets = SubnetGroup {
            tags: self.tags.clone(),
            vpc: Some(self.subnets.vpc),
            ..SubnetGroup::new(self.scope.clone(), self.subnets.ids)
        };
        let subnets = stack.add(name, subnets);
        let instance = Instance {
            database: Some(self.database.clone()),
            multi_az: self.multi_az,
            backup_days: self.backup_days,
            kms_key: self.key.clone(),
            deletion_protection: self.protect,
            on_delete: if self.protect { OnDelete::FinalSnapshot } else { OnDelete::Discard },
            tags: named(&self.tags, stack, name),
            ..Instance::new(
                self.scope.clone(),
                Engine::MySql,
                &self.version,
                &self.class,
                self.storage_gib,
                subnets.name(),
                vec![group],
            )
        };
        let options = Options { protect: self.protect, ..Options::default() };
        let instance = stack.add_with(name, instance, options);
        MySqlParts {
            host: instance.host(),
            port: instance.port(),
            master_secret: instance.master_secret(),
            database: self.database,
        }
    }
}
