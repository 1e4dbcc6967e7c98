"""What settings refer to is used and never shown: not in errors, reports, JSON or crash reports."""

from __future__ import annotations

import copy
import io
import os
import pickle
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from authoring import project, rule, write
from deploying import git
from tocsin.cli.main import main
from tocsin.deploy.registry import register
from tocsin.errors import EngineError
from tocsin.secrets import Secret, guard, scrub
from tocsin_flink_sql.gateway import Gateway
from tocsin_runtime.worker.references import resolve

VALUE = "hunter2-of-prod.invalid"
SETTINGS = """
[project]
name = "shop"
[environments.kafka]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "{reference}"
[environments.flink]
kind = "flink"
backend = "flink-sql"
bootstrap = "{reference}"
gateway = "{reference}"
rest = "{reference}"
storage = "{reference}"
registry = "{reference}"
"""


@pytest.fixture(params=["env:PROD_SECRET", "file:secret"])
def reference(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """That of a setting of a repository in the current folder; it leads to `VALUE`."""
    root = project(tmp_path, {"refund.yml": rule()})
    write(root / "tocsin.toml", SETTINGS.format(reference=request.param))
    write(root / "secret", VALUE + "\n")
    git(root, "init", "-q", "-b", "main")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PROD_SECRET", VALUE)
    return str(request.param)


def said(words: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """All that the whole program writes on both streams."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    monkeypatch.setattr(sys, "argv", ["tocsin", *words.split()])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit):
            main()
    finally:
        signal.signal(signal.SIGTERM, before)
    for stream in streams:
        stream.flush()
    return "".join(stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined] # a BytesIO


RECORDS = ["history --env kafka", "verify --env flink", "coverage --env kafka"]
READING = [
    "validate",
    "test",
    "compile",
    "lock",
    "plan --env kafka",
    "plan --env flink --format json",
]


@pytest.mark.parametrize("command", [*READING, "manifests --env kafka", *RECORDS])
def test_what_a_pull_request_runs_looks_nothing_up(
    reference: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.cli.stream_site.resolve", None)
    monkeypatch.setattr("tocsin_runtime.worker.references.resolve", None)
    shown = said(command, monkeypatch)
    assert VALUE not in shown
    assert "a bug in Tocsin" not in shown
    if command.startswith("plan"):
        assert f"`bootstrap` is {reference}, which a plan looks up with --resolve only" in shown


@pytest.mark.parametrize(
    "command", ["plan --resolve", "apply --yes", "status --format json", "worker"]
)
def test_who_looks_it_up_shows_the_reference(
    reference: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = said(f"{command} --env kafka", monkeypatch)
    assert VALUE not in shown
    assert f"no Kafka broker answers at {reference}" in shown


def test_a_reference_to_nothing(reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROD_SECRET")
    Path("secret").unlink()
    assert reference.partition(":")[2] in said("apply --yes --env kafka", monkeypatch)


@pytest.mark.parametrize(
    "value",
    [f"http://{VALUE}:1/api", f"http://user:{VALUE}@127.0.0.1:1", f"https://{VALUE}:99999", VALUE],
)
def test_clients_do_not_tell(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROD_URL", value)
    url = resolve("env:PROD_URL", "`registry`").reveal()
    with pytest.raises((EngineError, httpx.HTTPError, httpx.InvalidURL)) as refused:
        register(url, ["tocsin.alerts"])
    assert VALUE not in scrub(str(refused.value))
    with pytest.raises(EngineError) as refused, Gateway(url):
        pass
    assert VALUE not in str(refused.value)


CRASH = """
import tocsin.cli.stream_site as command
from tocsin.cli.main import main

def crash(project, place, *_):
    raise RuntimeError(f"cannot reach {place.kafka}")

command.ControlWriter = crash
command.StreamTarget = lambda place, *_: crash("", place)
main()
"""


def test_a_crash_report_holds_no_secret(reference: str, tmp_path: Path) -> None:
    script = CRASH.replace("ControlWriter = crash", "ControlWriter = lambda *_: None")
    state = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "-c", script, "apply", "--yes", "--env", "kafka"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TOCSIN_STATE": str(state)},
    )
    assert done.returncode == 3, done.stderr
    [report] = state.rglob("*.txt")
    assert VALUE not in report.read_text()
    assert f"RuntimeError: cannot reach {reference}" in report.read_text()
    assert re.search(r"crashes/\S{12,}\.txt", done.stderr)


def test_the_type_shows_its_reference() -> None:
    secret = Secret(VALUE, "env:A")
    assert [str(secret), f"{secret}", f"{secret!r}", repr([secret])] == [
        "env:A",
        "env:A",
        "Secret('env:A')",
        "[Secret('env:A')]",
    ]
    for written in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not written down"):
            written(secret)


@pytest.mark.parametrize(
    "text",
    [
        *(f"at {VALUE}-1", f"{VALUE}-1:9092/bootstrap: no", f'{{"a": "x\\"{VALUE}-1"}}'),
        *(f"only b-{VALUE}:2 here", repr(f'x"{VALUE}-1')),
    ],
)
def test_forms_of_a_value(text: str) -> None:
    Secret(f'{VALUE}-1, b-{VALUE}:2,x"{VALUE}-1', "env:LIST").reveal()
    assert VALUE not in scrub(text)


def test_a_stream_is_scrubbed() -> None:
    Secret(VALUE, "env:A").reveal()
    stream = io.StringIO()
    guard(stream)
    print(f"at {VALUE}", file=stream)
    assert stream.getvalue() == "at env:A\n"
