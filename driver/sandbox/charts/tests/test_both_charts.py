"""What holds for either stand-in chart: helm finds nothing wrong, pods are decent, mistaken values are refused."""

import pytest
from rendering import CHARTS, KAFKA_ONLY, PLATFORM, helm, pods, render, template


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        ("datahub", PLATFORM),
        ("datahub", None),
        ("datahub-prerequisites", KAFKA_ONLY),
        ("datahub-prerequisites", None),
    ],
)
def test_helm_lint_finds_nothing(chart, values):
    done = helm("lint", "--strict", CHARTS / chart, *(["--values", values] if values else []))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("chart", ["datahub", "datahub-prerequisites"])
def test_containers_are_unprivileged_and_ask_for_what_they_need(chart):
    for key, one in pods(render(chart, json={"kafka.controller.resources.requests.cpu": '"250m"'})).items():
        container = one["containers"][0]
        assert container["securityContext"]["runAsNonRoot"] is True, key
        assert container["resources"]["requests"], key
        serves = key[0] != "Job" and key[1] != "datahub-acryl-datahub-actions"
        assert ("readinessProbe" in container) == serves, key


@pytest.mark.parametrize(
    ("chart", "key", "value"),
    [
        ("datahub", "global.elasticsearch.port", "443"),
        ("datahub", "global.elasticsearch.useSSL", "true"),
        ("datahub", "global.elasticsearch.engineType", '"OPENSEARCH_1"'),
        ("datahub", "global.kafka.maxMessageBytes", "5242880"),
        ("datahub", "global.sql.datasource.port", "3306"),
        ("datahub", "global.sql.datasource.password", '"in-the-clear"'),
        ("datahub", "datahub-frontend.authCookies.secure", "true"),
        ("datahub", "datahub-frontend.oidcAuthentication.provider", '"github"'),
        ("datahub", "datahub-frontend.extraEnvs", '[{"name":"AUTH_JAAS_ENABLED","value":false}]'),
        ("datahub", "datahub-gms.service.type", '"Public"'),
        ("datahub", "global.datahub.encryptionKey.provisionSecret.enabled", '"false"'),
        ("datahub-prerequisites", "kafka.controller.persistence.size", '"eight"'),
        ("datahub-prerequisites", "kafka.controller.extraConfig", '["message.max.bytes=1"]'),
        ("datahub-prerequisites", "kafka.listeners.client.protocol", '"SASL_SSL"'),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(chart, key, value):
    done = template(chart, json={key: value})
    assert done.returncode != 0
    assert key.split(".")[-1] in done.stderr


def test_login_by_a_provider_needs_the_provider_and_the_client():
    done = template("datahub", json={"datahub-frontend.oidcAuthentication.enabled": "true"})
    assert done.returncode != 0
    assert "provider" in done.stderr and "clientId" in done.stderr


@pytest.mark.parametrize(
    ("chart", "key", "value"),
    [
        ("datahub", "global.datahub_standalone_consumers_enabled", "true"),
        ("datahub", "global.kafka.iam.enabled", "true"),
        ("datahub", "datahub-ingestion-cron.enabled", "true"),
        ("datahub", "global.datahub.systemUpdate.consolidatedUpgrade", "false"),
        ("datahub", "datahub-gms.replicaCount", "2"),
        ("datahub-prerequisites", "neo4j.enabled", "true"),
        ("datahub-prerequisites", "kafka.broker.replicaCount", "3"),
    ],
)
def test_what_would_render_other_objects_is_refused_by_name(chart, key, value):
    done = template(chart, json={key: value})
    assert done.returncode != 0
    assert key in done.stderr
