//! One comment for each stack, whatever GitHub does; and nothing but a note where it cannot be written.

use super::{
    Outcome, Pace, Target,
    double::{Fault, GitHub, TOKEN},
    marker, upsert,
};
use groundplan::Secret;
use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

/// As patient as a run, and much faster.
const PACE: Pace = Pace { first: Duration::from_millis(2), ..Pace::RUN };

fn target(url: &str) -> Target {
    Target {
        api: url.to_owned(),
        repository: "acme/infra".into(),
        number: 7,
        token: Secret::new(TOKEN.into()),
    }
}

async fn write(github: &GitHub, body: &str) -> Outcome {
    upsert(&target(&github.url), "hub", None, body, PACE).await
}

fn bodies(github: &GitHub) -> Vec<String> {
    github.comments().into_iter().map(|(_, body)| body).collect()
}

/// The one note of a comment that was not written.
async fn told(github: &GitHub, pace: Pace) -> String {
    let Outcome { url, notes } = upsert(&target(&github.url), "hub", None, "plan", pace).await;
    assert_eq!((url, notes.len()), (None, 1), "{notes:?}");
    notes.into_iter().next().unwrap()
}

#[tokio::test]
async fn twice_written_it_is_one_comment_updated() {
    let github = GitHub::start().await;
    let first = write(&github, "plan 1").await;
    assert!(first.url.unwrap().contains("/pull/7#issuecomment-"));
    let second = write(&github, "plan 2").await;
    assert_eq!(second.notes, [""; 0]);
    assert_eq!(bodies(&github), ["<!-- groundplan:hub -->\nplan 2"]);
}

#[tokio::test]
async fn it_is_found_again_among_hundreds_and_only_by_its_beginning() {
    let github = GitHub::start().await;
    for i in 0..230 {
        let quoting = format!("{i}: see <!-- groundplan:hub -->");
        github.comment("github-actions[bot]", "Bot", &quoting);
    }
    write(&github, "plan 1").await;
    for i in 0..150 {
        github.comment("octocat", "User", &i.to_string());
    }
    write(&github, "plan 2").await;
    let ours: Vec<_> = bodies(&github).into_iter().filter(|b| b.starts_with("<!--")).collect();
    assert_eq!(ours, ["<!-- groundplan:hub -->\nplan 2"]);
    assert_eq!(github.comments().len(), 381);
}

#[tokio::test]
async fn stacks_and_environments_have_their_own() {
    let github = GitHub::start().await;
    let on = target(&github.url);
    for (stack, env) in
        [("hub", None), ("hub", Some("live")), ("hub-2", None), ("hub", Some("live"))]
    {
        upsert(&on, stack, env, stack, PACE).await;
    }
    assert_eq!(
        bodies(&github),
        [
            "<!-- groundplan:hub -->\nhub",
            "<!-- groundplan:hub@live -->\nhub",
            "<!-- groundplan:hub-2 -->\nhub-2"
        ]
    );
    assert_eq!(marker("a --> b", None), "<!-- groundplan:a_--__b -->");
}

#[tokio::test]
async fn what_passes_is_waited_for_and_never_makes_a_second_comment() {
    let soon = || (jiff::Timestamp::now().as_second()).to_string();
    let limit = |status, headers| Fault::Answer(status, headers, "API rate limit exceeded");
    let faults = [
        limit(429, vec![("retry-after", "0".into())]),
        limit(403, vec![("x-ratelimit-remaining", "0".into()), ("x-ratelimit-reset", soon())]),
        Fault::Answer(403, vec![], "You have exceeded a secondary rate limit"),
        Fault::Answer(500, vec![], "Server Error"),
        Fault::Answer(502, vec![], ""),
        Fault::Answer(503, vec![], "no server is available"),
        Fault::Cut,
        Fault::Lost,
        Fault::Garbled,
    ];
    for fault in faults {
        for method in ["GET", "POST", "PATCH"] {
            let github = GitHub::start().await;
            github.fail(method, fault.clone());
            github.fail(method, fault.clone());
            for body in ["plan 1", "plan 2"] {
                let written = write(&github, body).await;
                assert!(written.url.is_some(), "{fault:?} on {method}: {:?}", written.notes);
            }
            assert_eq!(
                bodies(&github),
                ["<!-- groundplan:hub -->\nplan 2"],
                "{fault:?} on {method}: {:?}",
                github.calls()
            );
        }
    }
}

#[tokio::test]
async fn what_does_not_pass_is_a_note_that_says_what_now() {
    let cases = [
        (401, "Bad credentials", "put one that counts into GITHUB_TOKEN"),
        (403, "Resource not accessible by integration", "`permissions: pull-requests: write`"),
        (404, "Not Found", "look at GITHUB_REPOSITORY"),
        (410, "This issue was deleted", "refuses it (410: This issue was deleted)"),
        (422, "Validation Failed", "the comment too long"),
    ];
    for (status, message, now) in cases {
        for method in ["GET", "POST"] {
            let github = GitHub::start().await;
            github.fail(method, Fault::Answer(status, vec![], message));
            let note = told(&github, PACE).await;
            assert!(
                note.starts_with("the plan was not written to pull request 7 of acme/infra: "),
                "{note}"
            );
            assert!(note.contains(message) && note.contains(now), "{note}");
            let calls = github.calls();
            assert_eq!(
                calls.iter().filter(|call| call.starts_with(method)).count(),
                1,
                "{calls:?}"
            );
            assert!(github.comments().is_empty());
        }
    }
}

#[tokio::test]
async fn a_limit_that_lasts_is_told_and_not_waited_for() {
    let github = GitHub::start().await;
    let headers = vec![("retry-after", "3600".to_owned())];
    github.fail("GET", Fault::Answer(403, headers, "API rate limit exceeded"));
    let note = told(&github, PACE).await;
    assert!(note.contains("no more calls before 20") && note.contains("after that"), "{note}");
    assert_eq!(github.calls().len(), 1);
}

#[tokio::test]
async fn trouble_that_goes_on_ends() {
    let github = GitHub::start().await;
    for _ in 0..20 {
        github.fail("GET", Fault::Answer(502, vec![], "Bad Gateway"));
    }
    let note = told(&github, PACE).await;
    assert!(note.contains("(502: Bad Gateway); look at https://www.githubstatus.com"), "{note}");
    assert_eq!(github.calls().len(), 5);

    let github = GitHub::start().await;
    github.fail("GET", Fault::Silent);
    let note = told(&github, Pace { whole: Duration::from_millis(300), ..PACE }).await;
    assert!(note.contains("it took longer than"), "{note}");
}

#[tokio::test]
async fn a_network_that_is_down_is_a_note() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let written = upsert(&target(&url), "hub", None, "plan", PACE).await;
    assert_eq!(written.url, None);
    assert!(written.notes[0].contains("GitHub does not answer (Connection refused"), "{written:?}");
}

#[tokio::test]
async fn the_comment_of_another_is_left_alone_though_it_begins_alike() {
    for account in [None, Some("deployer")] {
        let github = GitHub::start().await;
        if let Some(account) = account {
            github.account(account);
        }
        let planted = format!("{}\nno changes", marker("hub", None));
        github.comment("mallory", "User", &planted);
        let written = write(&github, "plan 1").await;
        assert!(written.notes[0].contains("is by somebody else; it was left alone"), "{written:?}");
        write(&github, "plan 2").await;
        let us = account.unwrap_or("github-actions[bot]");
        let expected = [("mallory", &*planted), (us, "<!-- groundplan:hub -->\nplan 2")];
        assert_eq!(github.comments(), expected.map(|(who, body)| (who.into(), body.into())));
    }
}

#[tokio::test]
async fn of_several_of_ours_the_newest_is_updated_and_the_others_are_named() {
    let github = GitHub::start().await;
    let old = github.comment("github-actions[bot]", "Bot", "<!-- groundplan:hub -->\nold");
    github.comment("github-actions[bot]", "Bot", "<!-- groundplan:hub -->\nnew");
    let written = write(&github, "plan").await;
    let note = &written.notes[0];
    assert!(note.contains("has 2 comments") && note.ends_with(&format!("-{old}")), "{note}");
    assert_eq!(bodies(&github), ["<!-- groundplan:hub -->\nold", "<!-- groundplan:hub -->\nplan"]);
}

#[tokio::test]
async fn a_comment_that_is_gone_when_it_is_updated_is_looked_for_again() {
    let github = GitHub::start().await;
    github.comment("github-actions[bot]", "Bot", "<!-- groundplan:hub -->\nold");
    github.fail("PATCH", Fault::Answer(404, vec![], "Not Found"));
    assert!(write(&github, "plan").await.url.is_some());
    assert_eq!(bodies(&github), ["<!-- groundplan:hub -->\nplan"]);
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_token_is_in_no_note_and_no_log() {
    let log = Log::default();
    let sink = log.clone();
    let all = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || sink.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(all);
    let github = GitHub::start().await;
    // Tests beside this one begin and end with logs of their own, and for a moment none may be kept.
    for _ in 0..20 {
        tracing::callsite::rebuild_interest_cache();
        github.fail("GET", Fault::Answer(500, vec![], "Server Error"));
        assert!(write(&github, "plan").await.url.is_some());
        if log.text().contains("GitHub is tried again") {
            break;
        }
    }
    github.fail("PATCH", Fault::Answer(422, vec![], TOKEN));
    let refused = write(&github, "plan").await;
    assert!(refused.notes[0].contains("(422: (token))"), "{refused:?}");
    let logged = log.text();
    assert!(logged.contains("GitHub is tried again"), "something was logged");
    assert!(!logged.contains(TOKEN), "{logged}");
}

#[test]
fn a_run_is_of_the_pull_request_that_its_event_names() {
    let find = |changes: &[(&str, &str)], event: &str| {
        let usual = [
            ("GITHUB_TOKEN", "ghs_1\n"),
            ("GITHUB_REPOSITORY", "acme/infra"),
            ("GITHUB_EVENT_PATH", "event.json"),
            ("GITHUB_REF", "refs/heads/main"),
        ];
        let all: Vec<_> = changes.iter().chain(&usual).copied().collect();
        let variable = |name: &str| {
            let set =
                all.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
            set.filter(|value| !value.is_empty())
        };
        let read = |path: &Path| match path.to_str() {
            Some("event.json") => Ok(event.to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let found = Target::find(variable, read);
        found.map(|target| format!("{} {} {target}", target.api, target.token.expose()))
    };
    let pull = r#"{"pull_request": {"number": 7}}"#;
    let usual = "https://api.github.com ghs_1 pull request 7 of acme/infra";
    assert_eq!(find(&[], pull).unwrap(), usual);
    let comment = r#"{"issue": {"number": 7, "pull_request": {}}}"#;
    assert_eq!(find(&[], comment).unwrap(), usual);
    assert_eq!(find(&[("GITHUB_REF", "refs/pull/7/merge")], "{}").unwrap(), usual);
    let enterprise = find(&[("GITHUB_API_URL", "https://github.acme.example/api/v3/")], pull);
    assert!(enterprise.unwrap().starts_with("https://github.acme.example/api/v3 "));
    for (changes, event, said) in [
        (("GITHUB_TOKEN", ""), pull, "there is no GITHUB_TOKEN"),
        (("GITHUB_TOKEN", "a\nb"), pull, "holds characters that no token has"),
        (("GITHUB_REPOSITORY", "acme/../x"), pull, "names no repository"),
        (("GITHUB_REPOSITORY", ""), pull, "names no repository"),
        (("GITHUB_REF", ""), r#"{"issue": {"number": 7}}"#, "run this on `pull_request`"),
        (("GITHUB_API_URL", "http://github.acme.example"), pull, "the token in the clear"),
        (
            ("GITHUB_API_URL", "http://localhost@github.acme.example"),
            pull,
            "the token in the clear",
        ),
    ] {
        let told = find(&[changes], event).unwrap_err();
        assert!(told.contains(said), "{told}");
    }
}
