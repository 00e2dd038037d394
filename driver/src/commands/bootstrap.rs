//! `bootstrap`: makes the bucket that states are kept in, as a plan like any other.
//!
//! The bucket's own record is the mark on it: every run rebuilds it from there, as `state recover` does,
//! since what is recorded in a bucket cannot say how the bucket itself comes about. While a run is at
//! work its journal is beside the states of this machine, where the next one finds it if it is cut off.

use super::carry_out::{Consent, Wish, carry_out};
use crate::{
    app::App,
    cli::BootstrapArgs,
    lock,
    place::Place,
    render::error::{FAILED, Failure, REFUSED},
    session::Run,
};
use groundplan::{
    Graph, Mode, Options, Resource, Settings, Stack,
    aws::{
        Scope,
        account::AccountIdentity,
        s3::{Bucket, BucketPolicy, LifecycleRule, tls_only},
    },
};
use groundplan_state::{Lineage, Snapshot};
use std::path::Path;

/// What the mark on the bucket names as its stack.
const STACK: &str = "groundplan-bootstrap";
/// How long a state that was overwritten can be had back.
const OLD_DAYS: u32 = 90;
/// After how long an upload that was not finished counts for nothing.
const UPLOAD_DAYS: u32 = 7;

/// Makes the bucket of `--state`, or brings it to what it should be.
pub(crate) async fn bootstrap(app: &App, arguments: BootstrapArgs) -> Result<u8, Failure> {
    let Some(Place::Bucket(place)) = &app.global.state else { return Err(no_bucket()) };
    let (run, record) = Run::for_bucket(app, STACK, place.bucket()).await?;
    let scope = here(&run)?;
    let graph = program(app, &scope, place.bucket())?;
    if run.load().await?.entries.is_empty() {
        take_up(&run, &graph, &scope, place.bucket()).await?;
    }
    let mut session = run.open("bootstrap").await?;
    let wish = Wish {
        command: "bootstrap",
        graph: &graph,
        question: format!(
            "make the bucket `{}` this in {} of account {} {}?",
            place.bucket(),
            scope.region,
            scope.account,
            run.whereabouts()
        ),
        yes: arguments.yes,
        at_once: 1,
        allow_deletes: None,
        settings: Settings::new(Mode::Apply),
        consent: Consent::Asked,
    };
    let ended = carry_out(&run, session.as_mut(), wish).await;
    lock::give_back(session).await;
    let ended = ended?;
    if ended.exit == 0 {
        forget(&record);
        app.screen.page(&format!("states are kept there with --state {place}\n"));
    }
    Ok(ended.exit)
}

/// Where the bucket is to be: where whoever runs this is, as states are read and written from there.
fn here(run: &Run<'_>) -> Result<Scope, Failure> {
    let Some(region) = run.world.aws.config().region() else {
        return Err(Failure {
            what: "it is not said in which region the bucket is to be; nothing was changed".into(),
            causes: Vec::new(),
            hints: vec!["set AWS_REGION, e.g. AWS_REGION=eu-west-1".into()],
            exit: FAILED,
        });
    };
    let caller = &run.world.caller;
    Ok(Scope {
        account: caller.account.clone(),
        region: region.to_string(),
        partition: caller.partition.clone(),
        role: None,
        via: None,
    })
}

/// The bucket with all that keeps what is in it safe.
fn program(app: &App, scope: &Scope, name: &str) -> Result<Graph, Failure> {
    let mut stack = Stack::new(STACK);
    let identity = AccountIdentity::new(scope.account.as_str(), &scope.region);
    let scope = stack.derive("main", identity).scope();
    let old = LifecycleRule {
        noncurrent_expiration_days: Some(OLD_DAYS),
        expired_delete_markers: true,
        ..LifecycleRule::new("old-versions")
    };
    let uploads =
        LifecycleRule { abort_upload_days: Some(UPLOAD_DAYS), ..LifecycleRule::new("uploads") };
    let bucket = Bucket {
        name: Some(name.to_owned()),
        versioning: true,
        lifecycle: vec![old, uploads],
        ..Bucket::new(scope.clone())
    };
    let protected = Options { protect: true, ..Options::default() };
    let bucket = stack.add_with("states", bucket, protected);
    stack.add("states", BucketPolicy::new(scope, bucket.name(), tls_only(&bucket.arn())));
    stack.freeze(&app.program.registry()).map_err(|problems| Failure::from(&problems[..]))
}

/// Rebuilds the record of a bucket that is there, from the mark on it. Refuses one that has none.
async fn take_up(run: &Run<'_>, graph: &Graph, scope: &Scope, bucket: &str) -> Result<(), Failure> {
    let registry = run.app.program.registry();
    let mut empty = Snapshot::new(STACK, run.world.realm.clone());
    let cx = run.cx(&empty, false)?;
    let of = Bucket { name: Some(bucket.to_owned()), ..Bucket::new(scope.clone().into()) };
    let there = of.identify(&cx, bucket).await.map_err(|fault| unreachable(bucket, &fault))?;
    if there.is_none() {
        return Ok(());
    }
    let marks = groundplan::lineages(graph, &registry, &cx).await;
    let marks = marks.map_err(|error| Failure::from(&error))?;
    let lineages: Vec<_> = marks.keys().filter_map(|lineage| lineage.parse().ok()).collect();
    let [lineage] = lineages[..] else { return Err(not_ours(bucket)) };
    empty.lineage = Lineage(lineage);
    let cx = run.cx(&empty, false)?;
    let recovered = groundplan::recover(graph, &registry, &cx, empty).await;
    let recovered = recovered.map_err(|error| Failure::from(&error))?;
    run.begin(recovered.snapshot, "bootstrap").await
}

fn no_bucket() -> Failure {
    Failure {
        what: "it is not said which bucket to make; nothing was changed".into(),
        causes: Vec::new(),
        hints: vec!["name it: apply bootstrap --state s3://BUCKET/PREFIX".into()],
        exit: FAILED,
    }
}

fn not_ours(bucket: &str) -> Failure {
    Failure {
        what: format!(
            "the bucket `{bucket}` is there already, and `bootstrap` did not make it; nothing was changed"
        ),
        causes: vec!["it does not carry the mark that says so".into()],
        hints: vec![
            "states can be kept in it as it is, without `bootstrap`: --state s3://BUCKET/PREFIX"
                .into(),
            "or choose another name".into(),
        ],
        exit: REFUSED,
    }
}

fn unreachable(bucket: &str, fault: &groundplan::Fault) -> Failure {
    Failure {
        what: format!("could not look at the bucket `{bucket}`; nothing was changed"),
        causes: vec![fault.to_string()],
        hints: fault.hint.iter().cloned().collect(),
        exit: FAILED,
    }
}

/// Takes the record on this machine away. What stays of it does no harm: the next run goes on from it.
fn forget(record: &Path) {
    if let Err(error) = std::fs::remove_dir_all(record) {
        tracing::debug!(folder = %record.display(), %error, "it stays");
    }
}
