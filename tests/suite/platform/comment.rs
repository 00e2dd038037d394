//! `plan --comment`: the plan on its pull request, or a note of why it is not there.

use super::{
    secrets::texts,
    world::{Ended, Folder},
};
use serde_json::{Value as Json, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

const SETTINGS: &str = "account = \"123456789012\"\nregion = \"eu-west-1\"\nturn = \"one\"\n";
const TOKEN: &str = "ghs_0nly4Test0nly4Test0nly4Test0nly4Test";
const COMMENTS: &str = "/repos/acme/infra/issues/7/comments";

/// What a runner of GitHub says, whatever the machine says that the tests run on.
fn run(folder: &Folder, variables: &[(&str, &str)], log: &str) -> Ended {
    let mut command = folder.command(&["--sandbox=aws", "plan", "--comment", "-v"]);
    command.args(["--log-file", log]).env("RUST_LOG", "trace");
    for name in ["GITHUB_TOKEN", "GITHUB_EVENT_PATH", "GITHUB_API_URL"] {
        command.env_remove(name);
    }
    command.env("GITHUB_REPOSITORY", "acme/infra").env("GITHUB_REF", "refs/pull/7/merge");
    Ended::of(command.envs(variables.iter().copied()).output().expect("the binary"))
}

/// A stand-in for the part of GitHub's API that is used: it keeps comments, and its first answer to a
/// new one is that of a gateway with nothing behind it.
#[derive(Clone, Default)]
struct GitHub {
    comments: Arc<Mutex<Vec<Json>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl GitHub {
    /// Starts it; gives its address. It ends with the process of the tests.
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let github = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = github.answer(stream);
            }
        });
        url
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("the calls").clone()
    }

    fn bodies(&self) -> Vec<String> {
        let comments = self.comments.lock().expect("the comments");
        comments.iter().map(|c| c["body"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut head, mut line) = (String::new(), String::new());
        while stream.read_line(&mut line)? > 2 {
            head.push_str(&line);
            line.clear();
        }
        let field = |name: &str| {
            let line = |line: &str| Some(line.split_once(": ")?.1.to_owned());
            let named = |line: &&str| line.to_lowercase().starts_with(name);
            head.lines().find(named).and_then(line).unwrap_or_default()
        };
        let mut body = vec![0; field("content-length").parse().unwrap_or(0)];
        stream.read_exact(&mut body)?;
        let body: Json = serde_json::from_slice(&body).unwrap_or_default();
        let call = head.split(" HTTP").next().unwrap_or_default();
        let (status, answer) = if field("authorization") == format!("Bearer {TOKEN}") {
            self.call(call, &body)
        } else {
            (401, json!({ "message": "Bad credentials" }))
        };
        let answer = answer.to_string();
        let length = answer.len();
        let head = format!(
            "HTTP/1.1 {status} As told\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.get_mut().write_all((head + &answer).as_bytes())
    }

    fn call(&self, call: &str, body: &Json) -> (u16, Json) {
        let mut calls = self.calls.lock().expect("the calls");
        let mut comments = self.comments.lock().expect("the comments");
        let call = call.split('?').next().unwrap_or_default().to_owned();
        let first = !calls.contains(&call);
        calls.push(call.clone());
        match call.split_once(' ').unwrap_or_default() {
            ("GET", COMMENTS) => (200, comments.clone().into()),
            // The token of an app.
            ("GET", "/user") => (403, json!({ "message": "Resource not accessible" })),
            ("POST", COMMENTS) if first => (502, json!({ "message": "Bad Gateway" })),
            ("POST", COMMENTS) => {
                comments.push(json!({
                    "id": 71,
                    "html_url": "https://github.example/acme/infra/pull/7#issuecomment-71",
                    "user": { "login": "github-actions[bot]", "type": "Bot" },
                    "body": body["body"],
                }));
                (201, comments[comments.len() - 1].clone())
            }
            ("PATCH", "/repos/acme/infra/issues/comments/71") => {
                comments[0]["body"] = body["body"].clone();
                (200, comments[0].clone())
            }
            _ => (404, json!({ "message": "Not Found" })),
        }
    }
}

#[test]
fn a_plan_is_one_comment_that_is_kept_up_to_date_though_github_stumbles() {
    let folder = Folder::small(SETTINGS);
    let github = GitHub::default();
    let url = github.start();
    let variables = &[("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", &*url)];

    let first = run(&folder, variables, "1.log").with(2);
    assert!(first.said().contains("the plan is at https://github.example/"), "{}", first.said());
    let bodies = github.bodies();
    let [one] = &bodies[..] else { panic!("{bodies:?}") };
    assert!(one.starts_with("<!-- groundplan:small -->\n### plan of stack `small`"), "{one}");
    assert!(one.contains("| `+` create | `ec2.vpc/main` |"), "{one}");
    let post = format!("POST {COMMENTS}");
    assert_eq!(github.calls().iter().filter(|call| **call == post).count(), 2, "the first failed");

    folder.run(&["--sandbox=aws", "--yes"]).with(0);
    let second = run(&folder, variables, "2.log").with(0);
    let bodies = github.bodies();
    let [one] = &bodies[..] else { panic!("{bodies:?}") };
    assert!(one.contains("### no changes to stack `small`"), "{one}");
    assert!(github.calls().last().is_some_and(|call| call.starts_with("PATCH ")));

    let mut all = vec![("said".to_owned(), (first.said() + &second.said()).into_bytes())];
    texts(folder.path(), &mut all);
    for log in ["1.log", "2.log"] {
        let (_, text) = all.iter().find(|(name, _)| name.ends_with(log)).expect("a log");
        assert!(String::from_utf8_lossy(text).contains("GitHub is tried again") || log == "2.log");
    }
    for (name, text) in &all {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(TOKEN), "{name} holds the token");
    }
}

#[test]
fn without_a_token_or_without_github_a_plan_ends_as_it_would_without_a_comment() {
    let folder = Folder::small(SETTINGS);
    let plain = folder.run(&["--sandbox=aws", "plan"]).with(2);

    let ended = run(&folder, &[], "1.log").with(2);
    assert_eq!(ended.stdout, plain.stdout, "the plan is the same");
    let note = "note: the plan was not written to a pull request: there is no GITHUB_TOKEN";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);

    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one");
    let url = format!("http://{closed}");
    let ended = run(&folder, &[("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", &url)], "2.log").with(2);
    assert_eq!(ended.stdout, plain.stdout, "the plan is the same");
    let note = "note: the plan was not written to pull request 7 of acme/infra: ";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);

    let mut all = vec![("said".to_owned(), ended.said().into_bytes())];
    texts(folder.path(), &mut all);
    assert!(all.iter().all(|(_, text)| !String::from_utf8_lossy(text).contains(TOKEN)));
}
