//! A folder with settings, the binary that runs in it, and what its sandbox tells.

use groundplan_sandbox::{Mode, Options, Reporter};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

/// A folder with the example's settings.
pub(super) struct Folder {
    dir: tempfile::TempDir,
    /// What is run in it.
    program: &'static str,
    sandbox: OnceLock<PathBuf>,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; -1 if a signal ended it.
    pub(super) code: i32,
    /// The signal that ended it.
    pub(super) signal: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    pub(super) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            signal: output.status.signal(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// The same, having ended with this code.
    #[track_caller]
    pub(super) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Everything it said.
    pub(super) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The JSON documents it wrote, by what they are.
    pub(super) fn documents(&self) -> Vec<Json> {
        self.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Folder {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above");
        for name in ["groundplan.toml", "groundplan.sandbox.toml"] {
            fs::copy(root.join(name), dir.path().join(name)).expect("the example");
        }
        Self { dir, program: env!("CARGO_BIN_EXE_platform"), sandbox: OnceLock::new() }
    }

    /// One with the example of several accounts.
    pub(super) fn accounts() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above");
        for name in ["groundplan.toml", "groundplan.sandbox.toml"] {
            let from = root.join("examples/accounts").join(name);
            fs::copy(from, dir.path().join(name)).expect("the example");
        }
        Self { dir, program: env!("CARGO_BIN_EXE_accounts"), sandbox: OnceLock::new() }
    }

    /// One with a program and settings so small that many runs can be awaited, at AWS alone.
    pub(super) fn small(settings: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("groundplan.toml"), settings).expect("settings");
        let program = env!("CARGO_BIN_EXE_small");
        Self { dir, program, sandbox: OnceLock::new() }.with_sandbox(Mode::AwsOnly, 0.1)
    }

    /// One whose program takes secrets wherever that can be.
    pub(super) fn secretive() -> Self {
        let mut folder = Self::new();
        folder.program = env!("CARGO_BIN_EXE_secretive");
        folder
    }

    /// The same with a sandbox that runs, whose objects take this part of the usual time.
    pub(super) fn paced(mode: Mode, pace: f64) -> Self {
        Self::new().with_sandbox(mode, pace)
    }

    pub(super) fn with_sandbox(self, mode: Mode, pace: f64) -> Self {
        // The command knows where the sandbox of this folder belongs.
        self.run(&["--sandbox=aws", "sandbox", "up"]).with(0);
        let root = self.sandbox();
        self.run(&["sandbox", "down"]).with(0);
        let options = Options { root, mode, pace, ..Options::new(cache(), "unused") };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(groundplan_sandbox::up(&options, &Reporter::silent())).expect("it starts");
        self
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Changes a text in a file, which has it once.
    #[track_caller]
    pub(super) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.dir.path().join(file);
        let text = fs::read_to_string(&path).expect("settings");
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        fs::write(&path, text.replace(from, to)).expect("settings");
    }

    /// The binary, as the leader of a process group: that is whom faults of the sandbox end.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(arguments).current_dir(self.dir.path()).env_remove("AWS_PROFILE");
        command.process_group(0);
        command.env("NO_COLOR", "1").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the binary.
    pub(super) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the binary"))
    }

    /// Runs the binary with one more variable.
    pub(super) fn run_with(&self, variable: (&str, &str), arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        Ended::of(command.env(variable.0, variable.1).output().expect("the binary"))
    }

    /// Starts the binary in the background.
    pub(super) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary")
    }

    /// Waits until a call of this action was answered, in or after this line of the request log.
    #[track_caller]
    pub(super) fn until_called(&self, call: &str, from: usize) {
        self.until(call, |requests| requests.iter().skip(from).any(|r| action(r) == call));
    }

    /// Waits until the request log is as it should be.
    #[track_caller]
    pub(super) fn until(&self, what: &str, met: impl Fn(&[Json]) -> bool) {
        let limit = Instant::now() + Duration::from_mins(3);
        while !met(&self.requests()) {
            assert!(Instant::now() < limit, "waited in vain for {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What is recorded of every resource.
    pub(super) fn records(&self) -> BTreeMap<String, Json> {
        let ended = self.run(&["--sandbox", "--json", "state", "show"]).with(0);
        let state = ended.documents().pop().expect("a document");
        let records = state["records"].as_array().expect("records").clone();
        let named = |r: Json| (r["address"].as_str().unwrap_or_default().to_owned(), r);
        records.into_iter().map(named).collect()
    }

    /// An output of a recorded resource.
    pub(super) fn output(&self, address: &str, output: &str) -> String {
        let records = self.records();
        let record = records.get(address).unwrap_or_else(|| panic!("{address} is not recorded"));
        record["record"]["outputs"][output].as_str().unwrap_or_default().to_owned()
    }

    /// The runtime folder of its sandbox.
    pub(super) fn sandbox(&self) -> PathBuf {
        let ask = || {
            let ended = self.run(&["--json", "sandbox", "status"]).with(0);
            let status = ended.documents().pop().expect("a document");
            status["folder"].as_str().expect("a folder").into()
        };
        self.sandbox.get_or_init(ask).clone()
    }

    /// The requests that changed something in AWS, from the nth on; and how many there are in all.
    pub(super) fn changes(&self, from: usize) -> (Vec<String>, usize) {
        let all = self.requests();
        let changes = all.iter().skip(from).filter(|request| request["mutating"] == true);
        (changes.map(action).collect(), all.len())
    }

    /// The actions of all requests from the nth on.
    pub(super) fn actions(&self, from: usize) -> Vec<String> {
        self.requests().iter().skip(from).map(action).collect()
    }

    /// Every line of the request log.
    pub(super) fn requests(&self) -> Vec<Json> {
        let log = fs::read_to_string(self.sandbox().join("requests.jsonl")).expect("the log");
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Asks the cluster as its administrator.
    pub(super) fn kubectl(&self, arguments: &[&str]) -> Json {
        let folder = self.sandbox().join("clusters");
        let cluster = fs::read_dir(folder).expect("clusters").flatten().next().expect("a cluster");
        let ready = fs::read_to_string(cluster.path().join("ready.json")).expect("it is ready");
        let ready: Json = serde_json::from_str(&ready).expect("JSON");
        let program = fs::read_dir(cache().join("groundplan")).expect("the cache").flatten();
        let program = program.map(|entry| entry.path().join("kubectl")).find(|path| path.is_file());
        let output = Command::new(program.unwrap_or_else(|| "kubectl".into()))
            .args(["--kubeconfig", ready["kubeconfig"].as_str().expect("a kubeconfig")])
            .args(arguments)
            .args(["-o", "json"])
            .output()
            .expect("kubectl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.run(&["sandbox", "down"]);
    }
}

/// A request's action, such as `ec2:CreateVpc` or `kubernetes:create deployments`.
pub(super) fn action(request: &Json) -> String {
    let text = |field: &str| request[field].as_str().unwrap_or_default();
    format!("{}:{}", text("service"), text("action"))
}

/// The user's cache folder.
fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from)
}
