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
from tocsin.errors import ConfigError, EngineError
from tocsin.secrets import Secret, guard, scrub
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_kafka import topics
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


LOCAL = """
[project]
name = "shop"
[environments.kafka]
kind = "local"
backend = "batch-sql"
"""


@pytest.fixture(params=["env", "file"])
def reference(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """That of a setting of a repository in the current folder; it leads to `VALUE`."""
    root = project(tmp_path, {"refund.yml": rule()})
    secret = write(root / "secrets/value", VALUE + "\n")
    monkeypatch.setenv("TOCSIN_SECRETS", str(secret.parent))
    made = f"file:{secret}" if request.param == "file" else "env:PROD_SECRET"
    write(root / "tocsin.toml", SETTINGS.format(reference=made))
    git(root, "init", "-q", "-b", "main")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PROD_SECRET", VALUE)
    for asks in (topics.existing, topics.partitions):  # nobody answers, however long one waits
        monkeypatch.setattr(asks, "__defaults__", (0.2,))
    return made


@pytest.fixture
def released(reference: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, where the environment has a release of a detection, and one of it in shadow."""
    settings = Path("tocsin.toml").read_text()
    write(Path("tocsin.toml"), LOCAL)
    for action, mode in (("a", "live"), ("b", "live"), ("c", "shadow")):
        changed = {"selection": {"action": action}, "condition": "selection"}
        block = {"deploy": {"kafka": mode}, "promote": {"after": "0s"}}
        write(Path("rules/refund.yml"), rule(name="refund", detection=changed, tocsin=block))
        assert "release " in said("apply --yes --env kafka", monkeypatch)
    write(Path("tocsin.toml"), settings)
    return reference


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
    monkeypatch.setattr("tocsin.app.stream_target.resolve", None)
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


FROM_A_RELEASE = [
    "rollback refund --yes --env kafka",
    "rollback --to 1 --dry-run --format json --env kafka",
    "promote refund --force --yes --to kafka",
    "promote refund --format json --yes --to kafka",
    "shadow refund --format json --env kafka",
    "status --env kafka",
]


def test_who_goes_on_from_a_release_shows_the_reference(
    released: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in FROM_A_RELEASE:
        shown = said(command, monkeypatch)
        assert VALUE not in shown, command
        assert f"no Kafka broker answers at {released}" in shown, command


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets, and files outside of it."""
    write(tmp_path / "secrets/value", VALUE)
    write(tmp_path / "outside", VALUE)
    write(tmp_path / "secrets-of-others/value", VALUE)
    (tmp_path / "secrets/link").symlink_to(tmp_path / "outside")
    (tmp_path / "secrets/..data").symlink_to(tmp_path / "secrets")
    (tmp_path / "secrets/mounted").symlink_to("..data/value")
    (tmp_path / "secrets/loop").symlink_to("loop")
    monkeypatch.setenv("TOCSIN_SECRETS", f"/nowhere:{tmp_path}/secrets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["secrets/value", "secrets/mounted"])
def test_a_file_of_secrets_lies_in_their_folders(name: str, folders: Path) -> None:
    assert resolve(f"file:{folders / name}", "`registry`").reveal() == VALUE


@pytest.mark.parametrize(
    "name",
    [
        *("{}/outside", "{}/secrets/../outside", "{}/secrets/link", "{}/secrets-of-others/value"),
        *("secrets/value", "", "/proc/self/environ", "/etc/hostname", "{}/secrets/loop"),
    ],
)
def test_no_other_file_is_one_of_secrets(name: str, folders: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        resolve(f"file:{name.format(folders)}", "`registry`")
    assert "none of the folders of secrets" in str(refused.value) or "loop" in name


def test_without_a_word_they_lie_in_run_secrets(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_SECRETS")
    with pytest.raises(ConfigError, match="folders of secrets, /run/secrets"):
        resolve(f"file:{folders}/secrets/value", "`registry`")


def test_a_reference_to_nothing(reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROD_SECRET")
    Path("secrets/value").unlink()
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
import tocsin.app.stream_target as command
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
        with pytest.raises(TypeError, match="must not be written in the file"):
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
