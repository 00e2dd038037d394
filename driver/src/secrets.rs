//! Secrets out of the environment and out of files. What AWS keeps is read by `groundplan::aws`.
//!
//! A value goes from where it is to the call that needs it. What identifies its version is a digest
//! keyed with the stack's lineage, of so few bits that it tells nothing of the value and changes with
//! it nearly always.

use groundplan::{Class, Fault, Resolved, Secret, SecretResolver, SecretSource};
use sha2::{Digest, Sha256};
use std::{future::ready, path::PathBuf, pin::Pin};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Secrets on the machine of the run.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    /// The folder that relative paths start from.
    pub(crate) folder: PathBuf,
    /// What the versions are keyed with.
    pub(crate) key: String,
}

impl Local {
    fn read(&self, source: &SecretSource) -> Option<Result<Resolved, Fault>> {
        let value = match source {
            SecretSource::Env { name } => variable(name),
            SecretSource::File { path } => self.file(path),
            SecretSource::SecretsManager { .. } => return None,
        };
        Some(value.map(|secret| Resolved { version: self.version_of(&secret), secret }))
    }

    fn file(&self, path: &str) -> Result<Secret, Fault> {
        let path = self.folder.join(path);
        let unreadable = |error: std::io::Error| {
            Fault::new(Class::Invalid, format!("the secret in {} cannot be read", path.display()))
                .why(error.to_string())
                .hint(
                    "write it to that file, readable by you alone, and run the same command again",
                )
        };
        let mut text = std::fs::read_to_string(&path).map_err(unreadable)?;
        if text.ends_with('\n') {
            text.pop();
            text.truncate(text.strip_suffix('\r').unwrap_or(&text).len());
        }
        Ok(Secret::new(text))
    }

    fn version_of(&self, secret: &Secret) -> String {
        let digest = Sha256::new()
            .chain_update(&self.key)
            .chain_update([0])
            .chain_update(secret.expose())
            .finalize();
        format!("{:02x}{:02x}", digest[0], digest[1])
    }
}

fn variable(name: &str) -> Result<Secret, Fault> {
    crate::environment::variable(name).map(Secret::new).ok_or_else(|| {
        Fault::new(Class::Invalid, format!("the environment variable {name} is not set"))
            .hint(format!("set {name} to the secret and run the same command again"))
    })
}

impl SecretResolver for Local {
    fn resolve<'a>(
        &'a self,
        source: &'a SecretSource,
    ) -> BoxFuture<'a, Option<Result<Resolved, Fault>>> {
        Box::pin(ready(self.read(source)))
    }

    fn version<'a>(
        &'a self,
        source: &'a SecretSource,
    ) -> BoxFuture<'a, Option<Result<String, Fault>>> {
        let version = |read: Result<Resolved, Fault>| read.map(|found| found.version);
        Box::pin(ready(self.read(source).map(version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(key: &str) -> (tempfile::TempDir, Local) {
        let folder = tempfile::tempdir().unwrap();
        let local = Local { folder: folder.path().to_owned(), key: key.to_owned() };
        (folder, local)
    }

    fn file(path: &str) -> SecretSource {
        SecretSource::File { path: path.into() }
    }

    #[tokio::test]
    async fn a_file_is_read_without_its_last_line_feed() {
        let (folder, local) = local("lineage");
        std::fs::write(folder.path().join("key"), "two\nlines\n").unwrap();
        let found = local.resolve(&file("key")).await.unwrap().ok().unwrap();
        assert_eq!(found.secret.expose(), "two\nlines");
        assert_eq!(local.version(&file("key")).await.unwrap().unwrap(), found.version);
    }

    #[tokio::test]
    async fn a_version_changes_with_the_value_and_tells_little() {
        let (folder, local_one) = local("one");
        let version = |local: &Local| {
            let local = local.clone();
            async move { local.version(&file("key")).await.unwrap().unwrap() }
        };
        std::fs::write(folder.path().join("key"), "first").unwrap();
        let first = version(&local_one).await;
        let elsewhere = Local { key: "two".into(), ..local_one.clone() };
        assert_ne!(version(&elsewhere).await, first, "two stacks show different versions");
        std::fs::write(folder.path().join("key"), "second").unwrap();
        assert_ne!(version(&local_one).await, first);
        assert_eq!(first.len(), 4);
    }

    #[tokio::test]
    async fn what_is_missing_says_where_it_was_looked_for() {
        let (_folder, local) = local("lineage");
        let fault = local.resolve(&file("none")).await.unwrap().err().unwrap();
        assert!(fault.what.contains("/none cannot be read"), "{fault}");
        let source = SecretSource::Env { name: "GROUNDPLAN_NO_SUCH_SECRET".into() };
        let fault = local.resolve(&source).await.unwrap().err().unwrap();
        assert_eq!(fault.what, "the environment variable GROUNDPLAN_NO_SUCH_SECRET is not set");
        let aws = SecretSource::SecretsManager { arn: "arn".into(), key: None };
        assert!(local.resolve(&aws).await.is_none(), "others know such sources");
    }
}
