"""`tocsin serve` as a process of its own: from a worker's file to an answer of the API."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from conftest import Tocsin
from patience import SECONDS, until
from raised_alerts import raised
from receiving import KEY, receiving
from small_project import write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "p", {})
    (root / ".tocsin" / "local").mkdir(parents=True)
    return root


@contextmanager
def started(project: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tocsin", "serve", "--env", "local", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        [*command, *options], cwd=project, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.fixture
def serving(project: Path) -> Iterator[subprocess.Popen[str]]:
    with started(project) as process:
        yield process


def address(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    line = process.stderr.readline()
    found = re.fullmatch(r"serving (http://\S+/api/v1)\n", line)
    assert found, line
    return found[1]


def test_from_a_file_to_an_answer(
    project: Path, serving: subprocess.Popen[str], tocsin: Tocsin
) -> None:
    api = address(serving)
    told = tocsin("token", "create", "ada", "--format", "json", cwd=project)
    headers = {"Authorization": f"Bearer {json.loads(told.stdout)['token']}"}
    assert httpx.get(f"{api}/findings").status_code == 401
    bodies = [raised("a", 0), raised("b", 1000)]
    file = project / ".tocsin" / "local" / "alerts.jsonl"
    file.write_bytes(b"".join(body + b"\n" for body in bodies))

    def items() -> list[dict[str, object]]:
        return list(httpx.get(f"{api}/findings", headers=headers).json()["items"])

    until(lambda: bool(items()))
    [finding] = items()
    assert (finding["count"], finding["by"]) == (2, {"user": "ada"})
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(SECONDS) == 0


def test_a_program_is_told_the_address_in_json(project: Path) -> None:
    command = ["serve", "--env", "local", "--listen", "127.0.0.1:0", "--format", "json"]
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", *command], cwd=project, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        told = "".join(next(process.stdout) for _ in range(3))
        process.kill()
    assert httpx.URL(json.loads(told)["api"]).path == "/api/v1"


def test_from_a_file_to_a_webhook(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", KEY)
    alerts = project / ".tocsin" / "local" / "alerts.jsonl"
    with receiving() as receiver:
        (project / "server.toml").write_text(
            f"""
            url = "https://tocsin.example"
            egress = ["127.0.0.1:{receiver.port}"]
            [sinks.hook]
            kind = "webhook"
            url = "{receiver.url}"
            secret = "env:HOOK_SECRET"
            """
        )
        alerts.write_bytes(raised("a", 0) + b"\n")
        with started(project, "--settings", "server.toml") as process:
            address(process)
            until(lambda: bool(receiver.got))
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
    [(headers, body)] = receiver.got
    told: Any = Webhook(KEY).verify(body, headers)
    assert told["data"]["by"] == {"user": "ada"}


def test_a_port_that_is_taken(
    project: Path, serving: subprocess.Popen[str], tocsin: Tocsin
) -> None:
    port = address(serving).split(":")[2].split("/")[0]
    told = tocsin("serve", "--env", "local", "--listen", f"127.0.0.1:{port}", cwd=project)
    assert told.code == 2
    assert "cannot listen at" in told.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--listen", "8765"), "give --listen HOST:PORT"),
        (("--listen", "127.0.0.1:99999"), "give --listen HOST:PORT"),
        (("--database", "mysql://x"), "neither sqlite:///FILE nor postgresql://"),
        (("--database", "env:NO_SUCH"), "environment variable NO_SUCH is not set"),
        (("--database", "postgresql://x@127.0.0.1:1/x"), "the database: "),
        (("--database", "sqlite:////nowhere/a.db"), "unable to open database file"),
    ],
)
def test_wrong_options(project: Path, tocsin: Tocsin, options: tuple[str, str], said: str) -> None:
    told = tocsin("serve", "--env", "local", *options, cwd=project)
    assert said in told.stderr
    assert told.code in {1, 2}
    assert "Traceback" not in told.stderr


def test_a_database_of_a_newer_version(project: Path, tocsin: Tocsin) -> None:
    tocsin("token", "list", cwd=project)
    with sqlite3.connect(project / ".tocsin" / "server.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    told = tocsin("serve", "--env", "local", cwd=project)
    assert "a newer version made it" in told.stderr
    assert told.code == 2
