//! The question before anything is changed.

use crate::{
    render::error::{Failure, REFUSED},
    screen::Screen,
    signals,
};
use groundplan::CancellationToken;
use std::{io, thread};
use tokio::sync::oneshot;

/// Asks, unless that was answered by `--yes`. Returns only if the answer is yes.
pub(crate) async fn ask(
    screen: Screen,
    stop: &CancellationToken,
    question: &str,
    yes: bool,
) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !screen.answers {
        return Err(unasked());
    }
    screen.say(&format!("\n{question} [y/N] "));
    let (sender, answer) = oneshot::channel();
    // A thread of its own: nobody waits for it if the answer does not matter any more.
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        let _ = sender.send(read.map(|_| line).unwrap_or_default());
    });
    let answer = signals::unless_stopped(stop, async { Ok(answer.await.unwrap_or_default()) });
    if is_yes(&answer.await?) { Ok(()) } else { Err(declined()) }
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

fn unasked() -> Failure {
    Failure {
        what: "nobody can be asked here: there is no terminal; nothing was changed".into(),
        causes: Vec::new(),
        hints: vec!["look at the plan, then run the same command with --yes".into()],
        exit: REFUSED,
    }
}

fn declined() -> Failure {
    Failure {
        what: "not confirmed; nothing was changed".into(),
        causes: Vec::new(),
        hints: Vec::new(),
        exit: REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "YES", " yes \n"].into_iter().all(is_yes));
        assert!(["", "\n", "n", "yep", "y y", "no"].into_iter().all(|answer| !is_yes(answer)));
    }
}
