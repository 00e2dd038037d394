"""What the stand-in for the prerequisites' chart promises: Kafka in the cluster, and two stores when asked for."""

from rendering import KAFKA_ONLY, differ, env, references, render

KAFKA = ("StatefulSet", "prerequisites-kafka-controller")
KAFKA_OBJECTS = {
    ("ServiceAccount", "prerequisites-kafka"),
    ("ServiceAccount", "prerequisites-kafka-provisioning"),
    ("ConfigMap", "prerequisites-kafka-controller-configuration"),
    ("ConfigMap", "prerequisites-kafka-scripts"),
    ("Service", "prerequisites-kafka"),
    ("Service", "prerequisites-kafka-controller-headless"),
    KAFKA,
}
KAFKA_SECRETS = {
    ("Secret", "prerequisites-kafka-user-passwords"),
    ("Secret", "prerequisites-kafka-kraft-cluster-id"),
}


def test_kafkas_secrets_are_drawn_at_every_render_unless_given():
    assert differ(3, lambda: render("datahub-prerequisites", KAFKA_ONLY)) == set()
    assert differ(3, lambda: render("datahub-prerequisites")) == KAFKA_SECRETS | {KAFKA}


def test_kafka_reads_its_controller_values():
    objects = render("datahub-prerequisites", KAFKA_ONLY)
    assert objects.keys() == KAFKA_OBJECTS
    spec = objects[KAFKA]["spec"]
    claim = spec["volumeClaimTemplates"][0]["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert spec["replicas"] == 3
    assert (claim["storageClassName"], claim["resources"]["requests"]["storage"]) == ("gp3", "20Gi")
    assert container["resources"]["requests"] == {"cpu": "250m", "memory": "1Gi"}
    properties = objects["ConfigMap", "prerequisites-kafka-controller-configuration"]["data"]["server.properties"]
    assert {"message.max.bytes=5242880", "default.replication.factor=3"} <= set(properties.splitlines())
    assert properties.count("prerequisites-kafka-controller-headless.data.svc") == 3
    assert references(objects) == {
        ("platform-kafka", "controller-password"),
        ("platform-kafka", "kraft-cluster-id"),
    }


def test_stores_in_the_cluster_answer_where_datahub_looks_by_default():
    objects = render("datahub-prerequisites")
    stores = {
        (kind, name + suffix)
        for name in ("prerequisites-mysql", "opensearch-cluster-master")
        for kind, suffix in (("StatefulSet", ""), ("Service", ""), ("Service", "-headless"))
    }
    assert objects.keys() == KAFKA_OBJECTS | KAFKA_SECRETS | stores
    found = env(render("datahub")["Deployment", "datahub-datahub-gms"])
    services = {key[1]: one["spec"]["ports"][0]["port"] for key, one in objects.items() if key[0] == "Service"}
    for address in (
        found["EBEAN_DATASOURCE_HOST"],
        found["KAFKA_BOOTSTRAP_SERVER"],
        f"{found['ELASTICSEARCH_HOST']}:{found['ELASTICSEARCH_PORT']}",
    ):
        host, port = address.split(":")
        assert services[host] == int(port)
