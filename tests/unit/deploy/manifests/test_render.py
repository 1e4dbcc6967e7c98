"""Manifests: valid for those who read them, whatever a project is called."""

from __future__ import annotations

import json
from typing import Any

import kubernetes_validate
import pytest
from jsonschema import Draft202012Validator

from flink_operator import FLINK_DEPLOYMENT
from tocsin.cli.commands.worker import worker
from tocsin.model.project import Environment
from unit.deploy.manifests.made import (
    ENVIRONMENTS,
    documents_in,
    environment_of,
    made,
    of_kind,
)

KUBERNETES = ("1.30", "1.34")


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_kubernetes_takes_them(environment: Environment, version: str) -> None:
    documents = documents_in(made(environment))
    for document in documents:
        if document["kind"] == "FlinkDeployment":
            Draft202012Validator(FLINK_DEPLOYMENT).validate(document)
            document = document["spec"]["podTemplate"]  # noqa: PLW2901 - the part it knows
        kubernetes_validate.validate(document, version, strict=True)
    names = [(d["kind"], d["metadata"]["name"]) for d in documents]
    assert len(names) == len(set(names))
    assert any(kind == "FlinkDeployment" for kind, _ in names) == bool(environment.storage)


def test_the_schema_of_the_operator_notices_mistakes() -> None:
    good = of_kind(made(ENVIRONMENTS["flink"]), "FlinkDeployment")
    check = Draft202012Validator(FLINK_DEPLOYMENT)
    assert check.is_valid(good)
    spec = good["spec"]
    for wrong in (
        {**spec, "flinkVersion": "v9_9"},
        {**spec, "flinkConfig": {}},
        {**spec, "flinkConfiguration": {"taskmanager.numberOfTaskSlots": 8}},
        {**spec, "jobManager": {"resource": {"cpu": "1", "memory": "1g"}}},
        {key: value for key, value in spec.items() if key != "serviceAccount"},
    ):
        assert not check.is_valid({**good, "spec": wrong})


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_containers_have_few_rights(environment: Environment) -> None:
    for pod in _pods(made(environment)):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            mounted = {each["name"] for each in container["volumeMounts"]}
            assert mounted <= {volume["name"] for volume in pod["volumes"]}
    worker_pod = _pod(made(environment))
    assert worker_pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert worker_pod["automountServiceAccountToken"] is False


def _pods(files: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for document in documents_in(files):
        spec = document.get("spec", {})
        pod = (spec.get("template") or spec.get("podTemplate") or {}).get("spec")
        found += [pod] if pod else []
    return found


def _pod(files: dict[str, str]) -> dict[str, Any]:
    pod: dict[str, Any] = of_kind(files, "StatefulSet")["spec"]["template"]["spec"]
    return pod


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_selectors_find_their_pods(environment: Environment) -> None:
    """Services, budgets and policies select a pod template that there is, and only theirs."""
    documents = documents_in(made(environment))
    pods = {
        (d["kind"], d["metadata"]["name"]): template["metadata"]["labels"]
        for d in documents
        if (template := d.get("spec", {}).get("template") or d.get("spec", {}).get("podTemplate"))
    }
    for document in documents:
        spec = document.get("spec", {})
        selector = spec.get("podSelector") or spec.get("selector")
        if selector is None:
            continue
        found = {name for name, labels in pods.items() if _selects(selector, labels)}
        own = {name for name in pods if name[1] == document["metadata"]["name"]}
        assert own <= found
        if document["kind"] != "NetworkPolicy":
            assert len(found) == 1, document["metadata"]["name"]


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    plain = selector.get("matchLabels", {} if "matchExpressions" in selector else selector)
    every = all(labels.get(key) == value for key, value in plain.items())
    return every and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ())
    )


def test_a_worker_bears_its_pods_name_and_answers_its_probes() -> None:
    files = made()
    stateful = of_kind(files, "StatefulSet")
    [container] = _pod(files)["containers"]
    command = container["command"]
    assert command[:2] == ["tocsin", "worker"]
    options = dict(zip(command[2::2], command[3::2], strict=True))
    assert set(options) <= {name for option in worker.params for name in option.opts}
    assert options["--name"] == "$(POD_NAME)"
    assert container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    port = int(options["--listen"].rpartition(":")[2])
    [declared] = container["ports"]
    assert declared["containerPort"] == port
    probes = {name: container[name]["httpGet"] for name in container if name.endswith("Probe")}
    assert {probe["port"] for probe in probes.values()} == {declared["name"]}
    assert probes["livenessProbe"]["path"] == "/healthz"
    assert probes["readinessProbe"]["path"] == "/readyz"
    notes = stateful["spec"]["template"]["metadata"]["annotations"]
    assert notes["prometheus.io/port"] == str(port)
    assert stateful["spec"]["serviceName"] == of_kind(files, "Service")["metadata"]["name"]


def test_secrets_are_references() -> None:
    by_variable = _pod(made(environment_of(bootstrap="env:SHOP_KAFKA")))["containers"][0]["env"]
    assert by_variable[-1] == {
        "name": "SHOP_KAFKA",
        "valueFrom": {"secretKeyRef": {"name": "tocsin-shop-prod", "key": "SHOP_KAFKA"}},
    }
    kept: dict[str, Any] = {"secret": "kafka.prod"}
    files = made(environment_of(bootstrap="file:/run/secrets/brokers"), **kept)
    pod = _pod(files)
    assert pod["containers"][0]["volumeMounts"][-1] == {
        "name": "secret",
        "mountPath": "/run/secrets/brokers",
        "subPath": "brokers",
        "readOnly": True,
    }
    assert pod["volumes"][-1]["secret"]["secretName"] == "kafka.prod"
    assert "secret" not in "".join(made(environment_of(bootstrap="broker:9092")).values()).lower()


def test_flink_keeps_everything_on_the_storage() -> None:
    files = made(environment_of(kind="flink", backend="flink-sql", storage="file:///data/tocsin"))
    deployed = of_kind(files, "FlinkDeployment")["spec"]
    config = deployed["flinkConfiguration"]
    for key in (
        "execution.checkpointing.dir",
        "execution.checkpointing.savepoint-dir",
        "high-availability.storageDir",
    ):
        assert config[key].startswith("file:///data/tocsin/")
    assert config["execution.checkpointing.externalized-checkpoint-retention"] == (
        "RETAIN_ON_CANCELLATION"
    )
    assert "job" not in deployed
    claim = of_kind(files, "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    gateway = of_kind(files, "Deployment")["spec"]["template"]["spec"]
    for pod in (deployed["podTemplate"]["spec"], gateway):
        [volume] = [v for v in pod["volumes"] if "persistentVolumeClaim" in v]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        mounts = {m["name"]: m["mountPath"] for m in pod["containers"][0]["volumeMounts"]}
        assert mounts[volume["name"]] == "/data/tocsin"
    assert "-Drest.address=tocsin-shop-prod-flink-rest" in gateway["containers"][0]["command"]


def test_choices_are_heard() -> None:
    files = made(
        ENVIRONMENTS["flink"],
        name="alarm",
        replicas=7,
        monitoring="prometheus",
        kafka_ports=(9093, 9094),
        project_at="/opt/content",
        storage_size="1Ti",
    )
    assert of_kind(files, "StatefulSet")["spec"]["replicas"] == 7
    assert all(d["metadata"]["name"].startswith("alarm-") for d in documents_in(files))
    policy = json.dumps(of_kind(files, "NetworkPolicy", "alarm-worker"))
    assert all(each in policy for each in ("9093", "9094", "prometheus"))
    assert "/opt/content" in _pod(files)["containers"][0]["command"]
    claim = of_kind(files, "PersistentVolumeClaim")["spec"]
    assert claim["resources"]["requests"]["storage"] == "1Ti"
