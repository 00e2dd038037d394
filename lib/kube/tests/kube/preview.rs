//! What a plan shows of a release, with no cluster.

use crate::world::{World, lines, stack};
use groundplan_core::{Cx, CxBuilder, DangerKind, Json, Preview, Val, json, testing, to_json};
use groundplan_kube::{Chart, ClusterAccess, HelmRelease};

fn access() -> ClusterAccess {
    ClusterAccess {
        name: "main".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        role: None,
        via: None,
        endpoint: "https://127.0.0.1:1".into(),
        certificate_authority: String::new(),
    }
}

fn cx(world: &World) -> Cx {
    CxBuilder::new("test").with(world.kube()).build()
}

async fn preview(world: &World, before: Option<&HelmRelease>, after: &HelmRelease) -> Preview {
    use groundplan_core::Resource;
    let preview = HelmRelease::preview(&cx(world), before, &to_json(after)).await;
    preview.unwrap_or_else(|fault| panic!("{fault}")).unwrap()
}

/// The stand-in of `DataHub`'s chart, with nothing that is drawn at random.
fn datahub(change: impl FnOnce(&mut Json)) -> HelmRelease {
    let chart = Chart::repository("https://helm.datahubproject.io/", "datahub", "1.1.0");
    let mut values = json!({
        "global": { "datahub": {
            "version": "v1.7.0",
            "metadata_service_authentication": { "provisionSecrets": { "enabled": false } },
            "encryptionKey": { "provisionSecret": { "enabled": false } },
        } },
        "datahub-frontend": { "existingGmsSecret": { "name": "gms", "key": "secret" } },
        "datahubSystemUpdate": { "bootstrapMCPs": { "datahubGC": { "values": {
            "schedule": { "interval": "0 2 * * *" } } } } },
    });
    change(&mut values);
    HelmRelease { values, ..HelmRelease::new(access(), "datahub", "hub", chart) }
}

fn actions(preview: &Preview, action: &str) -> Vec<String> {
    let of = preview.objects.iter().filter(|o| o.action == action);
    of.map(|o| o.object.clone()).collect()
}

#[tokio::test]
async fn a_new_release_shows_hooks_in_their_order_and_every_object() {
    let world = World::new();
    let preview = preview(&world, None, &datahub(|_| {})).await;
    let runs = actions(&preview, "run");
    assert_eq!(
        runs.first().unwrap(),
        "Role hub/datahub-operator-role (before the rest, weight -11)",
        "{runs:?}"
    );
    assert!(
        runs.contains(&"Job hub/datahub-system-update (before the rest, weight -4)".to_owned()),
        "{runs:?}"
    );
    assert_eq!(
        runs.last().unwrap(),
        "Job hub/datahub-system-update-nonblk (after the rest, weight 0)"
    );
    let creates = actions(&preview, "create");
    assert!(creates.contains(&"Deployment hub/datahub-datahub-gms".to_owned()), "{creates:?}");
    assert_eq!(preview.notes, Vec::<String>::new());
}

#[tokio::test]
async fn a_new_version_shows_the_objects_that_change_and_no_other() {
    let world = World::new();
    let after = datahub(|values| values["global"]["datahub"]["version"] = "v1.8.0".into());
    let preview = preview(&world, Some(&datahub(|_| {})), &after).await;
    let updates = actions(&preview, "update");
    // The Service of GMS has a label of that version.
    assert_eq!(
        updates,
        [
            "Deployment hub/datahub-acryl-datahub-actions",
            "Deployment hub/datahub-datahub-frontend",
            "Deployment hub/datahub-datahub-gms",
            "Service hub/datahub-datahub-gms",
        ]
    );
    let gms =
        preview.objects.iter().find(|o| o.object == "Deployment hub/datahub-datahub-gms").unwrap();
    let image = gms.changes.iter().find(|(path, ..)| path.ends_with("image"));
    let (_, before, after) = image.unwrap();
    assert!(before.ends_with(":v1.7.0") && after.ends_with(":v1.8.0"), "{:?}", gms.changes);
    let counts = preview.notes.iter().any(|note| note.contains("number of the revision"));
    assert!(counts, "{:?}", preview.notes);
    assert!(actions(&preview, "create").is_empty() && actions(&preview, "delete").is_empty());
}

#[tokio::test]
async fn values_that_come_later_are_named_where_they_show() {
    let world = World::new();
    let host: Val<String> = Val::output(&"sim.net/db".parse().unwrap(), "id");
    let after = datahub(|values| {
        values["global"]["sql"] =
            json!({ "datasource": { "host": groundplan_core::text!("{}:3306", host) } });
    });
    let preview = preview(&world, Some(&datahub(|_| {})), &after).await;
    let all: Vec<_> = preview.objects.iter().flat_map(|o| &o.changes).collect();
    assert!(all.iter().any(|(.., after)| after == "(sim.net/db#id):3306"), "{all:?}");
    assert!(
        !format!("{preview:?}").contains("73901"),
        "no number that stands in for a value is shown"
    );
}

#[tokio::test]
async fn what_a_chart_draws_is_told_and_secrets_are_not_shown() {
    let world = World::new();
    let drawn = datahub(|values| {
        values["datahub-frontend"] = json!({});
    });
    let preview = preview(&world, None, &drawn).await;
    let note = preview.notes.iter().find(|note| note.contains("anew at every render"));
    assert!(note.is_some_and(|note| note.contains("gms-secret")), "{:?}", preview.notes);
}

const SMALL: &str = r"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: store, labels: { helm.sh/chart: small-{{ .Chart.Version }} } }
spec:
  serviceName: store
  selector: { matchLabels: { app: store } }
  template:
    metadata:
      labels: { app: store }
      annotations: { checksum/config: {{ .Values.text | sha256sum }} }
    spec: { containers: [{ name: a, image: {{ .Values.image | quote }} }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: {{ .Values.size }} } } }
---
apiVersion: v1
kind: Secret
metadata: { name: key }
stringData: { key: {{ .Values.text | quote }}, other: fixed }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: port }
data: { port: {{ int .Values.port | quote }} }
{{ if .Values.more }}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: more }
{{ end }}
";

/// A release of a small local chart.
fn small(world: &World, values: Json) -> HelmRelease {
    world.write(
        "small/Chart.yaml",
        "apiVersion: v2\nname: small\nversion: 1.0.0\nappVersion: '1'\n",
    );
    world.write("small/templates/all.yaml", SMALL);
    HelmRelease { values, ..HelmRelease::new(access(), "small", "hub", Chart::local("small")) }
}

fn small_values() -> Json {
    json!({ "text": "hunter2", "image": "a:1", "size": "1Gi", "port": 1, "more": true })
}

#[tokio::test]
async fn restarts_failures_and_deletes_are_said_and_secrets_are_not() {
    let world = World::new();
    let before = small(&world, small_values());
    let mut values = small_values();
    values["text"] = "hunter3".into();
    let restarts = preview(&world, Some(&before), &small(&world, values.clone())).await;
    let store = restarts.objects.iter().find(|o| o.object == "StatefulSet hub/store").unwrap();
    assert_eq!(
        store.changes,
        [("restarts".into(), String::new(), "what it is configured by changed".into())]
    );
    let key = restarts.objects.iter().find(|o| o.object == "Secret hub/key").unwrap();
    assert_eq!(
        key.changes,
        [("stringData.key".into(), "(secret)".into(), "(secret, changed)".into())]
    );
    assert!(!format!("{restarts:?}").contains("hunter"), "{restarts:?}");

    values["size"] = "2Gi".into();
    values["more"] = false.into();
    let fails = preview(&world, Some(&before), &small(&world, values)).await;
    assert_eq!(actions(&fails, "replace"), ["StatefulSet hub/store"]);
    assert_eq!(actions(&fails, "delete"), ["ConfigMap hub/more"]);
    assert!(
        fails
            .notes
            .iter()
            .any(|n| n.contains("kubectl delete statefulset -n hub store --cascade=orphan")),
        "{:?}",
        fails.notes
    );
}

#[tokio::test]
async fn unknown_values_are_found_behind_digests_and_numbers() {
    let world = World::new();
    let before = small(&world, small_values());
    let id: Val<String> = Val::output(&"sim.net/db".parse().unwrap(), "id");
    let mut values = small_values();
    values["text"] = to_json(&id);
    values["port"] = to_json(&id);
    let preview = preview(&world, Some(&before), &small(&world, values)).await;
    let port = preview.objects.iter().find(|o| o.object == "ConfigMap hub/port").unwrap();
    assert_eq!(port.changes, [("data.port".into(), "\"1\"".into(), "(sim.net/db#id)".into())]);
    let key = preview.objects.iter().find(|o| o.object == "Secret hub/key").unwrap();
    assert_eq!(key.changes[0].2, "(secret, changed)");
    let store = preview.objects.iter().find(|o| o.object == "StatefulSet hub/store").unwrap();
    assert_eq!(store.changes[0].0, "restarts");
}

#[tokio::test]
async fn a_plan_of_a_cluster_that_is_not_there_yet_shows_the_release() {
    let world = World::new();
    let mut program = stack();
    let net =
        program.add("db", testing::Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: [].into() });
    let cluster: Val<ClusterAccess> = program
        .derive(
            "main",
            groundplan_kube::Access::new(net.id(), "111122223333", "eu-west-1", net.id(), net.id()),
        )
        .access();
    let namespace =
        program.add("hub", groundplan_kube::KubeObject::namespace(cluster.clone(), "hub"));
    let release = HelmRelease { cluster, namespace: namespace.name(), ..datahub(|_| {}) };
    program.add("datahub", release);
    let plan = lines(&world.plan(program).await);
    assert!(plan.contains(&"  create Deployment datahub-datahub-gms".to_owned()), "{plan:#?}");
}

const OPEN: &str = "
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: LoadBalancer }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: web }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin }
subjects: [{ kind: ServiceAccount, name: web, namespace: hub }]
";

#[tokio::test]
async fn what_a_release_opens_and_allows_is_among_the_dangers_of_the_plan() {
    let world = World::new();
    world.write("open/Chart.yaml", "apiVersion: v2\nname: open\nversion: 1.0.0\n");
    world.write("open/templates/all.yaml", OPEN);
    let release = |cluster: Val<ClusterAccess>| {
        HelmRelease::new(cluster, "open", "hub", Chart::local("open"))
    };
    let there = preview(&world, None, &release(access().into())).await;
    let risks = there.objects.iter().flat_map(|o| o.risks.iter().map(|r| (&*o.object, r.kind)));
    assert_eq!(
        risks.collect::<Vec<_>>(),
        [
            ("ClusterRoleBinding web", DangerKind::Widening),
            ("Service hub/web", DangerKind::Exposure)
        ]
    );
    let mut program = stack();
    let net = testing::Net { cidr: "10.0.0.0/16".into(), mtu: 1500, tags: [].into() };
    let name = program.add("main", net).id();
    let (text, account) = (name.clone(), "111122223333");
    let cluster = groundplan_kube::Access::new(name.clone(), account, "eu-west-1", name, text);
    let cluster = program.derive("main", cluster).access();
    program.add("open", release(cluster));
    let dangers = world.plan(program).await.dangers.into_iter();
    let dangers: Vec<_> = dangers.filter_map(|d| Some((d.object?, d.kind))).collect();
    let exposure = ("Service hub/web".to_owned(), DangerKind::Exposure);
    assert_eq!(dangers, [exposure], "nobody could do anything there before");
}

#[tokio::test]
async fn a_chart_that_does_not_render_says_why() {
    use groundplan_core::Resource;
    let world = World::new();
    let wrong = datahub(|values| values["global"]["elasticsearch"] = json!({ "port": 443 }));
    let fault = HelmRelease::preview(&cx(&world), None, &to_json(&wrong)).await.unwrap_err();
    assert!(fault.to_string().contains("port"), "{fault}");
}

/// A chart that renders to this text, with a value in place of one piece of it.
fn rendered(world: &World, text: &str, piece: &str, value: &str) -> HelmRelease {
    assert!(text.contains(piece), "{piece}");
    let escaped = text.replace("{{", "{{ \"{{\" }}");
    let template = escaped.replacen(piece, "{{ .Values.piece }}", 1);
    world.write("large/Chart.yaml", "apiVersion: v2\nname: large\nversion: 1.0.0\n");
    world.write("large/templates/all.yaml", &template);
    let values = json!({ "piece": value });
    HelmRelease { values, ..HelmRelease::new(access(), "large", "hub", Chart::local("large")) }
}

/// As many objects, and as large ones, as a whole platform of services has.
fn many_objects() -> String {
    let env = |i: usize| {
        let one = |n| format!("            - {{ name: SETTING_{n}, value: \"{i}-{n}\" }}\n");
        (0..60).map(one).collect::<String>()
    };
    let service = |i: usize| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: service-{i} }}\nspec:\n  replicas: 1\n  \
             selector: {{ matchLabels: {{ app: service-{i} }} }}\n  template:\n    metadata: {{ labels: {{ app: \
             service-{i} }} }}\n    spec:\n      containers:\n        - name: main\n          image: \
             registry.example.com/service-{i}:v1\n          env:\n{}---\napiVersion: v1\nkind: Service\n\
             metadata: {{ name: service-{i} }}\nspec: {{ ports: [{{ port: 80 }}], selector: {{ app: service-{i} }} \
             }}\n---\n",
            env(i)
        )
    };
    (0..20).map(service).collect()
}

#[tokio::test]
async fn one_value_of_a_large_chart_is_one_line_of_its_plan() {
    let world = World::new();
    let text = many_objects();
    assert!(text.len() > 60_000, "{}", text.len());
    let piece = "service-7:v1";
    let before = rendered(&world, &text, piece, piece);
    let after = rendered(&world, &text, piece, "service-7:v2");
    let preview = preview(&world, Some(&before), &after).await;
    let [deployment] = &preview.objects[..] else { panic!("{preview:#?}") };
    assert_eq!(deployment.object, "Deployment hub/service-7");
    let [(path, before, after)] = &deployment.changes[..] else { panic!("{deployment:#?}") };
    assert_eq!(path, "spec.template.spec.containers[main].image");
    assert_eq!(
        (before.as_str(), after.as_str()),
        ("registry.example.com/service-7:v1", "registry.example.com/service-7:v2")
    );
}
