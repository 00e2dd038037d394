//! The value of a secret, for the time of one call, and what tells its version without it.

use super::{Secret, SecretContent};
use crate::{
    fault::fault,
    secretsmanager::{current, document::Document, pairs},
};
use aws_sdk_secretsmanager::{Client, operation::describe_secret::DescribeSecretOutput};
use groundplan_core::{Class, Cx, Fault, Fields, Result, Secret as Value, SecretSource, StepCx};
use std::collections::BTreeMap;

/// The tag with the version that the source had when it was copied.
const SOURCE_VERSION: &str = "groundplan:source-version";
/// The tag with the version that the copy got here: another one now is somebody else's value.
const COPY_VERSION: &str = "groundplan:copy-version";

/// What tells which version of its source a secret holds; empty if it is no copy.
pub(super) type Marks = BTreeMap<String, String>;

fn marks(source_version: String, copy_version: String) -> Marks {
    [(SOURCE_VERSION, source_version), (COPY_VERSION, copy_version)]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
}

/// The value of a new secret, and its marks. `version` is the id that it will have.
pub(super) async fn first(cx: &Cx, secret: &Secret, version: &str) -> Result<(Value, Marks)> {
    match &secret.content {
        SecretContent::Generated(values) => {
            let mut document = Document::default();
            document.bring(values, &Fields::All)?;
            Ok((document.text(), Marks::new()))
        }
        SecretContent::From(source) => {
            let found = cx.secret(source).await?;
            Ok((found.secret, marks(found.version, version.to_owned())))
        }
    }
}

/// Brings the value to what the program wants, as far as that is approved. The marks it has then.
pub(super) async fn bring(
    cx: &StepCx,
    client: &Client,
    secret: &Secret,
    there: &DescribeSecretOutput,
    approved: &Fields,
) -> Result<Marks> {
    let arn = there.arn().unwrap_or_default();
    match &secret.content {
        SecretContent::Generated(values) => {
            // The value that the create call itself put is as it should be; it need not be read.
            let just_made = *approved == Fields::All && current(there) == Some(cx.token());
            if !just_made && approved.has("content") {
                let mut document = read(client, arn, approved).await?;
                if document.bring(values, approved)? {
                    put(client, arn, document.text()).await?;
                }
            }
            Ok(Marks::new())
        }
        SecretContent::From(source) => {
            let is = present_marks(there);
            if !approved.has("content") {
                return Ok(is);
            }
            let now = cx.secret_version(source).await?;
            if difference(there, &now).is_none() {
                return Ok(is);
            }
            let found = cx.secret(source).await?;
            let version = put(client, arn, found.secret).await?;
            Ok(marks(found.version, version))
        }
    }
}

/// Why a copy is not what its source holds now; none if it is.
pub(super) async fn drift(
    cx: &Cx,
    source: &SecretSource,
    there: &DescribeSecretOutput,
) -> Result<Option<String>> {
    match cx.secret_version(source).await {
        Ok(now) => Ok(difference(there, &now)),
        // Without its source a copy stays what it is.
        Err(fault) if matches!(fault.class, Class::NotFound | Class::Invalid) => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn difference(there: &DescribeSecretOutput, now: &str) -> Option<String> {
    let is = present_marks(there);
    match is.get(SOURCE_VERSION) {
        None => Some("not copied yet".to_owned()),
        Some(then) if then != now => Some(format!("version {then}; its source has {now}")),
        Some(_) if is.get(COPY_VERSION).map(String::as_str) != current(there) => {
            Some("changed by somebody else".to_owned())
        }
        Some(_) => None,
    }
}

fn present_marks(there: &DescribeSecretOutput) -> Marks {
    let is_mark = |key: &str| key == SOURCE_VERSION || key == COPY_VERSION;
    let tags = pairs(there.tags()).into_iter().filter(|(key, _)| is_mark(key));
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The document as it is. What was a copy before is none, and begins anew.
async fn read(client: &Client, arn: &str, approved: &Fields) -> Result<Document> {
    let call = client.get_secret_value().secret_id(arn).send().await;
    let mut found = call.map_err(fault("secretsmanager:GetSecretValue"))?;
    let text = Value::new(found.secret_string.take().unwrap_or_default());
    if *approved != Fields::All && approved.has("content.from") {
        return Ok(Document::default());
    }
    Document::parse(text.expose()).ok_or_else(|| {
        Fault::new(Class::Invalid, format!("the value of {arn} is no JSON object"))
            .why("somebody replaced the document, so its keys cannot be changed")
            .hint("put a JSON object there, or delete the secret and let it be made anew")
    })
}

/// Puts a new value; the version that it got.
async fn put(client: &Client, arn: &str, value: Value) -> Result<String> {
    let call = client.put_secret_value().secret_id(arn).secret_string(value.expose()).send().await;
    let put = call
        .map_err(fault("secretsmanager:PutSecretValue"))
        .map_err(|fault| withhold(fault, &value))?;
    Ok(put.version_id.unwrap_or_default())
}

/// The fault without its reason, if that repeats a part of what was sent.
pub(super) fn withhold(fault: Fault, value: &Value) -> Fault {
    let why = fault.why.as_deref().unwrap_or_default();
    let repeats = value.expose().split('"').any(|part| part.len() >= 8 && why.contains(part));
    if repeats || why.contains(value.expose()) && !value.expose().is_empty() {
        return fault.why("(withheld: the answer repeats a part of the secret)");
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_secretsmanager::types::Tag;

    fn there(source: &str, copy: &str, current: &str) -> DescribeSecretOutput {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        DescribeSecretOutput::builder()
            .tags(tag(SOURCE_VERSION, source))
            .tags(tag(COPY_VERSION, copy))
            .version_ids_to_stages(current, vec!["AWSCURRENT".to_owned()])
            .version_ids_to_stages("old", vec!["AWSPREVIOUS".to_owned()])
            .build()
    }

    #[test]
    fn a_new_version_at_the_source_is_seen_without_the_value() {
        assert_eq!(difference(&there("s1", "c1", "c1"), "s1"), None);
        let why = difference(&there("s1", "c1", "c1"), "s2").unwrap();
        assert_eq!(why, "version s1; its source has s2");
        let bare = DescribeSecretOutput::builder().build();
        assert_eq!(difference(&bare, "s1").unwrap(), "not copied yet");
    }

    #[test]
    fn a_value_that_somebody_else_put_is_seen() {
        let why = difference(&there("s1", "c1", "c2"), "s1").unwrap();
        assert_eq!(why, "changed by somebody else");
    }

    #[test]
    fn a_fault_repeats_no_value() {
        let value = Value::new(r#"{"password":"hunter2hunter2"}"#.to_owned());
        let fault = |why: &str| Fault::new(Class::Invalid, "x").why(why).code("c");
        let clean = withhold(fault("Value 'hunter2hunter2' is too long"), &value);
        assert_eq!(
            clean.why.as_deref(),
            Some("(withheld: the answer repeats a part of the secret)")
        );
        assert!(clean.is("c"));
        assert_eq!(withhold(fault("too many tags"), &value).why.as_deref(), Some("too many tags"));
    }
}
