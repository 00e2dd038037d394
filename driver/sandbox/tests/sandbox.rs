//! A real sandbox from an empty cache: up, used again, told about, refused a port, down.

#![expect(clippy::unwrap_used, reason = "a test that fails here says enough")]

use groundplan_sandbox::{
    Down, Error, Kubernetes, Life, Mode, Options, Part, Reporter, Stage, down, status, up,
};
use std::{
    collections::HashSet,
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

type Seen = Arc<Mutex<HashSet<(Part, String)>>>;

fn reporter() -> (Reporter, Seen) {
    let seen = Seen::default();
    let into = seen.clone();
    let reporter = Reporter::new(move |p| {
        into.lock().unwrap().insert((p.part, format!("{:?}", p.stage)));
    });
    (reporter, seen)
}

fn saw(seen: &Seen, part: Part, stage: Stage) -> bool {
    seen.lock().unwrap().contains(&(part, format!("{stage:?}")))
}

/// The processes that have this path among their arguments.
fn processes_of(root: &Path) -> Vec<String> {
    let root = root.to_string_lossy().into_owned();
    let commands = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok());
    commands.filter(|command| command.contains(&root)).collect()
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_sandbox_lives_from_up_to_down() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        mode: Mode::AwsOnly,
        root: folder.path().join("run"),
        ..Options::new(folder.path().join("cache"), "unused")
    };
    let root = options.root.clone();
    assert!(status(&root).await.unwrap().is_none());

    let (reporter, seen) = self::reporter();
    let first = up(&options, &reporter).await.unwrap();
    assert!(!first.reused);
    assert!(saw(&seen, Part::Aws, Stage::Done) && saw(&seen, Part::Sandbox, Stage::Done));
    assert!(first.id.starts_with("sbx-") && first.id.len() == 16, "{}", first.id);
    assert!(first.endpoint.starts_with("http://127.0.0.1:"), "{}", first.endpoint);
    assert_eq!(first.kubernetes_settled().await, Kubernetes::Off);
    assert!(first.helm.path.is_file());
    assert!(first.charts.join("datahub").join("Chart.yaml").exists());
    assert!(first.caller_arn.contains(&first.account), "{}", first.caller_arn);
    assert_eq!(mode_of(&root), 0o700);
    assert_eq!(mode_of(&root.join("aws.json")), 0o600);
    assert_eq!(processes_of(&root).len(), 1);

    // A second command finds it, and nothing is prepared again.
    let (reporter, seen) = self::reporter();
    let second = up(&options, &reporter).await.unwrap();
    assert!(second.reused);
    assert_eq!((&second.id, &second.endpoint), (&first.id, &first.endpoint));
    assert!(saw(&seen, Part::Sandbox, Stage::Cached) && !saw(&seen, Part::Aws, Stage::Started));
    let now = status(&root).await.unwrap().unwrap();
    assert_eq!((now.life, now.id, now.mode), (Life::Answers, first.id.clone(), Mode::AwsOnly));

    // It cannot be had in another form than it runs in.
    let full = Options { mode: Mode::Full, ..options.clone() };
    let error = up(&full, &Reporter::silent()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("sandbox `{}` runs already, without Kubernetes", first.id)
    );

    // A port that somebody has is refused, with a name; a sandbox's own name is its id.
    let port = first.endpoint.rsplit_once(':').unwrap().1.parse().unwrap();
    let other = Options { root: folder.path().join("other"), port, ..options.clone() };
    let error = up(&other, &Reporter::silent()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("port {port} is in use by sandbox `{}`", first.id));
    let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = stranger.local_addr().unwrap().port();
    let error = up(&Options { port, ..other }, &Reporter::silent()).await.unwrap_err();
    assert!(matches!(error, Error::PortInUse { .. }), "{error}");

    assert_eq!(down(&root, &Reporter::silent()).await.unwrap(), Down::Ended);
    assert_eq!(processes_of(&root), Vec::<String>::new());
    assert!(!root.exists(), "the runtime folder is gone");
    assert!(status(&root).await.unwrap().is_none());
    assert_eq!(down(&root, &Reporter::silent()).await.unwrap(), Down::Nothing);

    // One that was killed is known to be dead, and replaced.
    let third = up(&options, &Reporter::silent()).await.unwrap();
    assert!(!third.reused && third.id != first.id);
    let pid = status(&root).await.unwrap().unwrap().pid;
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    while status(&root).await.unwrap().unwrap().life != Life::Ended {
        tokio::task::yield_now().await;
    }
    let fourth = up(&options, &Reporter::silent()).await.unwrap();
    assert!(!fourth.reused && fourth.id != third.id);
    assert_eq!(down(&root, &Reporter::silent()).await.unwrap(), Down::Ended);

    // One that is there for its users ends when the last of them lets go of it.
    let options = Options { until_dropped: true, pace: 0.0, ..options };
    let fifth = up(&options, &Reporter::silent()).await.unwrap();
    let sixth = up(&options, &Reporter::silent()).await.unwrap();
    assert!(sixth.reused);
    let lasting = Options { until_dropped: false, ..options };
    let error = up(&lasting, &Reporter::silent()).await.unwrap_err();
    assert!(error.to_string().ends_with("until the process that started it ends"), "{error}");
    drop(fifth);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(status(&root).await.unwrap().unwrap().life, Life::Answers);
    drop(sixth);
    while status(&root).await.unwrap().unwrap().life != Life::Ended {
        tokio::task::yield_now().await;
    }
    assert_eq!(down(&root, &Reporter::silent()).await.unwrap(), Down::Removed);
}
