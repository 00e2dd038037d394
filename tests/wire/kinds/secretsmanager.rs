//! Secrets.

use super::{specimen::Specimen, specimens};
use groundplan::aws::secretsmanager::{Generate, Secret, SecretContent};

specimens![secret];

fn secret() -> Specimen<Secret> {
    Specimen::new("secret", |ground| Secret {
        // One that can be restored is not made a second time.
        recovery_days: 0,
        ..Secret::generated(ground.scope(), [("password", Generate::password())])
    })
    .tags(|secret| &mut secret.tags)
    .copies(|_, _, _| {})
    .update("description", |secret, _| secret.description = "of the application".into())
    .update("content", |secret, _| {
        let keys = [("password", Generate::password()), ("key", Generate::base64(32))];
        let keys = keys.map(|(name, how)| (name.to_owned(), how));
        secret.content = SecretContent::Generated(keys.into());
    })
    .replace("name", |secret, _| secret.name = Some("secret-of-another-name".into()))
    .fixed("kms_key", "takes a key of the account; tested with secrets")
    .fixed("recovery_days", "says what a delete leaves; tested with secrets")
}
