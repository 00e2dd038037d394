//! A double of the part of GitHub's API that is used here, over real HTTP on this machine. It keeps
//! comments, checks the token, gives them page by page, and fails as it is told to.

use groundplan::{Json, json};
use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

pub(super) const TOKEN: &str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";

/// How a call fails.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// Answered with a status, headers and a message, and without effect.
    Answer(u16, Vec<(&'static str, String)>, &'static str),
    /// The connection ends before anything is done.
    Cut,
    /// It is done, and the connection ends before the answer.
    Lost,
    /// It is done, and something in between answers with a page of its own.
    Garbled,
    /// No answer ever comes.
    Silent,
}

#[derive(Default)]
struct Inside {
    comments: Vec<Json>,
    calls: Vec<String>,
    faults: Vec<(&'static str, Fault)>,
    /// The account that the token is of; none for an app's.
    account: Option<&'static str>,
}

/// The double. It ends with the runtime of its test.
#[derive(Clone)]
pub(super) struct GitHub {
    pub(super) url: String,
    inside: Arc<Mutex<Inside>>,
}

impl GitHub {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v3", listener.local_addr().unwrap());
        let github = Self { url, inside: Arc::default() };
        let served = github.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let github = served.clone();
                tokio::spawn(async move { github.serve(stream).await });
            }
        });
        github
    }

    /// The next call with this method fails like this; told several times, the next several.
    pub(super) fn fail(&self, method: &'static str, fault: Fault) {
        self.inside.lock().unwrap().faults.push((method, fault));
    }

    pub(super) fn account(&self, account: &'static str) {
        self.inside.lock().unwrap().account = Some(account);
    }

    /// Somebody writes a comment; gives its id.
    pub(super) fn comment(&self, login: &str, sort: &str, body: &str) -> u64 {
        let mut inside = self.inside.lock().unwrap();
        let id = 1_000 + inside.comments.len() as u64;
        inside.comments.push(json!({
            "id": id,
            "html_url": format!("https://github.example/acme/infra/pull/7#issuecomment-{id}"),
            "user": { "login": login, "type": sort },
            "body": body,
        }));
        id
    }

    /// All comments: who wrote them, and what.
    pub(super) fn comments(&self) -> Vec<(String, String)> {
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        let inside = self.inside.lock().unwrap();
        inside.comments.iter().map(|c| (text(&c["user"]["login"]), text(&c["body"]))).collect()
    }

    /// The calls so far, such as `GET /user`.
    pub(super) fn calls(&self) -> Vec<String> {
        self.inside.lock().unwrap().calls.clone()
    }

    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some((method, path, token, body)) = request(&mut stream).await {
            let fault = self.fault(&method, &path);
            let answer = match fault {
                Some(Fault::Cut) => return,
                Some(Fault::Silent) => return std::future::pending().await,
                Some(Fault::Answer(status, headers, message)) => {
                    answer(status, &headers, &json!({ "message": message }))
                }
                _ if token != format!("Bearer {TOKEN}") => {
                    answer(401, &[], &json!({ "message": "Bad credentials" }))
                }
                ref other => {
                    let done = self.call(&method, &path, &body);
                    match other {
                        Some(Fault::Lost) => return,
                        Some(Fault::Garbled) => {
                            "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>".into()
                        }
                        _ => done,
                    }
                }
            };
            if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn fault(&self, method: &str, path: &str) -> Option<Fault> {
        let mut inside = self.inside.lock().unwrap();
        inside.calls.push(format!("{method} {path}"));
        let at = inside.faults.iter().position(|(failing, _)| *failing == method)?;
        Some(inside.faults.remove(at).1)
    }

    fn call(&self, method: &str, path: &str, body: &Json) -> String {
        let account = self.inside.lock().unwrap().account;
        let (route, query) = path.split_once('?').unwrap_or((path, ""));
        match (method, route) {
            ("GET", "/api/v3/user") => match account {
                Some(login) => answer(200, &[], &json!({ "login": login, "type": "User" })),
                None => answer(
                    403,
                    &[],
                    &json!({ "message": "Resource not accessible by integration" }),
                ),
            },
            ("GET", "/api/v3/repos/acme/infra/issues/7/comments") => self.page(query),
            ("POST", "/api/v3/repos/acme/infra/issues/7/comments") => {
                let (login, sort) = account.map_or(("github-actions[bot]", "Bot"), |a| (a, "User"));
                self.comment(login, sort, body["body"].as_str().unwrap());
                let inside = self.inside.lock().unwrap();
                answer(201, &[], inside.comments.last().unwrap())
            }
            ("PATCH", _) => {
                let id = route.rsplit('/').next().unwrap().parse().ok();
                let mut inside = self.inside.lock().unwrap();
                let found = inside.comments.iter_mut().find(|c| c["id"].as_u64() == id);
                let comment = found.expect("it was listed");
                comment["body"] = body["body"].clone();
                answer(200, &[], comment)
            }
            _ => answer(404, &[], &json!({ "message": "Not Found" })),
        }
    }

    fn page(&self, query: &str) -> String {
        let number = |name: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            pair.map_or(1, |number| number.parse::<usize>().unwrap())
        };
        let (size, page) = (number("per_page"), number("page"));
        let inside = self.inside.lock().unwrap();
        let some: Vec<_> = inside.comments.iter().skip(size * (page - 1)).take(size).collect();
        let mut links = Vec::new();
        if size * page < inside.comments.len() {
            links.push(("link", format!("<{}/next?page={}>; rel=\"next\"", self.url, page + 1)));
        }
        answer(200, &links, &json!(some))
    }
}

/// Reads a request: method, path, authorization and body. None at the end of the connection.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String, String, Json)> {
    let (mut first, mut token, mut length) = (String::new(), String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                token = value.into();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            _ if first.is_empty() => first = line.into(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    Some((method, path, token, serde_json::from_slice(&body).unwrap_or_default()))
}

fn answer(status: u16, headers: &[(&str, String)], body: &Json) -> String {
    let body = body.to_string();
    let mut text = format!("HTTP/1.1 {status} As told\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    format!("{text}\r\n{body}")
}
