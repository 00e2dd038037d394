"""Renders a stand-in chart with the helm that HELM names, else the one on PATH, and reads what came out."""

import os
import shutil
import subprocess
from pathlib import Path

import yaml

HERE = Path(__file__).parent
CHARTS = HERE.parent
PLATFORM = HERE / "values-platform.yaml"
KAFKA_ONLY = HERE / "values-prerequisites.yaml"


def helm(*arguments):
    binary = os.environ.get("HELM") or shutil.which("helm")
    assert binary, "no helm found: put helm on PATH or name it in HELM"
    return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


def template(chart, values=None, json=None):
    """Runs helm template, with a values file and single values as JSON by their dotted keys."""
    release = "prerequisites" if chart == "datahub-prerequisites" else "datahub"
    arguments = ["template", release, CHARTS / chart, "--namespace", "data"]
    if values:
        arguments += ["--values", values]
    for key, value in (json or {}).items():
        arguments += ["--set-json", f"{key}={value}"]
    return helm(*arguments)


def render(chart, values=None, json=None):
    """The rendered objects by kind and name."""
    done = template(chart, values, json)
    assert done.returncode == 0, done.stderr
    objects = [one for one in yaml.safe_load_all(done.stdout) if one]
    named = {(one["kind"], one["metadata"]["name"]): one for one in objects}
    assert len(named) == len(objects), "an object was rendered twice"
    return named


def pod(one):
    spec = one["spec"].get("jobTemplate", one)["spec"]
    return spec["template"]["spec"]


def pods(objects):
    return {key: pod(one) for key, one in objects.items() if key[0] in {"Deployment", "StatefulSet", "Job", "CronJob"}}


def env(one):
    """Plain values as text, secret references as (secret, key)."""
    found = {}
    for variable in pod(one)["containers"][0]["env"]:
        assert variable["name"] not in found, f"{variable['name']} is set twice"
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        found[variable["name"]] = (reference["name"], reference["key"]) if reference else variable.get("value")
    return found


def references(objects):
    return {value for key in pods(objects) for value in env(objects[key]).values() if isinstance(value, tuple)}


def hooks(objects):
    """(event, weight, key) in the order helm runs them; the delete policy is helm's default, written or not."""
    found = []
    for key, one in objects.items():
        annotations = one["metadata"].get("annotations") or {}
        events = annotations.get("helm.sh/hook")
        if events:
            event = events.split("-")[0]
            assert events == f"{event}-install,{event}-upgrade", key
            policy = annotations.get("helm.sh/hook-delete-policy", "before-hook-creation")
            assert policy == "before-hook-creation", key
            found.append((event, int(annotations.get("helm.sh/hook-weight", "0")), key))
    return sorted(found, key=lambda hook: (hook[0] != "pre", hook[1], hook[2]))


def changed(before, after):
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def differ(times, make):
    """The objects that are not the same in all of several renders."""
    seen = {}
    for _ in range(times):
        for key, one in make().items():
            seen.setdefault(key, set()).add(yaml.safe_dump(one))
    return {key for key, texts in seen.items() if len(texts) > 1}
