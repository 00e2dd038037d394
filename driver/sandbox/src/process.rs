//! Helper programs that are run to their end: `python`, `pip`, `helm version`.

use crate::{Error, Result};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

/// A slow network may take long; a hung one must not take for ever.
const LIMIT: Duration = Duration::from_mins(20);

/// A question to a program that answers at once.
const QUESTION_LIMIT: Duration = Duration::from_secs(30);

/// Runs a program that is part of a preparation and keeps what it says in `log`. `line` is told every
/// line of its standard output as it comes. The program ends when this future is dropped.
pub(crate) async fn work(
    what: &'static str,
    command: &mut Command,
    log: &Path,
    mut line: impl FnMut(&str),
) -> Result<()> {
    let program = name(command);
    let kept = std::fs::File::create(log).map_err(Error::io("create", log))?;
    let errors = kept.try_clone().map_err(Error::io("open", log))?;
    let mut child = quiet(command)
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .map_err(|source| Error::Spawn { what, program: program.clone(), source })?;
    let output = child.stdout.take().expect("BUG: standard output is piped");
    let follow = async {
        let mut kept = tokio::fs::File::from_std(kept);
        let mut output = BufReader::new(output);
        let mut bytes = Vec::new();
        while output.read_until(b'\n', &mut bytes).await? > 0 {
            kept.write_all(&bytes).await?;
            line(String::from_utf8_lossy(&bytes).trim());
            bytes.clear();
        }
        kept.flush().await?;
        child.wait().await
    };
    let status = tokio::time::timeout(LIMIT, follow)
        .await
        .map_err(|_| Error::TooSlow { what, program: program.clone(), limit: LIMIT })?
        .map_err(Error::io("follow", log))?;
    if status.success() {
        return Ok(());
    }
    let why = gist(&std::fs::read_to_string(log).unwrap_or_default());
    Err(Error::Program { what, program, status, why, log: log.to_path_buf() })
}

/// Asks a program a short question. None where it is not there or does not answer with success.
pub(crate) async fn ask(command: &mut Command) -> Option<String> {
    let output = quiet(command).stdout(Stdio::piped()).stderr(Stdio::null()).output();
    let output = tokio::time::timeout(QUESTION_LIMIT, output).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).kill_on_drop(true)
}

fn name(command: &Command) -> String {
    command.as_std().get_program().to_string_lossy().into_owned()
}

/// The lines of a log that say why a program failed: its last errors, or else its last words.
pub(crate) fn gist(log: &str) -> String {
    const ERRORS: usize = 3;
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty());
    let errors: Vec<&str> = lines()
        .filter_map(|l| l.strip_prefix("ERROR: ").or_else(|| l.strip_prefix("error: ")))
        .collect();
    if errors.is_empty() {
        return lines().next_back().unwrap_or("it said nothing").to_owned();
    }
    errors[errors.len().saturating_sub(ERRORS)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gist_of_a_log_is_its_last_errors_or_its_last_words() {
        let pip =
            "Collecting moto\nERROR: No matching distribution found for moto==5\n\n[notice] bye\n";
        assert_eq!(gist(pip), "No matching distribution found for moto==5");
        assert_eq!(
            gist("Traceback:\n  File x\nOSError: disk on fire\n\n"),
            "OSError: disk on fire"
        );
        assert_eq!(gist(""), "it said nothing");
    }

    #[tokio::test]
    async fn a_failed_program_is_told_with_its_reason_and_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut lines = Vec::new();
        let mut command = Command::new("python3");
        command.args(["-c", "print('one'); import sys; sys.exit('ERROR: two')"]);
        let error =
            work("try", &mut command, &log, |l| lines.push(l.to_owned())).await.unwrap_err();

        assert_eq!(lines, ["one"]);
        assert_eq!(error.to_string(), "could not try: `python3` ended with exit status: 1: two");
        assert!(error.hint().contains(&log.display().to_string()), "{}", error.hint());
        let kept = std::fs::read_to_string(&log).unwrap();
        assert!(kept.contains("one") && kept.contains("two"), "{kept}");
    }
}
