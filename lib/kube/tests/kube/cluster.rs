//! A control plane for one test, and its token webhook: whoever has an EKS token may do everything.

use base64::{Engine, prelude::BASE64_STANDARD};
use groundplan_core::{Json, json};
use groundplan_kube::ClusterAccess;
use kube::{
    Api, Client, Config, ResourceExt,
    api::{DynamicObject, ListParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::{ApiResource, GroupVersionKind},
};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A running cluster.
pub(crate) struct ControlPlane {
    process: Child,
    folder: tempfile::TempDir,
    ready: Json,
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl ControlPlane {
    pub(crate) async fn start() -> Self {
        let program = std::env::var_os("GROUNDPLAN_TEST_CONTROL_PLANE").expect(
            "GROUNDPLAN_TEST_CONTROL_PLANE must name the program built from driver/sandbox/control-plane",
        );
        let webhook = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = webhook.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = webhook.accept().await {
                tokio::spawn(answer(stream));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("cluster");
        let process = Command::new(program)
            .arg("--dir")
            .arg(&dir)
            .args(["--name", "main", "--issuer", "http://127.0.0.1:1/issuer"])
            .args(["--watch-pid", &std::process::id().to_string()])
            .args(["--authn-webhook", &format!("http://{address}/")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the control plane starts");
        let mut plane = Self { process, folder, ready: Json::Null };
        let begun = Instant::now();
        while plane.ready.is_null() {
            assert!(begun.elapsed() < Duration::from_mins(2), "the control plane is not ready");
            if let Some(failed) = read(&dir.join("failed.json")) {
                panic!("the control plane failed: {failed}");
            }
            plane.ready = read(&dir.join("ready.json")).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node" } });
        let node = serde_json::from_value(node).unwrap();
        let nodes = plane.api("Node", "").await;
        nodes.create(&PostParams::default(), &node).await.unwrap();
        // A pod that comes before the node is ready waits longer than a test may.
        while !is_ready(&nodes.get("node").await.unwrap().data) {
            assert!(begun.elapsed() < Duration::from_mins(2), "the node is not ready");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        plane
    }

    fn text(&self, key: &str) -> String {
        self.ready[key].as_str().unwrap().to_owned()
    }

    pub(crate) fn access(&self) -> ClusterAccess {
        let authority = self.folder.path().join("cluster").join(self.text("ca_file"));
        ClusterAccess {
            name: "main".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            role: None,
            via: None,
            endpoint: self.text("endpoint"),
            certificate_authority: BASE64_STANDARD.encode(std::fs::read(authority).unwrap()),
        }
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("cluster").join(self.text("kubeconfig"))
    }

    /// A client of its own, as a person would have.
    pub(crate) async fn client(&self) -> Client {
        let config = Kubeconfig::read_from(self.kubeconfig()).unwrap();
        let options = KubeConfigOptions::default();
        Client::try_from(Config::from_custom_kubeconfig(config, &options).await.unwrap()).unwrap()
    }

    /// The objects of a kind; of a kind without namespaces if that is empty.
    pub(crate) async fn api(&self, kind: &str, namespace: &str) -> Api<DynamicObject> {
        let (group, version) = match kind {
            "Deployment" | "StatefulSet" => ("apps", "v1"),
            "Job" => ("batch", "v1"),
            _ => ("", "v1"),
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        match namespace {
            "" => Api::all_with(self.client().await, &resource),
            namespace => Api::namespaced_with(self.client().await, namespace, &resource),
        }
    }

    /// The names of the objects of a kind, sorted.
    pub(crate) async fn names(&self, kind: &str, namespace: &str) -> Vec<String> {
        let listed = self.api(kind, namespace).await.list(&ListParams::default()).await.unwrap();
        let mut names: Vec<_> = listed.items.iter().map(ResourceExt::name_any).collect();
        names.sort();
        names
    }
}

fn is_ready(node: &Json) -> bool {
    let conditions = node["status"]["conditions"].as_array().into_iter().flatten();
    let ready = conditions.into_iter().any(|c| c["type"] == "Ready" && c["status"] == "True");
    ready && node["spec"]["taints"].is_null()
}

fn read(path: &Path) -> Option<Json> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Answers one `TokenReview`.
async fn answer(mut stream: TcpStream) {
    let mut text = Vec::new();
    let body = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.unwrap_or_default();
        text.extend_from_slice(&part[..read]);
        let request = String::from_utf8_lossy(&text);
        let parsed = request
            .split_once("\r\n\r\n")
            .and_then(|(_, body)| serde_json::from_str::<Json>(body).ok());
        match parsed {
            Some(body) => break body,
            None if read == 0 => return,
            None => {}
        }
    };
    let token = body["spec"]["token"].as_str().unwrap_or_default();
    let known = token.starts_with("k8s-aws-v1.");
    let user = json!({ "username": "deployer", "groups": ["system:masters"] });
    let answer = json!({
        "apiVersion": body["apiVersion"],
        "kind": "TokenReview",
        "status": { "authenticated": known, "user": if known { user } else { json!({}) } },
    })
    .to_string();
    let length = answer.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.write_all(format!("{head}{answer}").as_bytes()).await;
}
