//! Secrets in every place that takes one, and a look for them in everything that is written or said.

use super::world::{Ended, Folder};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The value of the nth secret, after so many rotations. One of them must be a document.
fn value(n: usize, turn: &str) -> String {
    let plain = format!("s3cr3t-{turn}-{n}-{:x}", n * 7_919 + 104_729);
    if n == 8 { format!("{{\"auths\":{{\"r\":{{\"auth\":\"{plain}\"}}}}}}") } else { plain }
}

struct Secretive {
    folder: Folder,
    turn: &'static str,
}

impl Secretive {
    /// Runs the program with as much said as it ever says, and keeps what it said.
    fn run(&self, arguments: &[&str], log: &str) -> Ended {
        let mut command: Command = self.folder.command(arguments);
        command.args(["-v", "--log-file", log]).env("RUST_LOG", "trace");
        for n in 1..9 {
            command.env(format!("SECRET_{n}"), value(n, self.turn));
        }
        for n in 9..17 {
            let file = self.folder.path().join(format!("secret-{n}"));
            fs::write(file, value(n, self.turn)).expect("a secret");
        }
        command.stdin(Stdio::null());
        Ended::of(command.output().expect("the binary"))
    }
}

/// All that is below a folder, but the secrets themselves.
pub(super) fn texts(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if entry.file_type().expect("a type").is_dir() {
            texts(&path, found);
        } else if !name.starts_with("secret-") {
            let content = fs::read(&path).unwrap_or_default();
            found.push((path.display().to_string(), content));
        }
    }
}

#[test]
fn no_secret_is_said_or_written_anywhere() {
    let mut it = Secretive { folder: Folder::secretive(), turn: "one" };
    let mut said = Vec::new();
    let mut tell = |what: &str, ended: Ended, codes: &[i32]| {
        assert!(codes.contains(&ended.code), "{what}: {}\n{}", ended.code, ended.said());
        said.push((what.to_owned(), ended.said().into_bytes()));
    };
    tell("plan", it.run(&["--sandbox", "plan", "--out", "saved.plan"], "1.log"), &[2]);
    tell("apply", it.run(&["--sandbox", "apply", "--yes"], "2.log"), &[0]);
    tell("state", it.run(&["--sandbox", "--json", "state", "show"], "3.log"), &[0]);

    // Everything is rotated: that it changed is said, and nothing else.
    it.turn = "two";
    for format in ["text", "markdown", "json", "html"] {
        let ended = it.run(&["--sandbox", "plan", "--format", format], "4.log");
        if format == "text" {
            let text = ended.said();
            assert!(text.contains("~ update  kube.object/local"), "{text}");
            assert!(text.contains("secret_data.key-3"), "{text}");
        }
        tell(format, ended, &[2]);
    }
    tell("again", it.run(&["--sandbox", "--json", "apply", "--yes"], "5.log"), &[0]);

    // Errors about them: of the API server, which reads what it refuses, and of our own.
    let bad = |n| if n == 8 { "no document, s3cr3t-bad-8".to_owned() } else { value(n, "two") };
    let mut command =
        it.folder.command(&["--sandbox", "apply", "--yes", "-v", "--log-file", "6.log"]);
    command.envs((1..9).map(|n| (format!("SECRET_{n}"), bad(n))));
    let ended = Ended::of(command.output().expect("the binary"));
    assert!(ended.said().contains("kube.object/login"), "{}", ended.said());
    tell("an error", ended, &[5]);

    let mut secrets: Vec<_> = (1..17).flat_map(|n| [value(n, "one"), value(n, "two")]).collect();
    secrets.extend(["s3cr3t".to_owned(), bad(8)]);
    let made = it.folder.kubectl(&["get", "secret", "made", "-n", "default"]);
    for key in ["a", "b", "c"] {
        let value = BASE64_STANDARD.decode(made["data"][key].as_str().expect("a value"));
        secrets.push(String::from_utf8(value.expect("Base64")).expect("a text"));
    }
    texts(it.folder.path(), &mut said);
    assert!(said.len() > 15, "{:?}", said.iter().map(|(what, _)| what).collect::<Vec<_>>());
    for (what, content) in &said {
        let text = String::from_utf8_lossy(content);
        for secret in &secrets {
            let seen = [secret.clone(), encoded(secret)].iter().any(|s| text.contains(s.as_str()));
            assert!(!seen, "{what} holds a secret: {secret}\n{text}");
        }
    }
}

/// A text in Base64, without its end, which would be another if more followed.
fn encoded(text: &str) -> String {
    let whole = BASE64_STANDARD_NO_PAD.encode(text);
    whole[..text.len() / 3 * 4].to_owned()
}
