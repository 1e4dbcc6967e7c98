"""Every setting of every file does something: for each, what changes when it changes.

The settings are found by looking into the models, so that a new one without an entry here fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from authoring import write
from deploying import git
from tocsin.app.environment import open_environment
from tocsin.app.stream_target import stream_environment
from tocsin.cases.run import run_evaluator
from tocsin.check import run_checks
from tocsin.deploy.manifests.site import Choices, deployment
from tocsin.errors import ConfigError
from tocsin.front.block import Block, CaseFile
from tocsin.front.project import load_project, read_settings
from tocsin.front.sources import SourceBlock
from tocsin.model.project import Environment, Settings
from tocsin.plan.desired import wanted
from tocsin.state.lock import Lock
from tocsin.state.release import Revision
from unit.front.setting_changes import BASE, CHANGES, ENVIRONMENT, STREAM, WORDS_IN_MAPS, Files
from unit.plan.test_consent import SETTINGS as OF_A_POLICY


def fields_of(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """All settings below a model, by the names that people write."""
    for name, field in model.model_fields.items():
        written = f"{prefix}.{field.alias or name}"
        yield written
        for below in _models(field.annotation):
            if below is not Environment:
                yield from fields_of(below, written)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


SHOWN_BY_COMMANDS = (
    *("", ".trust", ".branch", ".environments"),
    *(".environments.mute_hours", ".environments.review_hours"),
)
"""Parts of a policy that test_policy.py, test_afterwards.py and test_mute.py change."""


def test_each_setting_of_each_file_has_an_entry() -> None:
    roots = {"source": SourceBlock, "block": Block, "cases": CaseFile, "project": Settings}
    found = {name for prefix, model in roots.items() for name in fields_of(model, prefix)}
    # What a case expects is one model, whether it stands in the block or in a file of its own.
    inside = {name for name in found if name.startswith("block.tests.expect.")}
    assert {name.replace("block.tests", "cases.cases") for name in inside} <= CHANGES.keys()
    policy = {name for name in found if name.startswith("project.policy")}
    assert found - inside - policy == CHANGES.keys() - WORDS_IN_MAPS
    below = {f"project.policy.environments.{name}" for name in OF_A_POLICY}
    assert policy == below | {f"project.policy{name}" for name in SHOWN_BY_COMMANDS}


def test_each_setting_of_each_kind_of_environment_has_an_entry_or_is_refused() -> None:
    values = {**STREAM, "settings": {"folder": "x"}}
    for kind, changed in ENVIRONMENT.items():
        for name in Environment.model_fields.keys() - changed.keys() - {"kind"}:
            given = {"kind": kind, "backend": "b", name: values.get(name, "x")}
            told = f"{name}: has no effect in an environment of kind {kind}"
            with pytest.raises(ValueError, match=told):
                Environment.model_validate(given)


def changed(path: tuple[Any, ...], value: Any) -> Files:
    files = deepcopy(BASE)
    below: Any = files
    for part in path[:-1]:
        below = below[part]
    if value is None:
        del below[path[-1]]
    else:
        below[path[-1]] = value
    return files


def seen(root: Path, files: Files) -> dict[str, Any]:
    """All that people and engines see of a project of these files."""
    for name, content in files.items():
        write(root / name, toml(content) if name.endswith(".toml") else yaml.safe_dump(content))
    project = load_project(root)
    desired = {
        name: wanted(project, name, Lock({}), None, Revision())
        for name in project.settings.environments
    }
    entries = {name: [asdict(entry) for entry in each.entries] for name, each in desired.items()}
    return {
        "findings": [each.message for each in (*project.diagnostics, *run_checks(project))],
        "verdicts": [repr(verdict) for verdict in run_evaluator(project.queries)],
        "promotion": [query.detection.promotion for query in project.queries],
        "sources": [each.sources for each in desired.values()],
        "artifacts": [
            (each.bodies, [entry["logic"] for entry in entries[name]])
            for name, each in desired.items()
        ],
        "words": entries,
        "refused": [each.refused for each in desired.values()],
        "project": [each.project for each in desired.values()],
        "places": places(root),
        "manifests": manifests(root),
    }


def is_signed(root: Path, files: Files, environment: str) -> bool:
    """Whether the releases of an environment are signed."""
    seen(root, files)
    git(root, "init", "-q")
    return open_environment(environment, root, resolve=False).signer is not None


def engines_tested_on(root: Path, files: Files, environment: str) -> tuple[str, ...]:
    """On which engines the cases of what is deployed run, as in tests/unit/cli/test_proofs.py."""
    seen(root, files)
    return read_settings(root).environment(environment).test_on


def manifests(root: Path) -> dict[str, Any]:
    """What the manifests of each environment are made of, or why there are none."""
    settings = read_settings(root)
    choices = Choices("registry/image:1", "registry/flink:1")
    return {
        name: manifests_of(settings.project.name, name, each, choices)
        for name, each in settings.environments.items()
    }


def manifests_of(*given: Any) -> Any:
    try:
        return asdict(deployment(*given))
    except ConfigError as error:
        return str(error)


def places(root: Path) -> dict[str, Any]:
    """Where the detections of each environment run."""
    settings = read_settings(root)
    return {
        name: place_of(settings.project.name, name, each)
        for name, each in settings.environments.items()
    }


def place_of(project: str, name: str, environment: Environment) -> Any:
    if environment.kind == "local":
        return environment.path
    return stream_environment(project, name, environment) if environment.bootstrap else None


def toml(tables: Mapping[str, Any], prefix: str = "") -> str:
    plain = {key: value for key, value in tables.items() if not isinstance(value, dict)}
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in plain.items()]
    text = f"[{prefix[:-1]}]\n{''.join(lines)}" if lines else ""
    below = {key: value for key, value in tables.items() if isinstance(value, dict)}
    return text + "".join(toml(value, f"{prefix}{key}.") for key, value in below.items())


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_that_changes_changes_something(name: str, tmp_path: Path) -> None:
    path, value, what = CHANGES[name]
    before = seen(tmp_path / "before", BASE)[what]
    assert seen(tmp_path / "after", changed(path, value))[what] != before


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in ENVIRONMENT for n in ENVIRONMENT[k]])
def test_a_setting_of_an_environment_changes_something(
    kind: str, name: str, tmp_path: Path
) -> None:
    made = changed(("tocsin.toml", "environments", kind, name), ENVIRONMENT[kind][name])
    if name == "test_on":
        assert engines_tested_on(tmp_path / "after", made, kind) == ("duckdb",)
        assert engines_tested_on(tmp_path / "before", BASE, kind) == ()
        return
    if name == "signing_key":
        assert is_signed(tmp_path / "after", made, kind)
        assert not is_signed(tmp_path / "before", BASE, kind)
        return
    what = "artifacts" if name in ("backend", "backends", "correlations") else "places"
    what = "manifests" if name == "kind" else what
    assert seen(tmp_path / "after", made)[what] != seen(tmp_path / "before", BASE)[what]
