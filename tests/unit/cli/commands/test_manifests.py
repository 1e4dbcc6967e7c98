"""`tocsin manifests`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from conftest import Tocsin
from tocsin.cli.main import main_group
from unit.deploy.manifests.made import FLINK, IMAGE

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


SIGNED = SETTINGS.replace(
    'backend = "kafka-filter"', 'backend = "kafka-filter"\nsigning_key = "env:K"'
)
POLICY = '[policy]\ntrust = "keys/trust.toml"\n'


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


@pytest.mark.parametrize(
    ("settings", "option", "path", "said"),
    [
        (SETTINGS, "", "", ""),
        (SETTINGS + POLICY, "", "", ""),
        (SIGNED, "", "", "--trust-at PATH: releases are signed, but these workers run any record"),
        (SIGNED + POLICY, "", "/srv/detections/keys/trust.toml", "the trust file at /srv/"),
        (SIGNED + POLICY, "--trust-at=/etc/t.toml", "/etc/t.toml", "the trust file at /etc/"),
    ],
)
def test_workers_are_given_the_trust_file(
    tmp_path: Path, settings: str, option: str, path: str, said: str
) -> None:
    (tmp_path / "tocsin.toml").write_text(settings)
    words = ["manifests", "--env", "prod", "--image", IMAGE, "--format", "json", option]
    words += ["--project", str(tmp_path)]
    told = json.loads(CliRunner().invoke(main_group, [*filter(None, words)]).stdout)
    [worker, unit] = [each["text"] for each in told["files"]]
    [*_, pods] = [each for each in yaml.safe_load_all(worker) if each["kind"] == "StatefulSet"]
    [container] = pods["spec"]["template"]["spec"]["containers"]
    found = [each["value"] for each in container["env"] if each["name"] == "TOCSIN_TRUST"]
    assert found == ([path] if path else [])
    assert (f"Environment=TOCSIN_TRUST={path}\n" in unit) == bool(path)
    assert any(said in each for each in told["needs"])


@pytest.mark.parametrize("path", ["relative", "/a b", "/a/../b", "/a\nb"])
def test_a_trust_file_that_is_no_path(project: Path, tocsin: Tocsin, path: str) -> None:
    ended = tocsin("manifests", "--env", "prod", "--image", IMAGE, "--trust-at", path, cwd=project)
    assert ended.code == 2
    assert "--trust-at" in ended.stderr
