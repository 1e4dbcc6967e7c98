"""Names in snake case work like those in kebab case, and the two are never taken for each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploying import git
from small_project import write_project
from tocsin.backend import registry
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError

RULE = """\
title: Role Granted
id: 00000000-0000-4000-8000-00000000000{number}
logsource: {{product: app, service: audit}}
detection:
  selection: {{action: role.grant}}
  condition: selection
"""
ENVIRONMENTS = """\
[project]
name = "pay_roll"
[environments.pay_roll]
kind = "local"
path = ".tocsin/pay_roll"
backend = "batch-sql"
[environments.pay-roll]
kind = "local"
path = ".tocsin/pay-roll"
backend = "kafka-filter"
[environments.on_kafka]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "b:9092"
"""
NAMES = ("role-granted", "role_granted")


def tocsin(*words: str | Path) -> Result:
    return CliRunner().invoke(main_group, [str(word) for word in words])


def both(root: Path) -> Path:
    rules = {
        f"rules/app/{name}.yml": RULE.format(number=number) for number, name in enumerate(NAMES)
    }
    return write_project(root, {"tocsin.toml": ENVIRONMENTS, **rules})


@pytest.mark.parametrize("target", registry.names())
def test_every_backend_compiles_both(target: str, tmp_path: Path) -> None:
    rules, out = both(tmp_path) / "rules", tmp_path / "out"
    result = tocsin("compile", rules, "--target", target, "--out", out, "--format", "json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)[target]["artifacts"]
    assert {Path(each["path"]).stem for each in made} == set(NAMES)


def test_environments_are_apart(tmp_path: Path) -> None:
    root = both(tmp_path)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "two")
    for env in ("pay_roll", "pay-roll"):
        applied = tocsin("apply", "--env", env, "--project", root, "--yes", "--format", "json")
        assert applied.exit_code == 0, applied.output
        assert json.loads(applied.stdout)["release"]["number"] == 1
        deployed = (root / ".tocsin" / env / "artifacts").rglob("*.*")
        assert {file.name.partition(".")[0] for file in deployed} >= set(NAMES)


def test_kubernetes_is_given_another_name(tmp_path: Path) -> None:
    """Putting a hyphen for the underscore would take two environments for one."""
    words = ("manifests", "--env", "on_kafka", "--project", both(tmp_path), "--image", "i:1")
    refused = tocsin(*words).exception
    assert isinstance(refused, ConfigError)
    assert "give another with --name" in refused.hint
    named = tocsin(*words, "--name", "pay-roll-kafka")
    assert named.exit_code == 0, named.output
    assert "on_kafka" in named.stdout
