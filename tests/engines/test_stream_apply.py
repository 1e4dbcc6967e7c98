"""`tocsin apply` to a stream environment: killed anywhere it goes on; drift is named and mended."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import pytest

from deploying import Prod, git
from tocsin import fault
from tocsin.release.keys import ARTIFACT, RELEASE, artifact_key
from tocsin.release.record import ReleaseRecord
from tocsin.state.git_ledger import GitLedger
from tocsin_kafka import topics
from tocsin_runtime.control.reader import read
from tocsin_runtime.control.record import release_record
from tocsin_runtime.control.writer import ControlWriter
from whole import share

pytestmark = pytest.mark.engine

SETTINGS = """
[project]
name = "{project}"
[environments.prod]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:STREAM_KAFKA"
partitions = 2
canary_seconds = 0
"""
SOURCE = """
source: audit
title: Audit trail
logsources: [{{product: shop, service: audit}}]
topic: {project}.audit
time: {{field: at}}
id: id
fields: {{id: string, at: timestamp, action: string}}
"""
RULE = """
title: {title}
id: {id}
name: {name}
status: test
level: high
logsource: {{product: shop, service: audit}}
detection: {{sel: {{action: {action}}}, condition: sel}}
tocsin: {{deploy: {{prod: {mode}}}}}
"""
POINTS = (
    *("journal-written", "artifacts-written", "canary-begun", "staged", "published"),
    *("workers-switched", "switched", "settled", "closed", "activated", "released"),
)


@dataclass(frozen=True)
class Site(Prod):
    """A project in a repository, its environment on the broker."""

    project: str
    servers: str

    def rule(self, name: str, action: str, mode: str = "live") -> None:
        number = sum(name.encode())
        text = RULE.format(
            title=name.title(),
            id=f"00000000-0000-4000-8000-{number:012}",
            name=name,
            action=action,
            mode=mode,
        )
        (self.root / "rules" / f"{name}.yml").write_text(text)

    @property
    def control(self) -> str:
        return f"tocsin.control.{self.project}.prod"

    def records(self) -> dict[str, bytes]:
        return read(self.servers, self.control)

    def live(self) -> dict[str, tuple[int, str]]:
        """Version and mode of what the control topic says is live; all its bytes are there."""
        records = self.records()
        table = release_record(records, self.control)
        needed = {artifact_key(entry.artifact) for entry in table.detections}
        assert needed == {key for key in records if key.startswith(ARTIFACT)}
        assert table.canary is None
        return {e.key: (e.version, e.mode) for e in table.detections}

    def released(self) -> dict[str, tuple[int, str]]:
        last = GitLedger(self.root, "prod", project=self.project).last()
        assert last
        return {e.key: (e.version, e.mode) for e in last.entries}


@pytest.fixture
def site(servers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("STREAM_KAFKA", servers)
    project = f"apply{uuid4().hex[:8]}"
    for name in ("rules", "sources"):
        (tmp_path / name).mkdir()
    (tmp_path / "tocsin.toml").write_text(SETTINGS.format(project=project))
    (tmp_path / "sources" / "audit.yml").write_text(SOURCE.format(project=project))
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "config", "user.name", "Mira K")
    git(tmp_path, "config", "user.email", "mira@example.org")
    made = Site(tmp_path, project, servers)
    made.rule("stays", "a")
    made.rule("changes", "b")
    made.rule("goes", "c")
    yield made
    topics.delete(servers, [made.control, f"{project}.audit"])


def newer(site: Site) -> None:
    """One detection changed, one added, one gone."""
    site.rule("changes", "b2")
    site.rule("comes", "d", mode="shadow")
    (site.root / "rules" / "goes.yml").unlink(missing_ok=True)


def apply_in(site: Site, point: str) -> None:
    """Apply in this process, and die at the fault point, if any."""
    os.environ[fault.VARIABLE] = point
    site.run("apply", "--yes")


def killed_at(site: Site, point: str) -> int:
    context = get_context("forkserver")
    context.set_forkserver_preload(
        ["tocsin.cli.commands.apply", "tocsin.app.stream_target", "deploying"]
    )
    process = context.Process(target=apply_in, args=(site, point))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


NOW = {"stays": (1, "live"), "changes": (2, "live"), "comes": (1, "shadow")}


def test_a_killed_apply_goes_on_wherever_that_was(site: Site) -> None:
    site.run("apply", "--yes")
    for point in share(POINTS, 6):
        newer(site)
        assert killed_at(site, point) == 137
        site.run("apply", "--yes")
        assert site.live() == site.released()
        assert set(site.live()) == set(NOW)
        # Nothing that an apply could mend: nobody is there who makes alerts.
        assert site.findings() == ["no-worker"]
        planned = site.run("plan", "--resolve").output
        assert "Nothing to do" in planned
        assert "warning: no worker: " in planned
        # And back, as a release of its own.
        site.run("rollback", "--to", "1", "--yes")
        assert set(site.live()) == {"stays", "changes", "goes"}


def test_topics_begin_at_the_apply_that_first_reads_them(site: Site) -> None:
    topic, before = f"{site.project}.audit", time.time()
    site.run("apply", "--yes")
    first = ReleaseRecord.decode(site.records()[RELEASE]).starts
    assert before <= first[topic] / 1000 + 0.001 <= time.time() + 0.001
    newer(site)
    site.run("apply", "--yes")
    assert ReleaseRecord.decode(site.records()[RELEASE]).starts == first
    settings = site.root / "tocsin.toml"
    settings.write_text(settings.read_text() + 'start = "earliest"\n')
    (site.root / "sources" / "web.yml").write_text(
        SOURCE.format(project=site.project).replace("audit", "web")
    )
    site.rule("more", "e")
    rule = site.root / "rules" / "more.yml"
    rule.write_text(rule.read_text().replace("audit", "web"))
    site.run("apply", "--yes")
    assert ReleaseRecord.decode(site.records()[RELEASE]).starts == {
        **first,
        f"{site.project}.web": 0,
    }
    site.run("rollback", "--to", "2", "--yes")
    assert ReleaseRecord.decode(site.records()[RELEASE]).starts == first
    topics.delete(site.servers, [f"{site.project}.web"])


def test_what_was_changed_by_hand_is_named_and_mended(site: Site) -> None:
    site.run("apply", "--yes")
    assert site.findings() == ["no-worker"]
    writer = ControlWriter(site.servers, site.project, "prod")
    records = site.records()
    table = ReleaseRecord.decode(records[RELEASE])
    one, other, _ = table.detections
    stolen = {
        artifact_key(one.artifact): None,
        artifact_key(other.artifact): b"not what was released",
        "artifact/" + "0" * 64: b"foreign",
    }
    writer.put(stolen)
    found = site.status(code=1)
    assert {d["drift"] for d in found["drift"]} == {"missing", "altered", "foreign"}
    shown = site.run("status", "--fix").output
    assert shown.count("repaired") >= 2
    assert "discarded" in shown
    site.run("apply", "--yes")
    assert site.status(code=1)["drift"] == []
    writer = ControlWriter(site.servers, site.project, "prod")  # apply has fenced the first
    writer.put({RELEASE: ReleaseRecord("prod", table.release, table.detections[:1]).encode()})
    assert "release-altered" in {f["kind"] for f in site.status(code=1)["findings"]}
    topics.delete(site.servers, [f"{site.project}.audit"])
    assert "topic-missing" in {f["kind"] for f in site.status(code=1)["findings"]}
    site.run("apply", "--yes")
    assert site.findings() == ["no-worker"]
    assert site.live() == site.released()


def test_an_address_that_nobody_answers_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAM_KAFKA", "127.0.0.1:1")
    result = site.invoke("apply", "--yes")
    assert "no Kafka broker answers at env:STREAM_KAFKA" in str(result.exception)
    assert not (site.root / ".tocsin" / "prod" / "journal.json").exists()
