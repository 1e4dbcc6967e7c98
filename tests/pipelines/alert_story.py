"""From events to what the next plan says: alerts, findings, a disposition, noise, a replay.

    PYTHONPATH=tests .venv/bin/python -m pipelines.alert_story docs/alerts-run.md

starts Kafka, Flink and PostgreSQL and writes the page. The suite runs the same without any of them,
and with TOCSIN_WHOLE=1 with all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

import postgresql
from console_visits import Visit
from deploying import git
from engines.kafka_io import produce
from patience import until
from pipelines.server import PERSON, RULE
from prepared import said
from small_project import write_project
from tocsin.app.templates import project_files
from tocsin.canonical import digest_bytes
from tocsin_client import Client, FindingView
from tocsin_client.connection import PREFIX
from tocsin_engines import EngineAddresses, running

LOCAL = '[environments.prod]\nkind = "local"\nbackend = "kafka-filter"\n'
STREAM = """[environments.prod]
kind = "flink"
backend = "flink-sql"
bootstrap = "{kafka}"
gateway = "{flink_gateway}"
rest = "{flink_rest}"
storage = "{storage}"
start = "earliest"
partitions = 1
healthy_seconds = 600
"""
NUMBER = 4
SIGNED_IN, MISTAKES = 303, 400


@dataclass
class Way:
    """A project, where its alerts are kept, and what is done to it, as lines of a page."""

    root: Path
    database: str
    send: Callable[[list[str]], None]
    lines: list[str] = field(default_factory=list)

    def run(self, *words: str) -> str:
        """A command, and what it says; it must succeed."""
        given = [*words, *([] if words[0] == "token" else ["--env", "prod"])]
        code, out, err = said(given, self.root, self.variables)
        assert code == 0, out + err
        self.lines.append(f"$ tocsin {' '.join(given)}")
        return out

    def told(self, text: str) -> None:
        """Lines of an answer."""
        self.lines += [f"  {line}" for line in text.strip().splitlines()]

    @property
    def variables(self) -> dict[str, str]:
        """The environment of every process."""
        return {**os.environ, "TOCSIN_DATABASE": self.database}

    @contextmanager
    def process(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on until the end of the block."""
        command = [sys.executable, "-m", "tocsin", *words, "--env", "prod"]
        self.lines.append(f"$ tocsin {' '.join(words)} --env prod &")
        with subprocess.Popen(
            command, cwd=self.root, env=self.variables, stdout=subprocess.PIPE, text=True
        ) as child:
            try:
                yield child
            finally:
                child.terminate()

    @contextmanager
    def served(self) -> Iterator[tuple[Client, Visit]]:
        """The server of the alerts, asked by an analyst's program, and in her browser."""
        token = json.loads(
            self.run("token", "create", "ada", "--role", "analyst", "--format", "json")
        )["token"]
        listening = ("serve", "--listen", "127.0.0.1:0", "--format", "json")
        with self.process(*listening) as child:
            assert child.stdout
            said_ = "".join(iter(child.stdout.readline, "}\n"))
            api = json.loads(said_ + "}")["api"]
            origin = api.removesuffix(PREFIX)
            headers = {"Origin": origin}
            with (
                Client(api, token) as client,
                httpx.Client(base_url=origin, headers=headers) as web,
            ):
                visit = Visit(web)
                assert visit.sign_in(token).status_code == SIGNED_IN
                yield client, visit


def project(root: Path, settings: str) -> Path:
    """The starting project with its one detection, in a repository."""
    texts = project_files(name="test", id=_ID, date="2026-01-01")
    write_project(root, {path: text for path, text in texts.items() if path.startswith("rules/")})
    (root / "tocsin.toml").write_text(f'[project]\nname = "shop"\n{settings}')
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, *PERSON, "commit", "-q", "-m", "first")
    return root


_ID = "5c0e6d0a-6f2e-4a53-9b43-0c6f1a4a8f77"


def story(way: Way, worker: Callable[[Way], Any]) -> list[str]:
    """All of it; the lines of the page."""
    way.told(way.run("apply", "--yes"))
    with way.served() as (client, console), worker(way):
        way.send([grant(n) for n in range(NUMBER)])
        until(lambda: len(open_findings(client)) == NUMBER, "the findings")
        findings = open_findings(client)
        way.lines.append(f"# ada reads {NUMBER} findings in the console: the newest is real")
        first, *others = findings
        assert first.title in console.page(f"/findings/{first.id}")
        judged = {"disposition": "true_positive", "comment": "she did", "close": "1"}
        judged |= {"revision": str(first.revision)}
        assert console.send(f"/findings/{first.id}/disposition", **judged).status_code < MISTAKES
        way.lines.append("# the others are false, as her program says")
        for finding in others:
            client.change(finding, disposition="false_positive", state="closed", comment="planned")
        assert "75 %" in console.page("/detections?days=7")
        alert = next(client.alerts(finding=findings[0].id))
        recorded = digest_bytes(client.body(alert.id))
    way.told(way.run("noise"))
    rule = way.root / RULE
    rule.write_text(
        rule.read_text().replace("action: role.grant", "action: [role.grant, role.give]")
    )
    way.lines.append("# mira changes the rule")
    plan = way.run("plan")
    way.told(plan)
    assert "0.3 alerts a day over 14 days, 75% false positives" in plan, plan
    again = way.run("replay", alert.id)
    way.told(again)
    assert f"payload: same {recorded[:12]}" in again
    return way.lines


def open_findings(client: Client) -> list[FindingView]:
    return list(client.findings(state=["open"]))


def grant(number: int) -> str:
    """An event that the detection finds."""
    now = datetime.now(UTC)
    event = {"event_id": f"grant-{number}", "time": f"{now:%Y-%m-%dT%H:%M:%S.000Z}"}
    event |= {"action": "role.grant", "outcome": "success", "actor.id": f"mallory-{number}"}
    event |= {"target.role": "org:admin", "target.id": f"account-{number}"}
    return json.dumps(event)


def embedded(folder: Path) -> list[str]:
    """Without any server but ours: events from a file, alerts in SQLite."""
    root = project(folder / "shop", LOCAL)
    events = root / "events.jsonl"

    def send(lines: list[str]) -> None:
        events.write_text("\n".join(lines) + "\n")
        way.run("worker", "--events", "events.jsonl")

    way = Way(root, "", send)
    return story(way, lambda _: nullcontext())


def on_servers(folder: Path, engines: EngineAddresses, database: str) -> list[str]:
    """Events from Kafka, matched by Flink, alerts by a worker into PostgreSQL."""
    (folder / "storage").mkdir()
    settings = STREAM.format(**engines.addresses, storage=folder / "storage")
    root = project(folder / "shop", settings)
    kafka = engines.addresses["kafka"]
    way = Way(root, database, lambda lines: produce(kafka, "app.audit", lines))
    return story(way, lambda way: way.process("worker"))


PAGE = """\
# A run from events to the next plan

Events in Kafka, matched by a job on Flink, alerts made by a worker, kept by `tocsin serve` in
PostgreSQL; an analyst says in the console and by the API what the findings are; the next plan tells
it to who changes the detection; and an alert is raised again from the bytes in the ledger. Recorded
on {day} with `PYTHONPATH=tests python -m pipelines.alert_story docs/alerts-run.md`. The suite runs
the same with SQLite, and no other server.

```text
{told}
```
"""


def main(page: Path) -> None:
    """Start the engines, and write the page."""
    with (
        tempfile.TemporaryDirectory() as place,
        postgresql.running() as database,
        running(("kafka", "flink"), name="alerts") as engines,
    ):
        told = "\n".join(on_servers(Path(place), engines, database.address))
        shown = told.replace(place, "…")
        page.write_text(PAGE.format(day=f"{datetime.now(UTC):%F}", told=shown))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
