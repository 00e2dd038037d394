//! `helm.release` against a real API server.

use crate::{
    cluster::ControlPlane,
    world::{World, access, complete, lines, stack},
};
use groundplan_core::{CancellationToken, Event, Json, Mode, SecretSource, Stack, json};
use groundplan_kube::{Chart, HelmRelease, KubeObject};
use std::time::Duration;

/// A hook that only an install runs, one that takes as long as it is told, one that runs when it is told,
/// and a workload.
const TEMPLATES: &str = r#"
apiVersion: v1
kind: ServiceAccount
metadata:
  name: setup
  annotations: { helm.sh/hook: pre-install, helm.sh/hook-weight: "-10" }
---
apiVersion: batch/v1
kind: Job
metadata:
  name: setup
  annotations: { helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation }
spec:
  backoffLimit: 0
  template:
    metadata:
      annotations:
        sandbox.groundplan.dev/delay: {{ .Values.hook.delay | quote }}
        sandbox.groundplan.dev/outcome: {{ .Values.hook.outcome | quote }}
    spec:
      serviceAccountName: setup
      restartPolicy: Never
      containers: [{ name: setup, image: setup:1 }]
---
{{- if .Values.after }}
apiVersion: batch/v1
kind: Job
metadata:
  name: after
  annotations: { helm.sh/hook: {{ .Values.after.hook }}, helm.sh/hook-delete-policy: before-hook-creation }
spec:
  backoffLimit: 0
  template:
    metadata:
      annotations:
        sandbox.groundplan.dev/delay: {{ .Values.after.delay | default "200ms" | quote }}
        sandbox.groundplan.dev/outcome: {{ .Values.after.outcome | default "" | quote }}
    spec: { restartPolicy: Never, containers: [{ name: after, image: after:1 }] }
---
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Values.config }} }
data: { size: {{ .Values.size | quote }}{{ if .Values.extra }}, extra: {{ .Values.extra | quote }}{{ end }} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
      annotations: { sandbox.groundplan.dev/outcome: {{ .Values.outcome | quote }} }
    spec: { containers: [{ name: web, image: {{ .Values.image | quote }} }] }
"#;

const VALUES: &str = "
hook: { delay: 200ms, outcome: '' }
config: web
size: 1
outcome: ''
image: web:1
";

/// A namespace with a release of the small chart.
pub(crate) fn program(world: &World, plane: &ControlPlane, values: Json) -> Stack {
    world.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: '1'\n");
    world.write("web/values.yaml", VALUES);
    world.write("web/templates/all.yaml", TEMPLATES);
    let mut stack = stack();
    let cluster = access(&mut stack, plane).access();
    let namespace = stack.add("hub", KubeObject::namespace(cluster.clone(), "hub"));
    stack.add(
        "web",
        HelmRelease {
            values,
            timeout_minutes: 1,
            ..HelmRelease::new(cluster, "web", namespace.name(), Chart::local("web"))
        },
    );
    stack
}

fn said(world: &World, what: &str) -> bool {
    let events = world.events.lock().unwrap();
    events.iter().any(|event| matches!(event, Event::Waiting { says, .. } if says.contains(what)))
}

pub(crate) async fn revision(plane: &ControlPlane) -> Vec<String> {
    let names = plane.names("Secret", "hub").await;
    names.into_iter().filter(|name| name.starts_with("sh.helm")).collect()
}

/// Applies until something was said, and is killed then.
pub(crate) async fn killed_when(world: &World, stack: Stack, said_what: &str) {
    let graph = stack.freeze(&World::registry()).unwrap();
    let cancel = CancellationToken::new();
    world.events.lock().unwrap().clear();
    let until = async {
        while !said(world, said_what) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        report = world.run(&graph, Mode::Apply, &cancel) => panic!("it was done too soon: {report:?}"),
        () = until => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_installed_upgraded_and_removed_with_its_hooks() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    complete(&world.apply(program(&world, &plane, json!({}))).await);
    assert_eq!(lines(&world.plan(program(&world, &plane, json!({}))).await), Vec::<String>::new());
    let snapshot = world.snapshot();
    let entry = &snapshot.entries[&"helm.release/web".parse().unwrap()];
    let outputs = entry.outputs.clone().unwrap();
    assert_eq!((&outputs["revision"], &outputs["status"]), (&json!(1), &json!("deployed")));

    let values = json!({ "image": "web:2" });
    let plan = lines(&world.plan(program(&world, &plane, values.clone())).await);
    assert!(plan.contains(&"  update Deployment hub/web".to_owned()), "{plan:#?}");
    assert!(!plan.iter().any(|line| line.contains("update ConfigMap")), "{plan:#?}");
    complete(&world.apply(program(&world, &plane, values.clone())).await);
    assert_eq!(revision(&plane).await.len(), 2);
    let web = plane.api("Deployment", "hub").await.get("web").await.unwrap();
    assert_eq!(web.data["spec"]["template"]["spec"]["containers"][0]["image"], "web:2");
    assert_eq!(web.data["status"]["availableReplicas"], 1, "it was waited for");

    // A change of the chart's own files is a change, too.
    world.write("web/values.yaml", &VALUES.replace("size: 1", "size: 2"));
    let mut stack = stack();
    let cluster = access(&mut stack, &plane).access();
    let namespace = stack.add("hub", KubeObject::namespace(cluster.clone(), "hub"));
    let release = HelmRelease {
        values,
        timeout_minutes: 1,
        ..HelmRelease::new(cluster, "web", namespace.name(), Chart::local("web"))
    };
    stack.add("web", release);
    complete(&world.apply(stack.clone()).await);
    assert_eq!(lines(&world.plan(stack).await), Vec::<String>::new());
    let config = plane.api("ConfigMap", "hub").await.get("web").await.unwrap();
    assert_eq!(config.data["data"]["size"], "2");

    let mut without = crate::world::stack();
    let cluster = access(&mut without, &plane).access();
    without.add("hub", KubeObject::namespace(cluster, "hub"));
    complete(&world.apply(without).await);
    assert_eq!(revision(&plane).await, Vec::<String>::new());
    assert_eq!(plane.names("Job", "hub").await, Vec::<String>::new(), "hooks go too");
    assert!(!plane.names("ServiceAccount", "hub").await.contains(&"setup".to_owned()));
    complete(&world.destroy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_hook_is_told_with_its_reason_and_the_next_run_goes_on() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let fails = json!({ "hook": { "outcome": "fail" } });
    let report = world.apply(program(&world, &plane, fails)).await;
    let (_, fault) = &report.failed[0];
    let text = fault.to_string();
    assert!(text.starts_with("helm install of release hub/web failed: "), "{text}");
    assert!(text.contains("hook Job hub/setup: "), "{text}");
    assert_eq!(fault.hint.as_deref(), Some("kubectl logs -n hub job/setup"));
    complete(&world.apply(program(&world, &plane, json!({}))).await);
    complete(&world.destroy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_told_to_stop_stops_helm() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let slow = program(&world, &plane, json!({ "hook": { "delay": "60s" } }));
    let graph = slow.freeze(&World::registry()).unwrap();
    let cancel = CancellationToken::new();
    let stop = async {
        while !said(&world, "hook Job hub/setup") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        cancel.cancel();
        tokio::time::Instant::now()
    };
    let (report, stopped) = tokio::join!(world.run(&graph, Mode::Apply, &cancel), stop);
    assert!(report.cancelled);
    assert!(stopped.elapsed() < Duration::from_secs(8), "{:?}", stopped.elapsed());
    complete(&world.apply(program(&world, &plane, json!({}))).await);
    complete(&world.destroy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_release_is_refused() {
    let plane = ControlPlane::start().await;
    let (world, other) = (World::new(), World::new());
    complete(&other.apply(program(&other, &plane, json!({}))).await);
    let mut stack = stack();
    let cluster = access(&mut stack, &plane).access();
    program(&world, &plane, json!({}));
    stack.add("web", HelmRelease::new(cluster, "web", "hub", Chart::local("web")));
    let report = world.apply(stack).await;
    let (_, fault) = &report.failed[0];
    assert!(fault.to_string().contains("exists already and is not this stack's"), "{fault}");
    complete(&world.destroy().await);
    assert_eq!(revision(&plane).await.len(), 1, "it is still there");
    complete(&other.destroy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_of_datahub_changes_only_what_runs_it() {
    let plane = ControlPlane::start().await;
    let world = World::new();
    let program = |version: &str| {
        let mut stack = stack();
        let cluster = access(&mut stack, &plane).access();
        let namespace = stack.add("hub", KubeObject::namespace(cluster.clone(), "hub"));
        let source = |name: &str| SecretSource::Env { name: name.into() };
        let secrets = [("mysql-secrets", "mysql-root-password"), ("gms", "secret")];
        for (name, key) in secrets {
            let secret = KubeObject::secret(
                cluster.clone(),
                namespace.name(),
                name,
                [(key, source("PASSWORD"))],
            );
            stack.add(name, secret);
        }
        let chart = Chart::repository("https://helm.datahubproject.io/", "datahub", "1.1.0");
        let values = json!({
            "global": { "datahub": { "version": version } },
            "datahub-gms": { "service": { "type": "ClusterIP" } },
            "datahub-frontend": { "service": { "type": "ClusterIP" }, "existingGmsSecret": { "name": "gms", "key": "secret" } },
            "datahubSystemUpdate": { "bootstrapMCPs": { "datahubGC": { "values": { "schedule": { "interval": "0 2 * * *" } } } } },
        });
        let release = HelmRelease {
            values,
            timeout_minutes: 2,
            ..HelmRelease::new(cluster, "datahub", namespace.name(), chart)
        };
        stack.add("datahub", release);
        stack
    };
    world.secrets.set("PASSWORD", "hunter2");
    complete(&world.apply(program("v1.7.0")).await);
    let plan = lines(&world.plan(program("v1.8.0")).await);
    let updates: Vec<_> = plan.iter().filter(|line| line.starts_with("  update ")).collect();
    assert!(
        !updates.is_empty()
            && updates.iter().all(|line| line.contains("Deployment") || line.contains("Service")),
        "{plan:#?}"
    );
    complete(&world.apply(program("v1.8.0")).await);
    assert_eq!(lines(&world.plan(program("v1.8.0")).await), Vec::<String>::new());
    complete(&world.destroy().await);
}
