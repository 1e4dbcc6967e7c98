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

Files = dict[str, Any]

BASE: Files = {
    "tocsin.toml": {
        "project": {"name": "shop"},
        "environments": {
            "local": {"kind": "local", "backend": "batch-sql", "backends": {"other": "spark-sql"}},
            "kafka": {"kind": "kafka", "backend": "kafka-filter", "bootstrap": "k:1"},
            "flink": {
                "kind": "flink",
                "backend": "flink-sql",
                "bootstrap": "k:1",
                "storage": "/s0",
            },
        },
    },
    "sources/app.yml": {
        "source": "app",
        "title": "App",
        "logsources": [{"product": "app", "category": "c", "service": "audit"}],
        "time": {"field": "time"},
        "fields": {
            "time": "string",
            "action": {"type": "string"},
            "n": "integer",
            "all": "array<string>",
        },
    },
    "rules/app/a.yml": {
        "title": "A",
        "name": "a",
        "id": "7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a03",
        "logsource": {"product": "app", "category": "c", "service": "audit"},
        "detection": {"s": {"action": "x"}, "condition": "s"},
        "level": "high",
        "tocsin": {},
    },
    "rules/app/c.yml": {
        "title": "C",
        "name": "c",
        "correlation": {
            "type": "event_count",
            "rules": ["a"],
            "timespan": "5m",
            "condition": {"gte": 2},
            "generate": True,
        },
        "tocsin": {},
    },
    "rules/app/c.test.yml": {
        "base": {"action": "x"},
        "cases": [
            {
                "name": "two",
                "events": [
                    {"at": "0s", "n": 1},
                    {"at": "0s", "arrives": "0s", "n": 2},
                    {"at": "9m", "event": {"n": 3}},
                ],
                "expect": {"alerts": 1},
            },
        ],
    },
    "rules/app/words.yml": {
        "title": "B",
        "id": "0a5c3c2e-9a53-4e0b-8a58-5c9d0f1e2b44",
        "logsource": {"product": "app", "category": "c", "service": "audit"},
        "detection": {"s": ["y"], "condition": "s"},
    },
    "rules/app/a.test.yml": {
        "base": {"action": "x"},
        "cases": [
            {"name": "fires", "events": [{"at": "0s", "n": 1}], "expect": {"alerts": 1}},
        ],
    },
}

CASE = ("rules/app/a.test.yml", "cases", 0)
EXPECT = (*CASE, "expect")
BLOCK = ("rules/app/a.yml", "tocsin")
SOURCE = ("sources/app.yml",)
CORRELATED = ("rules/app/c.test.yml", "cases", 0, "events")
NEW_CASE = {"name": "n", "events": [{"at": "0s", "action": "x"}], "expect": {"alerts": 1}}

CHANGES: Mapping[str, tuple[tuple[Any, ...], Any, str]] = {
    # the file of a source
    "source.source": ((*SOURCE, "source"), "web", "artifacts"),
    "source.title": ((*SOURCE, "title"), "Web", "sources"),
    "source.description": ((*SOURCE, "description"), "words", "sources"),
    "source.logsources": ((*SOURCE, "logsources"), [{"product": "z"}], "findings"),
    "source.logsources.product": ((*SOURCE, "logsources", 0, "product"), "z", "findings"),
    "source.logsources.category": ((*SOURCE, "logsources", 0, "category"), "z", "findings"),
    "source.logsources.service": ((*SOURCE, "logsources", 0, "service"), "z", "findings"),
    "source.logsources.where": ((*SOURCE, "logsources", 0, "where"), {"n": 2}, "verdicts"),
    "source.where": ((*SOURCE, "where"), {"n": 2}, "verdicts"),
    "source.topic": ((*SOURCE, "topic"), "t", "artifacts"),
    "source.table": ((*SOURCE, "table"), "t", "artifacts"),
    "source.time": ((*SOURCE, "time"), {"field": "action"}, "artifacts"),
    "source.time.field": ((*SOURCE, "time", "field"), "action", "artifacts"),
    "source.time.unit": ((*SOURCE, "time"), {"field": "n", "unit": "s"}, "artifacts"),
    "source.time.lateness": ((*SOURCE, "time", "lateness"), "1m", "sources"),
    "source.id": ((*SOURCE, "id"), ["n", "action"], "artifacts"),
    "source.values": ((*SOURCE, "values"), "all", "refused"),
    "source.fields": ((*SOURCE, "fields", "more"), "string", "sources"),
    "source.fields.type": ((*SOURCE, "fields", "action", "type"), "array<string>", "artifacts"),
    "source.fields.from": ((*SOURCE, "fields", "action", "from"), "deep.action", "artifacts"),
    # the block of a rule
    "block.owner": ((*BLOCK, "owner"), "o", "words"),
    "block.controls": ((*BLOCK, "controls"), ["PCI 10"], "words"),
    "block.source": ((*BLOCK, "source"), "nothing", "findings"),
    "block.deploy": ((*BLOCK, "deploy"), {"local": "shadow"}, "words"),
    "block.deploy.on_change": (
        ("rules/app/c.yml", "tocsin", "deploy"),
        {"on_change": "replay"},
        "words",
    ),
    "block.promote": ((*BLOCK, "promote"), {"after": "1d"}, "promotion"),
    "block.promote.after": ((*BLOCK, "promote"), {"after": "2d"}, "promotion"),
    "block.promote.max_alerts_per_day": (
        (*BLOCK, "promote"),
        {"after": "1d", "max_alerts_per_day": 3},
        "promotion",
    ),
    "block.alert": ((*BLOCK, "alert"), {"playbook": "p"}, "words"),
    "block.alert.dedup": ((*BLOCK, "alert"), {"dedup": {"by": ["n"], "for": "1h"}}, "words"),
    "block.alert.dedup.by": ((*BLOCK, "alert"), {"dedup": {"by": ["z"], "for": "1h"}}, "findings"),
    "block.alert.dedup.for": ((*BLOCK, "alert"), {"dedup": {"by": ["n"], "for": "2h"}}, "words"),
    "block.alert.playbook": ((*BLOCK, "alert"), {"playbook": "q"}, "words"),
    "block.tests": ((*BLOCK, "tests"), [NEW_CASE], "verdicts"),
    "block.tests.name": ((*BLOCK, "tests"), [{**NEW_CASE, "name": "m"}], "verdicts"),
    "block.tests.events": ((*BLOCK, "tests"), [{**NEW_CASE, "events": [{"n": 1}]}], "verdicts"),
    "block.tests.expect": ((*BLOCK, "tests"), [{**NEW_CASE, "expect": {"alerts": 0}}], "verdicts"),
    # a file of cases
    "cases.base": (("rules/app/a.test.yml", "base"), {"action": "z"}, "verdicts"),
    "cases.cases": (("rules/app/a.test.yml", "cases"), [NEW_CASE], "verdicts"),
    "cases.cases.name": ((*CASE, "name"), "other", "verdicts"),
    "cases.cases.events": ((*CASE, "events"), [{"action": "z"}], "verdicts"),
    "cases.cases.events.at": ((*CORRELATED, 1, "at"), "-9m", "verdicts"),
    "cases.cases.events.arrives": ((*CORRELATED, 1, "arrives"), "20m", "verdicts"),
    "cases.cases.events.event": ((*CORRELATED, 2, "event"), {"action": "z"}, "verdicts"),
    "cases.cases.expect": (EXPECT, {"alerts": 0}, "verdicts"),
    "cases.cases.expect.alerts": ((*EXPECT, "alerts"), 2, "verdicts"),
    "cases.cases.expect.events": ((*EXPECT, "events"), [5], "verdicts"),
    "cases.cases.expect.first": ((*EXPECT, "first"), {"n": 7}, "verdicts"),
    "cases.cases.expect.last": ((*EXPECT, "last"), {"n": 7}, "verdicts"),
    # the project
    "project.project": (("tocsin.toml", "project"), {"name": "other"}, "project"),
    "project.project.name": (("tocsin.toml", "project", "name"), "another", "project"),
    "project.environments": (("tocsin.toml", "environments", "flink"), None, "places"),
}
"""By setting: where it stands, its new value, and what is then another."""

WORDS_IN_MAPS = {"block.deploy.on_change"} | {
    f"cases.cases.events.{word}" for word in ("at", "arrives", "event")
}
"""Settings that are words in a map of names, not fields of a model."""

STREAM: Mapping[str, Any] = {
    "correlations": "spark-sql",
    "backend": "batch-sql",
    "backends": {"app": "spark-sql"},
    "bootstrap": "k:2",
    "gateway": "http://g",
    "rest": "http://r",
    "registry": "http://s",
    "storage": "/s",
    "start": "earliest",
    "parallelism": 2,
    "partitions": 3,
    "canary": 0.5,
    "canary_seconds": 1,
    "healthy_seconds": 1,
}
"""Settings of environments that reach workers and jobs, with another value."""
ENVIRONMENT: Mapping[str, Mapping[str, Any]] = {
    "local": {
        "kind": "kafka",
        "correlations": "spark-sql",
        "backend": "spark-sql",
        "backends": {"app": "spark-sql"},
        "path": "elsewhere",
    },
    "kafka": STREAM,
    "flink": STREAM,
}


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


def test_each_setting_of_each_file_has_an_entry() -> None:
    roots = {"source": SourceBlock, "block": Block, "cases": CaseFile, "project": Settings}
    found = {name for prefix, model in roots.items() for name in fields_of(model, prefix)}
    # What a case expects is one model, whether it stands in the block or in a file of its own.
    inside = {name for name in found if name.startswith("block.tests.expect.")}
    assert {name.replace("block.tests", "cases.cases") for name in inside} <= CHANGES.keys()
    assert found - inside == CHANGES.keys() - WORDS_IN_MAPS


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
    what = "artifacts" if name in ("backend", "backends", "correlations") else "places"
    what = "manifests" if name == "kind" else what
    assert seen(tmp_path / "after", made)[what] != seen(tmp_path / "before", BASE)[what]
