//! The three operations: up, status, down.

use crate::{
    Error, Kubernetes, Mode, Options, Part, Reporter, Result, Sandbox, Stage,
    cache::Cache,
    kubernetes,
    leash::{self, Politely},
    lock::Lock,
    part::{aws, charts, control_plane::ControlPlane, tools},
    progress::PartReporter,
    root::{Answer, Record, Root},
    start::{self, Parts, START_LIMIT},
};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How long one that has answered before may take to answer again.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// How long the AWS part may take to end its clusters and itself.
const END_PATIENCE: Duration = Duration::from_secs(20);

/// How long a compiler may take to end.
const BUILD_END_PATIENCE: Duration = Duration::from_secs(5);

/// Brings up the sandbox of a runtime folder: the one that runs there, or a new one that outlives
/// this command.
///
/// It returns as soon as AWS answers. A control plane that has to be built first goes on being built
/// without this command; [`Sandbox::kubernetes`] and the reporter tell how far it is.
pub async fn up(options: &Options, reporter: &Reporter) -> Result<Sandbox> {
    let root = Root::new(&options.root)?;
    let cache = Cache::open(&options.cache)?;
    let report = reporter.of(Part::Sandbox);
    let _turn = turn(&root, &report).await?;
    let running = running(&root, options).await?;
    if running.is_none() {
        root.clear()?;
    }
    let used = options.until_dropped.then(|| Lock::share(&root.users())).transpose()?;
    let control_plane = ControlPlane::locate(&cache).await;
    let record = running.as_ref().map(|(record, _)| record.clone());
    let reused = record.is_some();

    let kubernetes = async {
        let report = reporter.of(Part::ControlPlane);
        Ok(kubernetes::begin(&root, options.mode, record.as_ref(), &control_plane, report).await)
    };
    let charts = async { charts::prepare(&cache, &reporter.of(Part::Charts)).await };
    let programs = async { tools::prepare(options.tools, &cache, &reporter.of(Part::Tools)).await };
    let answer = async {
        if let Some((record, answer)) = running {
            report.say(Stage::Cached, format!("{} runs already", record.id));
            return Ok(answer);
        }
        let python = aws::prepare(&cache, &reporter.of(Part::Aws)).await?;
        let (control_plane, build) = (control_plane.program(), control_plane.lock());
        start_new(&root, options, Parts { python, control_plane, build }, &report).await
    };
    let (answer, programs, charts, kubernetes) =
        tokio::try_join!(answer, programs, charts, kubernetes)?;
    let (helm, kubectl) = programs;
    Ok(Sandbox {
        id: answer.id,
        reused,
        mode: options.mode,
        endpoint: answer.endpoint,
        account: answer.account,
        region: answer.region,
        credentials: answer.credentials,
        caller_arn: answer.caller_arn,
        outsider: answer.outsider,
        request_log: root.requests(),
        root: root.dir,
        helm,
        kubectl,
        charts,
        kubernetes,
        _use: used.map(Arc::new),
    })
}

/// The sandbox that runs in this folder, if it is one like the one asked for.
async fn running(root: &Root, options: &Options) -> Result<Option<(Record, Answer)>> {
    let Some(holder) = leash::holder(&root.leash())? else { return Ok(None) };
    let silent = |id: &str| Error::Silent { id: id.to_owned(), pid: holder.pid };
    let record = root.record()?.ok_or_else(|| silent("of unknown id"))?;
    // One that never answered was left by a command that was killed; it may be about to.
    let limit = if record.endpoint.is_some() { ANSWER_LIMIT } else { START_LIMIT };
    let answer = match start::first_answer(root, &record.id, limit).await {
        Err(Error::AwsSilent { .. }) => return Err(silent(&record.id)),
        other => other?,
    };
    let Some(answer) = answer else { return Ok(None) };
    let different = |how| Err(Error::Different { id: record.id.clone(), how });
    if options.mode == Mode::Full && record.mode == Mode::AwsOnly {
        return different("without Kubernetes".into());
    }
    if record.until_dropped && !options.until_dropped {
        return different("until the process that started it ends".into());
    }
    if options.port != 0 && answer.port() != Some(options.port) {
        return different(format!("at {}", answer.endpoint));
    }
    Ok(Some((record, answer)))
}

async fn start_new(
    root: &Root,
    options: &Options,
    parts: Parts,
    report: &PartReporter,
) -> Result<Answer> {
    report.say(Stage::Started, "");
    match start::start(root, options, parts).await {
        Ok(answer) => {
            report.say(Stage::Done, format!("{} at {}", answer.id, answer.endpoint));
            Ok(answer)
        }
        Err(error) => {
            report.say(Stage::Failed, error.sentence());
            leash::end(&root.leash(), Politely::Leader, END_PATIENCE).await?;
            Err(error)
        }
    }
}

/// Only one command at a time starts or ends the sandbox of a folder.
async fn turn(root: &Root, report: &PartReporter) -> Result<Lock> {
    let path = root.turn();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    let waiting = || report.say(Stage::Waiting, "another command starts or ends it");
    Lock::take(&path, waiting).await
}

/// A sandbox as it is found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Its id.
    pub id: String,
    /// How much of the cloud it has.
    pub mode: Mode,
    /// When it was started.
    pub started: Timestamp,
    /// Whether it lives.
    pub life: Life,
    /// Where it answers AWS calls, once it has.
    pub endpoint: Option<String>,
    /// Its process, the one to look at when it does not answer.
    pub pid: i32,
    /// Whether there is Kubernetes.
    pub kubernetes: Kubernetes,
    /// The kubeconfig files of its clusters that are ready, by cluster name.
    pub kubeconfigs: BTreeMap<String, PathBuf>,
}

/// Whether a sandbox lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs and answers.
    Answers,
    /// It runs but does not answer.
    Silent,
    /// It has ended without `down`: killed, or the machine was restarted.
    Ended,
}

/// The sandbox of a runtime folder; none if none was started there. Changes nothing.
pub async fn status(root: &Path) -> Result<Option<Status>> {
    let root = Root::new(root)?;
    let Some(record) = root.record()? else { return Ok(None) };
    let life = match (leash::holder(&root.leash())?, root.answer()?) {
        (None, _) => Life::Ended,
        (Some(_), Some(answer)) if answer.id == record.id && answer.is_live().await => {
            Life::Answers
        }
        (Some(_), _) => Life::Silent,
    };
    let kubernetes = kubernetes::observe(&root, &record)?;
    Ok(Some(Status {
        id: record.id,
        mode: record.mode,
        started: record.started,
        life,
        endpoint: record.endpoint,
        pid: record.pid,
        kubernetes,
        kubeconfigs: root.kubeconfigs()?,
    }))
}

/// How a sandbox ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// There was none.
    Nothing,
    /// It had ended before; what it left was removed.
    Removed,
    /// It ended when asked.
    Ended,
    /// It did not end when asked, and was killed.
    Killed,
}

/// Ends the sandbox of a runtime folder with all its processes, and the build of the control plane
/// that it began; removes the folder. The cache stays.
pub async fn down(root: &Path, reporter: &Reporter) -> Result<Down> {
    let root = Root::new(root)?;
    if !root.dir.exists() {
        return Ok(Down::Nothing);
    }
    let _turn = turn(&root, &reporter.of(Part::Sandbox)).await?;
    let lived = leash::holder(&root.leash())?.is_some();
    let ended = leash::end(&root.leash(), Politely::Leader, END_PATIENCE).await?;
    // A record that cannot be read is no reason to leave the folder.
    if let Ok(Some(record)) = root.record() {
        end_build(&root, &record).await?;
    }
    root.remove()?;
    Ok(match (lived, ended) {
        (false, _) => Down::Removed,
        (true, true) => Down::Ended,
        (true, false) => Down::Killed,
    })
}

/// The build belongs to the cache; it is ended only by the sandbox that began it.
async fn end_build(root: &Root, record: &Record) -> Result<()> {
    let owner = root.dir.to_string_lossy();
    if leash::holder(&record.build)?.is_some_and(|holder| holder.owner == owner) {
        leash::end(&record.build, Politely::Group, BUILD_END_PATIENCE).await?;
    }
    Ok(())
}
