"""Manifests: valid for those who read them, whatever a project is called."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from conftest import Tocsin
from flink_operator import FLINK_DEPLOYMENT
from tocsin.cli.commands.worker import worker
from tocsin.deploy.manifests import Choices, deployment, manifests
from tocsin.deploy.manifests.quote import unit
from tocsin.deploy.manifests.quote import yaml as quoted
from tocsin.errors import ConfigError
from tocsin.model.project import Environment

KUBERNETES = ("1.30", "1.34")
IMAGE = "example.org/detections@sha256:" + "a" * 64
FLINK = "example.org/flink:2.2.1"

SETTINGS = """\
[project]
name = "shop"
[environments.here]
kind = "local"
backend = "batch-sql"
[environments.prod]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:SHOP_KAFKA"
[environments.staging]
kind = "flink"
backend = "flink-sql"
bootstrap = "file:/run/secrets/brokers"
storage = "file:///data/tocsin"
"""


def _environment(**settings: Any) -> Environment:
    stream = {} if settings.get("kind") == "local" else {"bootstrap": "b:9092"}
    given = {"kind": "kafka", "backend": "kafka-filter", **stream, **settings}
    return Environment.model_validate(given)


def _made(
    environment: Environment | None = None, env: str = "prod", **choices: Any
) -> dict[str, str]:
    """Files by name."""
    chosen = Choices(**{"image": IMAGE, "flink_image": FLINK, **choices})
    made = deployment("shop", env, environment or _environment(), chosen)
    return {each.name: each.text for each in manifests(made)}


ENVIRONMENTS = {
    "kafka": _environment(),
    "kafka by variable": _environment(bootstrap="env:SHOP_KAFKA"),
    "kafka by file": _environment(bootstrap="file:/run/secrets/brokers"),
    "kafka with Flink's correlations": _environment(correlations="flink-sql", storage="/data"),
    "flink": _environment(kind="flink", backend="flink-sql", storage="/data/tocsin"),
    "flink by file": _environment(
        kind="flink", backend="flink-sql", storage="file:///data", bootstrap="file:/run/secrets/a/b"
    ),
}


def _documents(files: dict[str, str]) -> list[dict[str, Any]]:
    return [
        document
        for name, text in files.items()
        if name.endswith(".yaml")
        for document in yaml.safe_load_all(text)
    ]


def _of(files: dict[str, str], kind: str, name: str = "") -> dict[str, Any]:
    [found] = [
        d for d in _documents(files) if d["kind"] == kind and name in ("", d["metadata"]["name"])
    ]
    return found


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_kubernetes_takes_them(environment: Environment, version: str) -> None:
    documents = _documents(_made(environment))
    for document in documents:
        if document["kind"] == "FlinkDeployment":
            Draft202012Validator(FLINK_DEPLOYMENT).validate(document)
            document = document["spec"]["podTemplate"]  # noqa: PLW2901 - the part it knows
        kubernetes_validate.validate(document, version, strict=True)
    names = [(d["kind"], d["metadata"]["name"]) for d in documents]
    assert len(names) == len(set(names))
    assert any(kind == "FlinkDeployment" for kind, _ in names) == bool(environment.storage)


def test_the_schema_of_the_operator_notices_mistakes() -> None:
    good = _of(_made(ENVIRONMENTS["flink"]), "FlinkDeployment")
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
    for pod in _pods(_made(environment)):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            mounted = {each["name"] for each in container["volumeMounts"]}
            assert mounted <= {volume["name"] for volume in pod["volumes"]}
    worker_pod = _pod(_made(environment))
    assert worker_pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert worker_pod["automountServiceAccountToken"] is False


def _pods(files: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for document in _documents(files):
        spec = document.get("spec", {})
        pod = (spec.get("template") or spec.get("podTemplate") or {}).get("spec")
        found += [pod] if pod else []
    return found


def _pod(files: dict[str, str]) -> dict[str, Any]:
    pod: dict[str, Any] = _of(files, "StatefulSet")["spec"]["template"]["spec"]
    return pod


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_selectors_find_their_pods(environment: Environment) -> None:
    """Services, budgets and policies select a pod template that there is, and only theirs."""
    documents = _documents(_made(environment))
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
    files = _made()
    stateful = _of(files, "StatefulSet")
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
    assert stateful["spec"]["serviceName"] == _of(files, "Service")["metadata"]["name"]


def test_secrets_are_references() -> None:
    by_variable = _pod(_made(_environment(bootstrap="env:SHOP_KAFKA")))["containers"][0]["env"]
    assert by_variable[-1] == {
        "name": "SHOP_KAFKA",
        "valueFrom": {"secretKeyRef": {"name": "tocsin-shop-prod", "key": "SHOP_KAFKA"}},
    }
    kept: dict[str, Any] = {"secret": "kafka.prod"}
    files = _made(_environment(bootstrap="file:/run/secrets/brokers"), **kept)
    pod = _pod(files)
    assert pod["containers"][0]["volumeMounts"][-1] == {
        "name": "secret",
        "mountPath": "/run/secrets/brokers",
        "subPath": "brokers",
        "readOnly": True,
    }
    assert pod["volumes"][-1]["secret"]["secretName"] == "kafka.prod"
    assert "secret" not in "".join(_made(_environment(bootstrap="broker:9092")).values()).lower()


def test_flink_keeps_everything_on_the_storage() -> None:
    files = _made(_environment(kind="flink", backend="flink-sql", storage="file:///data/tocsin"))
    deployed = _of(files, "FlinkDeployment")["spec"]
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
    claim = _of(files, "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    gateway = _of(files, "Deployment")["spec"]["template"]["spec"]
    for pod in (deployed["podTemplate"]["spec"], gateway):
        [volume] = [v for v in pod["volumes"] if "persistentVolumeClaim" in v]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        mounts = {m["name"]: m["mountPath"] for m in pod["containers"][0]["volumeMounts"]}
        assert mounts[volume["name"]] == "/data/tocsin"
    assert "-Drest.address=tocsin-shop-prod-flink-rest" in gateway["containers"][0]["command"]


def test_choices_are_heard() -> None:
    files = _made(
        ENVIRONMENTS["flink"],
        name="alarm",
        replicas=7,
        monitoring="prometheus",
        kafka_ports=(9093, 9094),
        project_at="/opt/content",
        storage_size="1Ti",
    )
    assert _of(files, "StatefulSet")["spec"]["replicas"] == 7
    assert all(d["metadata"]["name"].startswith("alarm-") for d in _documents(files))
    policy = json.dumps(_of(files, "NetworkPolicy", "alarm-worker"))
    assert all(each in policy for each in ("9093", "9094", "prometheus"))
    assert "/opt/content" in _pod(files)["containers"][0]["command"]
    claim = _of(files, "PersistentVolumeClaim")["spec"]
    assert claim["resources"]["requests"]["storage"] == "1Ti"


# --- systemd --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bootstrap", ["broker:9092", "env:SHOP_KAFKA"])
def test_systemd_takes_the_unit(bootstrap: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = shutil.which("true")
    files = _made(_environment(bootstrap=bootstrap), program=program)
    file = tmp_path / "tocsin-worker@.service"
    file.write_text(files[file.name])
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert ("EnvironmentFile=" in files[file.name]) == bootstrap.startswith("env:")


def test_the_units_command_is_one_that_there_is() -> None:
    text = _made(env="prod.eu", name="p")["tocsin-worker@.service"]
    [command] = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, word, *rest = command.split()
    assert (program, word) == ("/opt/tocsin/bin/tocsin", "worker")
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    assert set(options) <= {name for option in worker.params for name in option.opts}
    assert options["--env"] == "prod.eu"
    # The instance is two digits: each worker has a port of its own.
    assert options["--listen"].replace("%i", "07") == "127.0.0.1:9407"


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"name": "Shop"}, "'Shop'"),
        ({"name": "1shop"}, "'1shop'"),
        ({"name": "shop-"}, "'shop-'"),
        ({"name": "s" * 46}, "not a valid Kubernetes name"),
        ({"name": "shop\nkind: Pod"}, "not a valid Kubernetes name"),
        ({"image": ""}, "not the name of an image"),
        ({"image": "a b"}, "not the name of an image"),
        ({"secret": "A"}, "not the name of a Secret"),
        ({"monitoring": "a.b"}, "not a valid Kubernetes name"),
        ({"storage_size": "a lot"}, "not an amount of storage"),
        ({"project_at": "detections"}, "--project-at must be an absolute path"),
        ({"project_at": "/srv/../etc"}, "--project-at must be an absolute path"),
        ({"program": "/opt/$(x)/tocsin"}, "--program must be an absolute path"),
    ],
)
def test_choices_that_no_cluster_takes(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        _made(**choices)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "local"}, "kind local: it has no manifests"),
        ({"bootstrap": ""}, "no value for `bootstrap`"),
        ({"bootstrap": "env:NOT-ONE"}, "does not name an environment variable"),
        ({"bootstrap": "file:relative"}, "must be an absolute path"),
        ({"bootstrap": "file:/etc/shadow"}, "workers read secret files in /run/secrets only"),
        ({"backend": "flink-sql"}, "no value for `storage`"),
        ({"backend": "flink-sql", "storage": "s3://bucket/folder"}, "must be a folder"),
        ({"backend": "flink-sql", "storage": "file://host/folder"}, "must be a folder"),
        ({"backend": "flink-sql", "storage": "data"}, "must be an absolute path"),
        ({"backend": "flink-sql", "storage": "/"}, "must be an absolute path"),
    ],
)
def test_environments_without_manifests(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        _made(_environment(**settings))


def test_long_names() -> None:
    """As long as it may be, with everything that is appended."""
    for environment, longest in ((ENVIRONMENTS["flink"], 39), (ENVIRONMENTS["kafka"], 45)):
        with pytest.raises(ConfigError, match="not a valid Kubernetes name"):
            _made(environment, name="n" * (longest + 1))
        for document in _documents(_made(environment, name="n" * longest)):
            name = document["metadata"]["name"]
            assert len(name) <= {"FlinkDeployment": 45, "StatefulSet": 52}.get(document["kind"], 63)


def test_names_of_environments_that_are_no_labels() -> None:
    with pytest.raises(ConfigError, match="the environment's name cannot be a label"):
        _made(env="prod eu", name="prod")
    with pytest.raises(ConfigError, match="not a valid Kubernetes name"):
        _made(env="Prod")


def test_flink_needs_its_image() -> None:
    with pytest.raises(ConfigError, match="not the name of an image") as caught:
        _made(ENVIRONMENTS["flink"], flink_image="")
    assert "--flink-image" in caught.value.hint


@pytest.mark.parametrize("text", ["plain", "- a", "a: b", '"', "#", "é", "", "null", "1", "a\\n'"])
def test_values_stay_values(text: str) -> None:
    assert yaml.safe_load(f"key: {quoted(text)}") == {"key": text}
    assert yaml.safe_load(f"- {quoted(text)}") == [text]


def test_values_of_units() -> None:
    assert unit("50%") == '"50%%"'
    assert unit("a b") == '"a b"'
    assert unit("$HOME") == '"$$HOME"'
    assert unit("") == '""'
    for dialect in (unit, quoted):
        with pytest.raises(ConfigError):
            dialect("a\nb")


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.toml").write_text(SETTINGS)
    return tmp_path


def test_the_command_writes_files(project: Path, tocsin: Tocsin) -> None:
    arguments = ("--image", IMAGE, "--flink-image", FLINK, "--out", project / "out")
    ended = tocsin("manifests", "--env", "staging", *arguments, cwd=project)
    assert ended.code == 0, ended.stderr
    written = sorted(path.name for path in (project / "out").iterdir())
    assert written == ["flink.yaml", "tocsin-worker@.service", "worker.yaml"]
    assert {Path(line).name for line in ended.stdout.splitlines()} == set(written)
    assert "Secret tocsin-shop-staging with brokers" in ended.stderr
    before = {name: (project / "out" / name).read_bytes() for name in written}
    tocsin("manifests", "--env", "staging", *arguments, cwd=project)
    assert before == {name: (project / "out" / name).read_bytes() for name in written}


def test_the_command_prints(project: Path, tocsin: Tocsin) -> None:
    text = tocsin("manifests", "--env", "prod", "--image", IMAGE, cwd=project)
    kinds = [document["kind"] for document in yaml.safe_load_all(text.stdout)]
    assert kinds[:3] == ["ServiceAccount", "Service", "StatefulSet"]
    told = json.loads(
        tocsin("manifests", "--env", "prod", "--image", IMAGE, "--format", "json", cwd=project)[1]
    )
    assert told["name"] == "tocsin-shop-prod"
    assert [each["name"] for each in told["files"]] == ["worker.yaml", "tocsin-worker@.service"]
    assert {each["path"] for each in told["files"]} == {None}
    assert told["files"][0]["text"] == text.stdout
    assert len(told["needs"]) == 2


def test_mistakes_of_the_command(project: Path, tocsin: Tocsin) -> None:
    local = tocsin("manifests", "--env", "here", "--image", IMAGE, cwd=project)
    assert (local.code, "kind local" in local.stderr) == (2, True)
    unknown = tocsin("manifests", "--env", "nowhere", "--image", IMAGE, cwd=project)
    assert (unknown.code, "environments: here, prod, staging" in unknown.stderr) == (2, True)
    (project / "file").write_text("")
    arguments = ("--image", IMAGE, "--out", project / "file")
    assert tocsin("manifests", "--env", "prod", *arguments, cwd=project).code == 2
