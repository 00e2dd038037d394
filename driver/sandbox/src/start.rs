//! Starts the AWS part so that it outlives the command, and waits until it answers.

use crate::{
    Error, Options, Result, leash,
    lock::{Lock, POLL, is_held},
    port, process,
    root::{Answer, Record, Root},
};
use jiff::Timestamp;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// It takes seconds on an idle machine; a compiler beside it makes that many more.
pub(crate) const START_LIMIT: Duration = Duration::from_mins(2);

/// What the AWS part is started with.
pub(crate) struct Parts {
    /// Its Python.
    pub(crate) python: PathBuf,
    /// The control plane's program, there or yet to come.
    pub(crate) control_plane: PathBuf,
    /// The lock that its build holds.
    pub(crate) build: PathBuf,
}

/// Starts it in the sandbox's empty runtime folder.
pub(crate) async fn start(root: &Root, options: &Options, parts: Parts) -> Result<Answer> {
    port::check(options.port).await?;
    let id = format!("sbx-{}", &Uuid::new_v4().simple().to_string()[..12]);
    let mut child = spawn(root, options, &parts, &id)?;
    let mut record = Record {
        id,
        mode: options.mode,
        started: Timestamp::now(),
        endpoint: None,
        pid: child.id().map_or(0, u32::cast_signed),
        control_plane: parts.control_plane,
        build: parts.build,
        until_dropped: options.until_dropped,
    };
    root.write_record(&record)?;
    let Some(answer) = first_answer(root, &record.id, START_LIMIT).await? else {
        let status = child.wait().await.map_err(Error::io("follow", root.log()))?;
        let said = std::fs::read_to_string(root.log()).unwrap_or_default();
        return Err(Error::AwsEnded { status, why: process::gist(&said), log: root.log() });
    };
    record.endpoint = Some(answer.endpoint.clone());
    root.write_record(&record)?;
    Ok(answer)
}

fn spawn(root: &Root, options: &Options, parts: &Parts, id: &str) -> Result<Child> {
    let lock = Lock::try_take(&root.leash())?
        .expect("BUG: whoever has the turn starts in a folder that is new");
    let log = root.open_log()?;
    let errors = log.try_clone().map_err(Error::io("open", root.log()))?;
    let mut command = Command::new(&parts.python);
    command
        // Isolated: the folder it is started from and PYTHON* variables have no say.
        .args(["-I", "-m", "groundplan_aws", "--id", id, "--mode", options.mode.name()])
        .args(["--port", &options.port.to_string(), "--pace", &options.pace.to_string()])
        .arg("--dir")
        .arg(&root.dir)
        .arg("--control-plane")
        .arg(&parts.control_plane)
        .current_dir(&root.dir)
        .stdout(log)
        .stderr(errors);
    if options.until_dropped {
        command.arg("--while-locked").arg(root.users());
    }
    leash::spawn("start the sandbox's AWS", command, lock, &root.dir)
}

/// Waits until it answers; none if it ends instead.
pub(crate) async fn first_answer(root: &Root, id: &str, limit: Duration) -> Result<Option<Answer>> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if let Some(answer) = root.answer()?
            && answer.id == id
            && answer.is_live().await
        {
            return Ok(Some(answer));
        }
        if !is_held(&root.leash())? {
            return Ok(None);
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Error::AwsSilent { limit, log: root.log() })
}
