//! What runs in a database, and what each engine takes: versions, names, logs, ports.

use groundplan_core::Problems;
use serde::{Deserialize, Serialize};

/// What runs in a database instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Engine {
    /// MySQL Community.
    #[serde(rename = "mysql")]
    MySql,
    /// `PostgreSQL`.
    #[serde(rename = "postgres")]
    Postgres,
}

/// SQL words that neither engine takes for a user or a database without quotes, which RDS does not write.
const SQL: [&str; 24] = [
    "all", "and", "as", "check", "create", "default", "delete", "desc", "false", "from", "grant",
    "group", "in", "into", "like", "not", "null", "or", "order", "select", "table", "true",
    "where", "with",
];

impl Engine {
    /// Every engine.
    pub const ALL: [Self; 2] = [Self::MySql, Self::Postgres];

    /// As RDS names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::Postgres => "postgres",
        }
    }

    /// The family of parameter groups for a version: `mysql8.4` for `8.4.6`, `postgres17` for `17.5`.
    pub fn family(self, version: &str) -> String {
        format!("{}{}", self.as_str(), self.series(version))
    }

    /// What of a version says which major it is: two numbers of MySQL's, one of `PostgreSQL`'s.
    pub(super) fn series(self, version: &str) -> String {
        version.split('.').take(self.major_parts()).collect::<Vec<_>>().join(".")
    }

    pub(super) fn major_parts(self) -> usize {
        match self {
            Self::MySql => 2,
            Self::Postgres => 1,
        }
    }

    /// The port where none is given.
    pub fn port(self) -> u16 {
        match self {
            Self::MySql => 3306,
            Self::Postgres => 5432,
        }
    }

    /// What it can send to CloudWatch (`CreateDBInstance`, `EnableCloudwatchLogsExports`).
    pub fn logs(self) -> &'static [&'static str] {
        match self {
            Self::MySql => &["audit", "error", "general", "iam-db-auth-error", "slowquery"],
            Self::Postgres => &["iam-db-auth-error", "postgresql", "upgrade"],
        }
    }

    /// The logs that say why it stopped and what was slow.
    pub(super) fn usual_logs(self) -> &'static [&'static str] {
        match self {
            Self::MySql => &["error", "slowquery"],
            Self::Postgres => &["postgresql", "upgrade"],
        }
    }

    /// The log that says why it stopped.
    pub(super) fn error_log(self) -> &'static str {
        self.usual_logs()[0]
    }

    /// The master user where none is given. `admin` is a reserved word to `PostgreSQL` on RDS.
    pub(super) fn usual_master(self) -> &'static str {
        match self {
            Self::MySql => "admin",
            Self::Postgres => "postgres",
        }
    }

    pub(super) fn check_version(self, problems: &mut Problems, version: &str) {
        let parts: Vec<_> = version.split('.').collect();
        let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let major = self.major_parts();
        let sound = (major..=major + 1).contains(&parts.len()) && parts.iter().all(number);
        let example = match self {
            Self::MySql => "`8.4` or `8.4.6`",
            Self::Postgres => "`17` or `17.5`",
        };
        let what = format!("`{version}` is no version of {} such as {example}", self.as_str());
        problems.require(sound, "engine_version", what);
    }

    pub(super) fn check_master(self, problems: &mut Problems, user: &str) {
        let (longest, reserved): (usize, &[&str]) = match self {
            Self::MySql => (16, &["rdsadmin", "rdsrepladmin"]),
            Self::Postgres => (63, &["admin", "rdsadmin", "user"]),
        };
        check_word(problems, "master_username", "user", user, longest);
        let lower = user.to_ascii_lowercase();
        let pg = self == Self::Postgres && (lower.starts_with("pg_") || lower.starts_with("rds_"));
        let taken = pg || reserved.contains(&lower.as_str()) || SQL.contains(&lower.as_str());
        let what = format!("`{user}` is a name that {} keeps for itself", self.as_str());
        problems.require(!taken, "master_username", what);
    }

    pub(super) fn check_database(self, problems: &mut Problems, name: &str) {
        let (longest, reserved): (usize, &[&str]) = match self {
            Self::MySql => {
                (64, &["information_schema", "innodb", "mysql", "performance_schema", "sys", "tmp"])
            }
            Self::Postgres => (63, &["db", "rdsadmin", "template0", "template1"]),
        };
        check_word(problems, "database", "database", name, longest);
        let lower = name.to_ascii_lowercase();
        let taken = reserved.contains(&lower.as_str()) || SQL.contains(&lower.as_str());
        let what = format!("`{name}` is a name that {} keeps for itself", self.as_str());
        problems.require(!taken, "database", what);
    }
}

fn check_word(problems: &mut Problems, path: &str, what: &str, text: &str, longest: usize) {
    let sound = (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let rule = format!(
        "`{text}` is no {what}: a letter, then letters, digits or `_`, {longest} in all at most"
    );
    problems.require(sound, path, rule);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(check: impl Fn(&mut Problems)) -> usize {
        let mut problems = Problems::default();
        check(&mut problems);
        problems.into_vec().len()
    }

    #[test]
    fn each_engine_counts_its_versions_in_its_own_way() {
        use Engine::{MySql, Postgres};
        assert_eq!(
            (MySql.family("8.4.6"), Postgres.family("17.5")),
            ("mysql8.4".into(), "postgres17".into())
        );
        for (engine, version, sound) in [
            (MySql, "8.4", true),
            (MySql, "8.4.6", true),
            (MySql, "8", false),
            (Postgres, "17", true),
            (Postgres, "17.5", true),
            (Postgres, "17.5.1", false),
            (Postgres, "17.", false),
            (Postgres, "latest", false),
        ] {
            assert_eq!(
                noted(|p| engine.check_version(p, version)) == 0,
                sound,
                "{engine:?} {version}"
            );
        }
    }

    #[test]
    fn a_name_that_one_engine_keeps_is_free_in_the_other() {
        use Engine::{MySql, Postgres};
        assert_eq!(noted(|p| MySql.check_master(p, "admin")), 0);
        assert_eq!(noted(|p| Postgres.check_master(p, "admin")), 1);
        assert_eq!(noted(|p| Postgres.check_master(p, "pg_owner")), 1);
        assert_eq!(noted(|p| MySql.check_database(p, "db")), 0);
        assert_eq!(noted(|p| Postgres.check_database(p, "db")), 1);
        assert_eq!(noted(|p| MySql.check_database(p, "sys")), 1);
        for engine in Engine::ALL {
            assert_eq!(noted(|p| engine.check_database(p, "select")), 1);
            assert_eq!(noted(|p| engine.check_master(p, engine.usual_master())), 0);
        }
    }
}
