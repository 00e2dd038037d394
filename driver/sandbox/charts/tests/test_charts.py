"""What the stand-in for DataHub's chart promises: objects, hooks, references and traps of the released one.

Run once with helm 3 and once with helm 4; `rendering` says how helm is found.
"""

import pytest
from rendering import PLATFORM, changed, differ, env, hooks, pod, pods, references, render

GMS = ("Deployment", "datahub-datahub-gms")
FRONTEND = ("Deployment", "datahub-datahub-frontend")
ACTIONS = ("Deployment", "datahub-acryl-datahub-actions")
BLOCKING = ("Job", "datahub-system-update")
NON_BLOCKING = ("Job", "datahub-system-update-nonblk")
OPERATOR = ("ServiceAccount", "datahub-operator-sa")
SECRETS = {
    ("Secret", "datahub-auth-secrets"): {
        "system_client_secret",
        "token_service_signing_key",
        "token_service_salt",
    },
    ("Secret", "datahub-encryption-secrets"): {"encryption_key_secret"},
    ("Secret", "datahub-gms-secret"): {"datahub.gms.secret"},
}
PLATFORM_OBJECTS = {
    ("ServiceAccount", "datahub-app-sa"),
    ("Service", "datahub-datahub-gms"),
    ("Service", "datahub-datahub-frontend"),
    ("Service", "datahub-acryl-datahub-actions"),
    ("Ingress", "datahub-datahub-frontend"),
    ("Role", "datahub-operator-role"),
    ("RoleBinding", "datahub-operator-role-binding"),
    GMS,
    FRONTEND,
    ACTIONS,
    BLOCKING,
    NON_BLOCKING,
}


def platform(**json):
    return render("datahub", PLATFORM, json={key.replace("__", "."): value for key, value in json.items()})


def test_platform_values_render_these_objects_and_no_secret():
    assert platform().keys() == PLATFORM_OBJECTS


def test_defaults_render_the_secrets_and_the_operator_account_too():
    objects = render("datahub")
    assert objects.keys() == PLATFORM_OBJECTS - {("Ingress", "datahub-datahub-frontend")} | SECRETS.keys() | {OPERATOR}
    for key, names in SECRETS.items():
        assert objects[key]["data"].keys() == names


def test_hooks_run_in_this_order():
    assert hooks(render("datahub")) == [
        ("pre", -11, ("Role", "datahub-operator-role")),
        ("pre", -11, OPERATOR),
        ("pre", -10, ("RoleBinding", "datahub-operator-role-binding")),
        ("pre", -5, ("Secret", "datahub-auth-secrets")),
        ("pre", -5, ("Secret", "datahub-encryption-secrets")),
        ("pre", -4, BLOCKING),
        ("post", 0, NON_BLOCKING),
    ]


def test_jobs_run_the_two_halves_of_the_update_or_one_whole():
    objects = platform()
    arguments = [pod(objects[job])["containers"][0]["args"] for job in (BLOCKING, NON_BLOCKING)]
    assert arguments == [["-u", "SystemUpdateBlocking"], ["-u", "SystemUpdateNonBlocking"]]
    whole = platform(datahubSystemUpdate__nonblocking__enabled="false")
    assert NON_BLOCKING not in whole
    assert pod(whole[BLOCKING])["containers"][0]["args"] == ["-u", "SystemUpdate"]


def test_services_are_load_balancers_unless_told_otherwise():
    types = {key[1]: one["spec"]["type"] for key, one in render("datahub").items() if key[0] == "Service"}
    assert types.pop("datahub-acryl-datahub-actions") == "ClusterIP"
    assert set(types.values()) == {"LoadBalancer"}
    assert {one["spec"]["type"] for key, one in platform().items() if key[0] == "Service"} == {"ClusterIP"}


def test_platform_renders_are_identical():
    assert differ(6, platform) == set()


def test_what_the_chart_provisions_is_drawn_anew_at_every_render():
    interval = {"datahubSystemUpdate.bootstrapMCPs.datahubGC.values.schedule.interval": '"0 2 * * *"'}
    assert differ(3, lambda: render("datahub", json=interval)) == SECRETS.keys()
    # A pod annotation is a hash of the drawn Secret, so the workload restarts with it.
    random = {"datahub-frontend.defaultUserCredentials": '{"randomAdminPassword":true}'}
    users = ("Secret", "datahub-user-secret")
    assert differ(3, lambda: render("datahub", PLATFORM, json=random)) == {users, FRONTEND}
    given = {"datahub-frontend.defaultUserCredentials": '{"manualValues":"admin:known"}'}
    assert differ(3, lambda: render("datahub", PLATFORM, json=given)) == set()


def test_the_hour_of_the_clean_up_is_drawn_unless_given():
    # Twelve hours to draw from: ten equal draws in a row are one in some thousand million.
    drawn = {"datahubSystemUpdate__bootstrapMCPs__datahubGC__values__schedule": "null"}
    assert differ(10, lambda: platform(**drawn)) == {BLOCKING, NON_BLOCKING}


def test_secrets_are_referenced_by_name_only():
    objects = platform()
    assert references(objects) == {
        ("platform-mysql", "username"),
        ("platform-mysql", "password"),
        ("platform-search", "password"),
        ("platform-gms", "secret"),
        ("platform-oidc", "client-secret"),
        ("datahub-auth-secrets", "system_client_secret"),
        ("datahub-auth-secrets", "token_service_signing_key"),
        ("datahub-auth-secrets", "token_service_salt"),
        ("datahub-encryption-secrets", "encryption_key_secret"),
    }
    for key in pods(objects):
        for name, value in env(objects[key]).items():
            if name.endswith(("PASSWORD", "SECRET", "_KEY", "SALT")):
                assert isinstance(value, tuple), (key, name)


@pytest.mark.parametrize("workload", [GMS, BLOCKING, NON_BLOCKING])
def test_stores_reach_every_workload_that_opens_them(workload):
    found = env(platform()[workload])
    assert {
        "EBEAN_DATASOURCE_HOST": "platform.example.eu-central-1.rds.amazonaws.com:3306",
        "EBEAN_DATASOURCE_URL": "jdbc:mysql://platform.example.eu-central-1.rds.amazonaws.com:3306/datahub"
        "?useSSL=true&enabledTLSProtocols=TLSv1.2",
        "EBEAN_DATASOURCE_DRIVER": "com.mysql.cj.jdbc.Driver",
        "EBEAN_DATASOURCE_USERNAME": ("platform-mysql", "username"),
        "EBEAN_DATASOURCE_PASSWORD": ("platform-mysql", "password"),
        "ELASTICSEARCH_HOST": "vpc-platform.eu-central-1.es.amazonaws.com",
        "ELASTICSEARCH_PORT": "443",
        "ELASTICSEARCH_USE_SSL": "true",
        "ELASTICSEARCH_USERNAME": "datahub",
        "ELASTICSEARCH_PASSWORD": ("platform-search", "password"),
        "ELASTICSEARCH_SHIM_ENGINE_TYPE": "OPENSEARCH_2",
        "INDEX_PREFIX": "dh",
        "KAFKA_BOOTSTRAP_SERVER": "prerequisites-kafka:9092",
        "SCHEMA_REGISTRY_TYPE": "INTERNAL",
        "DATAHUB_REVISION": "1",
    }.items() <= found.items()
    assert "OPENSEARCH_USE_AWS_IAM_AUTH" not in found


def test_frontend_logs_in_by_google_alone():
    assert {
        "AUTH_OIDC_ENABLED": "true",
        "AUTH_OIDC_CLIENT_ID": "1234.apps.googleusercontent.com",
        "AUTH_OIDC_CLIENT_SECRET": ("platform-oidc", "client-secret"),
        "AUTH_OIDC_DISCOVERY_URI": "https://accounts.google.com/.well-known/openid-configuration",
        "AUTH_OIDC_SCOPE": "openid profile email",
        "AUTH_OIDC_BASE_URL": "https://datahub.example.com",
        "AUTH_OIDC_USER_NAME_CLAIM_REGEX": "([^@]+)",
        "AUTH_JAAS_ENABLED": "false",
        "AUTH_NATIVE_ENABLED": "false",
        "AUTH_COOKIE_SECURE": "true",
        "DATAHUB_SECRET": ("platform-gms", "secret"),
        "ELASTIC_CLIENT_HOST": "vpc-platform.eu-central-1.es.amazonaws.com",
        "ELASTIC_INDEX_PREFIX": "dh",
    }.items() <= env(platform()[FRONTEND]).items()
    from_ingress = platform(**{"datahub-frontend__oidcAuthentication__oidcBaseUrl": "null"})
    assert env(from_ingress[FRONTEND])["AUTH_OIDC_BASE_URL"] == "https://datahub.example.com"
    assert not any(name.startswith("AUTH_OIDC") for name in env(render("datahub")[FRONTEND]))


def test_iam_login_reaches_gms_and_jobs_and_a_job_may_differ():
    iam = {"global__elasticsearch__iam__enabled": "true", "global__elasticsearch__region": '"eu-central-1"'}
    objects = platform(**iam, global__sql__iam__enabled="true", datahubSystemUpdate__sql__iam__enabled="false")
    for workload in (GMS, BLOCKING, NON_BLOCKING):
        found = env(objects[workload])
        assert found["OPENSEARCH_USE_AWS_IAM_AUTH"] == "true"
        assert found["AWS_REGION"] == "eu-central-1"
        assert found.get("EBEAN_USE_IAM_AUTH") == ("true" if workload == GMS else None)
    assert "OPENSEARCH_USE_AWS_IAM_AUTH" not in env(objects[FRONTEND])


def test_gms_and_jobs_may_have_their_own_database_login():
    objects = platform(
        **{"datahub-gms__sql__datasource": '{"username":"gms"}'},
        datahubSystemUpdate__sql__username='"admin"',
        datahubSystemUpdate__sql__password='{"secretRef":"platform-admin","secretKey":"password"}',
    )
    for workload, user, secret in ((GMS, "gms", "platform-mysql"), (BLOCKING, "admin", "platform-admin")):
        found = env(objects[workload])
        assert found["EBEAN_DATASOURCE_USERNAME"] == user
        assert found["EBEAN_DATASOURCE_PASSWORD"] == (secret, "password")


def test_accounts_carry_the_role_and_the_operator_keeps_its_rights():
    objects = platform()
    account = objects["ServiceAccount", "datahub-app-sa"]
    assert account["metadata"]["annotations"] == {
        "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/datahub-app"
    }
    accounts = {key: one["serviceAccountName"] for key, one in pods(objects).items()}
    assert {accounts[server] for server in (GMS, FRONTEND, ACTIONS)} == {"datahub-app-sa"}
    assert {accounts[job] for job in (BLOCKING, NON_BLOCKING)} == {"datahub-operator-sa"}
    assert objects["RoleBinding", "datahub-operator-role-binding"]["subjects"][0]["name"] == "datahub-operator-sa"


def test_ingress_points_at_the_frontend():
    ingress = platform()["Ingress", "datahub-datahub-frontend"]
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/target-type"] == "ip"
    rule = ingress["spec"]["rules"][0]
    assert rule["host"] == "datahub.example.com"
    assert rule["http"]["paths"] == [
        {
            "path": "/*",
            "pathType": "ImplementationSpecific",
            "backend": {"service": {"name": "datahub-datahub-frontend", "port": {"number": 9002}}},
        }
    ]


def test_changing_the_version_changes_what_runs_it_and_nothing_else():
    before, after = platform(), platform(global__datahub__version='"v1.8.0"')
    service = ("Service", "datahub-datahub-gms")  # it carries the version as a label
    assert changed(before, after) == {service, GMS, FRONTEND, ACTIONS, BLOCKING, NON_BLOCKING}
    for key, one in pods(after).items():
        assert one["containers"][0]["image"].endswith(":v1.8.0"), key
    assert before[service]["spec"] == after[service]["spec"]
    assert before[GMS]["spec"]["selector"] == after[GMS]["spec"]["selector"], "a selector cannot be changed in place"


def test_re_index_template_is_suspended():
    cron = platform(datahubUpgrade__enabled="true")["CronJob", "datahub-datahub-restore-indices-job-template"]
    assert cron["spec"]["suspend"] is True
    assert pod(cron)["containers"][0]["args"][:2] == ["-u", "RestoreIndices"]
