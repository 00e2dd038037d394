//! Takes everything out of a bucket that is to go with what is in it.

use super::Bucket;
use crate::{Clients, fault::fault};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use groundplan_core::{Class, Fault, Result};

/// Removes every object, every old version and every mark of a deletion.
pub(super) async fn empty(bucket: &Bucket, aws: &Clients, name: &str) -> Result<()> {
    loop {
        // From the start each time: what was listed is gone.
        let call = aws.s3.list_object_versions().bucket(name);
        let call = call.expected_bucket_owner(bucket.account()).send().await;
        let page = call.map_err(fault("s3:ListBucketVersions"))?;
        let versions = page.versions().iter().map(|v| (v.key(), v.version_id()));
        let marks = page.delete_markers().iter().map(|m| (m.key(), m.version_id()));
        let object = |(key, version): (Option<&str>, Option<&str>)| {
            let object = ObjectIdentifier::builder().key(key.unwrap_or_default());
            let object = object.set_version_id(version.map(str::to_owned)).build();
            object.expect("BUG: an object has a key")
        };
        let objects: Vec<_> = versions.chain(marks).map(object).collect();
        if objects.is_empty() {
            return Ok(());
        }
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let call = aws.s3.delete_objects().bucket(name);
        let call = call.expected_bucket_owner(bucket.account());
        let call = call.delete(delete.expect("BUG: there are objects")).send().await;
        let done = call.map_err(fault("s3:DeleteObjectVersion"))?;
        if let Some(stays) = done.errors().first() {
            let key = stays.key().unwrap_or_default();
            let what = format!("the object `{key}` of the bucket `{name}` was not deleted");
            return Err(Fault::new(Class::Other, what)
                .code(stays.code().unwrap_or("Unknown"))
                .why(stays.message().unwrap_or("no reason given"))
                .hint(
                    "see what holds it, such as an object lock, then run the same command again",
                ));
        }
    }
}
