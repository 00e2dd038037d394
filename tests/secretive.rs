//! The reference platform with secrets in every place that takes one, for a test to look for them.

use groundplan::{
    Problems, Program, Registry, SecretSource, Stack, Val,
    aws::{
        Scope,
        secretsmanager::{Generate, Secret, SecretContent},
    },
    kube::{ClusterAccess, KubeObject},
    platform::reference::{Reference, Settings},
};
use std::process::ExitCode;

fn main() -> ExitCode {
    groundplan_driver::run::<Secretive>()
}

#[derive(Debug)]
struct Secretive;

/// Environment variables `SECRET_1` to `SECRET_8`, and files `secret-9` to `secret-16`.
fn source(n: usize) -> SecretSource {
    match n {
        ..9 => SecretSource::Env { name: format!("SECRET_{n}") },
        _ => SecretSource::File { path: format!("secret-{n}") },
    }
}

fn output<T>(address: &str, field: &str) -> Val<T> {
    Val::output(&address.parse().expect("BUG: an address"), field)
}

impl Program for Secretive {
    type Settings = Settings;

    const NAME: &'static str = "a program full of secrets";

    fn registry() -> Registry {
        Reference::registry()
    }

    fn check(settings: &Settings, problems: &mut Problems) {
        Reference::check(settings, problems);
    }

    fn stack(settings: &Settings) -> String {
        Reference::stack(settings)
    }

    fn build(settings: &Settings, stack: &mut Stack) {
        Reference::build(settings, stack);
        let scope: Val<Scope> = output("aws.account/main", "scope");
        let access: Val<ClusterAccess> = output("eks.access/main", "access");
        // Copies in AWS, and one that AWS refuses: it is too long.
        for n in [1, 2, 9, 10] {
            let copy = Secret::new(scope.clone(), SecretContent::From(source(n)));
            stack.add(&format!("copy-{n}"), copy);
        }
        // Made in AWS, and from there in the cluster.
        let keys =
            [("a", Generate::password()), ("b", Generate::hex(64)), ("c", Generate::password())];
        let made = stack.add("made", Secret::generated(scope, keys));
        let of = |key: &str| SecretSource::SecretsManager {
            arn: groundplan::text!("{}", made.arn()),
            key: Some(key.into()),
        };
        let kept = ["a", "b", "c"].map(|key| (key, of(key)));
        stack.add("made", KubeObject::secret(access.clone(), "default", "made", kept));
        let local = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(|n| (format!("key-{n}"), source(n)));
        stack.add("local", KubeObject::secret(access.clone(), "default", "local", local));
        // What the API server says of it when it is no document.
        let mut login =
            KubeObject::secret(access, "default", "login", [(".dockerconfigjson", source(8))]);
        login.manifest["type"] = "kubernetes.io/dockerconfigjson".into();
        stack.add("login", login);
    }
}
