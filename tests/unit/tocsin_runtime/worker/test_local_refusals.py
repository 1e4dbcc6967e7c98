"""What the worker over files refuses, with words: damaged deployments, wrong calls."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tocsin.errors import ConfigError
from unit.tocsin_runtime.worker.on_files import call, deployed, events_file
from worker_world import (
    AUDIT_EVENTS,
    World,
    lines,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return deployed(tmp_path / "shop")


def _damage(world: World, what: str) -> None:
    folder = world.folder("here")
    artifact = next(folder.rglob("role.json"))
    table = folder / "live.json"
    live = json.loads(table.read_text())
    if what == "bytes":
        artifact.write_bytes(artifact.read_bytes().replace(b"role", b"rule"))
    elif what == "gone":
        artifact.unlink()
    elif what == "table":
        table.write_text("{")
    elif what == "form":
        table.write_text(json.dumps({**live, "form": 9}))
    elif what == "elsewhere":
        live["detections"][0]["path"] = "../../../tocsin.toml"
        table.write_text(json.dumps(live))
    elif what == "other":
        table.write_text(json.dumps({**live, "environment": "prod"}))
    elif what == "never":
        table.unlink()
    elif what == "sink":
        (folder / "alerts.jsonl").write_text("no alert\n")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("bytes", "not what was released"),
        ("gone", "no such file"),
        ("table", "cannot be read"),
        ("form", "form 9 is not known"),
        ("elsewhere", "outside the folder"),
        ("other", "belongs to environment prod, not to here"),
        ("never", "nothing is deployed"),
        ("sink", "alerts.jsonl:1 was not written by Tocsin"),
    ],
)
def test_a_damaged_deployment_is_refused(
    world: World, tmp_path: Path, what: str, message: str
) -> None:
    _damage(world, what)
    path = events_file(tmp_path, *AUDIT_EVENTS)
    with pytest.raises(ConfigError, match=re.escape(message)):
        call(world, "--env", "here", "--events", path)


def test_wrong_calls_are_explained(world: World, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(lines(*AUDIT_EVENTS))[:-9])
    calls: dict[str, tuple[str | Path, ...]] = {
        "no events": ("--env", "here"),
        "no such file": ("--env", "here", "--events", tmp_path / "none.jsonl"),
        "gzip file is cut short": ("--env", "here", "--events", cut),
        "no source": ("--env", "here", "--events", cut, "--source", "odd"),
        "no environment": ("--env", "odd"),
        "no value for `bootstrap`": ("--env", "cluster"),
        "kind kafka and flink": ("--env", "here", "--listen", "127.0.0.1:0"),
        "SHOP_KAFKA is not set": ("--env", "broker"),
        "for environments of kind local": ("--env", "broker", "--source", "audit"),
    }
    for message, args in calls.items():
        with pytest.raises(ConfigError, match=message):
            call(world, *args)
