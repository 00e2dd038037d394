//! Values as objects of a bucket.

use crate::{S3Place, error::Attempt, pace::Pace};
use aws_sdk_s3::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
    types::{Delete, ObjectIdentifier},
};
use aws_types::SdkConfig;
use groundplan_state::{Blobs, BoxFuture, Put, Result};
use std::{sync::Arc, time::Duration};
use tokio::runtime::{Builder, Runtime};

/// The least time between two writes: a run's records are written together meanwhile.
const PAUSE: Duration = Duration::from_millis(50);
/// Objects that one call can delete.
const DELETED_AT_ONCE: usize = 1000;
/// Attempts of a call, the pauses between them growing.
const ATTEMPTS: u32 = 5;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A call that takes longer than this has failed. Longer than a lease lives without a heartbeat: who
/// took over meanwhile has shut this run out.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Keeps values as objects of a bucket. Clones are the same place.
///
/// Its calls run on a thread of their own, so that heartbeats go out however busy the program is.
#[derive(Clone, Debug)]
pub struct S3Blobs {
    worker: Arc<Worker>,
    bucket: Arc<Bucket>,
}

/// What calls need.
#[derive(Debug)]
struct Bucket {
    client: Client,
    place: S3Place,
    pace: Pace,
}

/// The thread that calls run on. It ends with the last that uses it.
#[derive(Debug)]
struct Worker(Option<Runtime>);

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl S3Blobs {
    /// Values in a bucket, with the credentials and the region of `config`.
    ///
    /// # Errors
    /// If no thread can be had for its calls.
    pub fn new(config: &SdkConfig, place: S3Place) -> Result<Self> {
        Self::with_pause(config, place, PAUSE)
    }

    /// As [`Self::new`], with another pause between two writes.
    ///
    /// # Errors
    /// If no thread can be had for its calls.
    pub fn with_pause(config: &SdkConfig, place: S3Place, pause: Duration) -> Result<Self> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_timeout(TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT);
        let own = aws_sdk_s3::config::Builder::from(config)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts.build())
            // A host name of its own for each bucket is something that only AWS has.
            .force_path_style(config.endpoint_url().is_some())
            .build();
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name("s3").enable_all();
        let runtime = runtime.build().map_err(|error| {
            let attempt = Attempt { action: "reach", place: &place, key: "" };
            let hint = "end some programs of this machine and run the same command again".into();
            attempt.error(None, format!("no thread could be started: {error}"), hint, None)
        })?;
        let bucket = Bucket { client: Client::from_conf(own), place, pace: Pace::new(pause) };
        Ok(Self { worker: Arc::new(Worker(Some(runtime))), bucket: Arc::new(bucket) })
    }

    /// Runs a call on the thread of its own.
    fn run<'a, T, F>(
        &'a self,
        call: impl FnOnce(Arc<Bucket>) -> F + Send + 'a,
    ) -> BoxFuture<'a, Result<T>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        Box::pin(async move {
            let runtime = self.worker.0.as_ref().expect("BUG: there until it is dropped");
            match runtime.spawn(call(self.bucket.clone())).await {
                Ok(result) => result,
                Err(failed) => std::panic::resume_unwind(failed.into_panic()),
            }
        })
    }
}

impl Bucket {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let attempt = Attempt { action: "read", place: &self.place, key };
        let call = self.client.get_object().bucket(self.place.bucket());
        let found = match call.key(self.place.object(key)).send().await {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Ok(None);
            }
            Err(error) => return Err(attempt.failed(&error)),
        };
        match found.body.collect().await {
            Ok(body) => Ok(Some(body.to_vec())),
            Err(error) => {
                let hint = "run the same command again: it goes on from here".into();
                Err(attempt.error(None, format!("the answer broke off: {error}"), hint, None))
            }
        }
    }

    async fn put(&self, key: &str, value: Vec<u8>, new: bool) -> Result<Put> {
        self.pace.turn().await;
        let call = self.client.put_object().bucket(self.place.bucket());
        let call = call.key(self.place.object(key)).content_type("application/json");
        let call = call.body(ByteStream::from(value)).set_if_none_match(new.then(|| "*".into()));
        match call.send().await {
            Ok(_) => Ok(Put::Created),
            Err(error) if new && is_taken(&error) => Ok(Put::Exists),
            Err(error) => Err(Attempt { action: "write", place: &self.place, key }.failed(&error)),
        }
    }

    /// Everything below a prefix: keys, or with a delimiter the folders.
    async fn list(&self, prefix: &str, after: Option<&str>, deep: bool) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let call = self.client.list_objects_v2().bucket(self.place.bucket());
            let call = call
                .prefix(self.place.object(prefix))
                .set_start_after(after.map(|after| self.place.object(after)))
                .set_delimiter((!deep).then(|| "/".into()))
                .set_continuation_token(token.take());
            let page = call.send().await.map_err(|error| {
                Attempt { action: "list", place: &self.place, key: prefix }.failed(&error)
            })?;
            let objects = page.contents().iter().filter_map(|object| object.key());
            let folders = page.common_prefixes().iter().filter_map(|folder| folder.prefix());
            let names: Vec<_> = if deep { objects.collect() } else { folders.collect() };
            found.extend(
                names.into_iter().filter_map(|name| self.place.key(name)).map(str::to_owned),
            );
            token = page.next_continuation_token;
            if token.is_none() {
                found.sort();
                return Ok(found);
            }
        }
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        for keys in keys.chunks(DELETED_AT_ONCE) {
            let object = |key: &String| {
                let object = ObjectIdentifier::builder().key(self.place.object(key));
                object.build().expect("BUG: it has a key")
            };
            let objects = Delete::builder().set_objects(Some(keys.iter().map(object).collect()));
            let objects = objects.quiet(true).build().expect("BUG: it has objects");
            let call = self.client.delete_objects().bucket(self.place.bucket()).delete(objects);
            let attempt = |key| Attempt { action: "delete", place: &self.place, key };
            let done = call.send().await.map_err(|error| attempt("").failed(&error))?;
            if let Some(first) = done.errors().first() {
                let key = first.key().and_then(|key| self.place.key(key)).unwrap_or_default();
                let code = first.code().map(str::to_owned);
                let why = first.message().unwrap_or("S3 gave no reason").to_owned();
                let hint = format!("allow s3:DeleteObject on what is in `{}`", self.place.bucket());
                return Err(attempt(key).error(code, why, hint, None));
            }
        }
        Ok(())
    }
}

/// Whether a conditional write was refused because the object exists, or is being written.
fn is_taken<E: ProvideErrorMetadata>(
    error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>,
) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    status == Some(412) || (status == Some(409) && code == Some("ConditionalRequestConflict"))
}

impl Blobs for S3Blobs {
    fn place(&self, key: &str) -> String {
        format!("{}{key}", self.bucket.place)
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        let key = key.to_owned();
        self.run(|bucket| async move { bucket.get(&key).await })
    }

    fn put_new<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Put>> {
        let key = key.to_owned();
        self.run(|bucket| async move { bucket.put(&key, value, true).await })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<()>> {
        let key = key.to_owned();
        self.run(|bucket| async move { bucket.put(&key, value, false).await.map(drop) })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.run(|bucket| async move { bucket.list(&prefix, after.as_deref(), true).await })
    }

    fn folders(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.run(|bucket| async move {
            let found = bucket.list("", None, false).await?;
            Ok(found.into_iter().map(|folder| folder.trim_end_matches('/').to_owned()).collect())
        })
    }

    fn delete(&self, keys: Vec<String>) -> BoxFuture<'_, Result<()>> {
        self.run(|bucket| async move { bucket.delete(&keys).await })
    }
}
