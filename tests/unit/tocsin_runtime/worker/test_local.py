"""The worker over files: alerts once each, what is no event put aside, nothing lost in silence."""

import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conftest import Tocsin
from patience import SECONDS
from tocsin.events.piece import MAX_DEPTH
from tocsin_runtime.alerts.alert import Evidence, alert_id
from unit.tocsin_runtime.worker.on_files import alerted, call, deployed, events_file, work
from worker_world import (
    AUDIT_EVENTS,
    ERROR,
    PAID,
    ROLE,
    WEB_EVENTS,
    World,
    event_digest,
    lines,
    read_lines,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return deployed(tmp_path / "shop")


def expected(world: World) -> list[tuple[str, str]]:
    audit = [(d, AUDIT_EVENTS[n]["id"]) for d, n in world.expected(AUDIT_EVENTS, "audit")]
    web = [(d, event_digest(WEB_EVENTS[n])) for d, n in world.expected(WEB_EVENTS, "web")]
    return sorted(audit + web)


def test_alerts_are_those_of_the_evaluator(world: World, tmp_path: Path) -> None:
    mixed = events_file(tmp_path, *AUDIT_EVENTS, *WEB_EVENTS)
    report = work(world, "--events", mixed)
    assert expected(world) == alerted(world)
    # Of both backends, and of each detection.
    assert {d for d, _ in expected(world)} == {ROLE, PAID, ERROR}
    assert report["events"] == len(AUDIT_EVENTS) + len(WEB_EVENTS)
    assert report["sources"] == {"audit": 4, "web": 3}
    assert report["matches"] == report["alerts"] == len(expected(world))
    assert {r["id"]: r["matches"] for r in report["detections"]} == {ROLE: 2, PAID: 1, ERROR: 2}
    # The third event of the web log tells no time.
    timeless = {r["id"]: r["without_time"] for r in report["detections"]}
    assert timeless == {ROLE: 0, PAID: 0, ERROR: 1}
    spent = {r["id"]: (r["candidates"], r["seconds"], r["slow"]) for r in report["detections"]}
    assert spent[ERROR] == (0, 0, 0)  # of the embedded engine it is not known
    assert all(
        candidates <= len(AUDIT_EVENTS) and not slow for candidates, _, slow in spent.values()
    )


def test_an_alert_carries_the_deployment_and_the_event(world: World, tmp_path: Path) -> None:
    work(world, "--events", events_file(tmp_path, AUDIT_EVENTS[0]))
    (alert,) = read_lines(world.folder("here") / "alerts.jsonl")
    logic = world.query(ROLE).logic
    assert alert["id"] == alert_id(ROLE, Evidence(logic, "audit", ("a0",)))
    data = alert["data"]
    assert data["severity_id"] == 4
    assert data["start_time"] == data["end_time"] == 1767225600123
    assert data["evidences"] == [{"data": AUDIT_EVENTS[0]}]
    told = data["unmapped"]["tocsin"]
    assert (told["version"], told["release"], told["author"]) == (3, 1, "Ann Author")
    assert (told["project"], told["environment"], told["logic"]) == ("shop", "here", logic)


def test_running_again_writes_nothing_new(world: World, tmp_path: Path) -> None:
    events = events_file(tmp_path, b"oops", *AUDIT_EVENTS)
    first = work(world, "--events", events)
    before = {f: f.read_bytes() for f in world.folder("here").glob("*.jsonl")}
    again = work(world, "--events", events)
    assert len(before) == 2
    assert {f: f.read_bytes() for f in before} == before
    assert (first["alerts"], again["alerts"]) == (3, 0)
    assert again["matches"] == first["matches"]


def test_matches_of_events_with_one_identity_are_told(world: World, tmp_path: Path) -> None:
    other = {**AUDIT_EVENTS[0], "host": "another"}
    events = events_file(tmp_path, AUDIT_EVENTS[0], other)
    told = work(world, "--events", events)
    row = next(each for each in told["detections"] if each["id"] == ROLE)
    assert (row["matches"], row["alerts"], told["repeated"]) == (2, 1, {ROLE: 1})
    assert work(world, "--events", events)["repeated"] == {}
    (world.folder("here") / "alerts.jsonl").unlink()
    said = call(world, "--env", "here", "--events", events).stderr
    told = "1 of 2 matches share an alert with another event; check `id` of the source audit"
    assert told in said


def test_a_torn_last_line_is_mended(world: World, tmp_path: Path) -> None:
    events = events_file(tmp_path, *AUDIT_EVENTS)
    work(world, "--events", events)
    sink = world.folder("here") / "alerts.jsonl"
    whole = sink.read_bytes()
    sink.write_bytes(whole[:-40])
    assert work(world, "--events", events)["alerts"] == 1
    assert sorted(a["id"] for a in read_lines(sink)) == sorted(
        json.loads(line)["id"] for line in whole.splitlines()
    )


def test_a_pipe_can_be_read(tocsin: Tocsin, world: World) -> None:
    text = lines(*AUDIT_EVENTS).decode()
    command = ("worker", "--env", "here", "--format", "json", "/dev/stdin")
    ended = tocsin(*command, cwd=world.root, stdin=text)
    assert json.loads(ended.stdout)["alerts"] == 3


def test_gzip_is_seen_by_content_and_several_files_are_read(world: World, tmp_path: Path) -> None:
    zipped = tmp_path / "audit.log"
    zipped.write_bytes(gzip.compress(lines(*AUDIT_EVENTS)))
    web = events_file(tmp_path, *WEB_EVENTS)
    work(world, "--events", zipped, web)
    assert alerted(world) == expected(world)


DEEP = b'{"a":' * 101 + b"1" + b"}" * 101
NO_EVENTS: Sequence[tuple[bytes, str]] = (
    (b"oops", "not JSON"),
    (b'{"id": "x"', "not JSON"),
    (b"[1, 2]", "not a JSON object but a list"),
    (b'"text"', "not a JSON object but a text"),
    (b"17", "not a JSON object but a number"),
    (b"null", "not a JSON object but null"),
    (b'{"n": NaN}', "not JSON"),
    (b'{"n": 1e999}', "not JSON"),
    (b'{"t": "\\ud800"}', "not JSON"),
    (b'{"t": "\xff"}', "not JSON"),
    (DEEP, f"nested deeper than {MAX_DEPTH} levels"),
    (b'{"kind": "other"}', "belongs to no source"),
)


def test_what_is_no_event_is_put_aside_and_the_worker_goes_on(world: World, tmp_path: Path) -> None:
    mixed: list[Any] = [row for row, _ in NO_EVENTS]
    for n, event in enumerate(AUDIT_EVENTS):
        mixed.insert(3 * n, event)
    path = events_file(tmp_path, *mixed)
    report = work(world, "--events", path)
    assert report["dead_letters"] == len(NO_EVENTS)
    assert report["events"] == len(AUDIT_EVENTS)
    letters = read_lines(world.folder("here") / "dead-letters.jsonl")
    assert [letter["value"].encode() for letter in letters] == [
        row.replace(b"\xff", "\N{REPLACEMENT CHARACTER}".encode()) for row, _ in NO_EVENTS
    ]
    for letter, (row, reason) in zip(letters, NO_EVENTS, strict=True):
        assert letter["reason"].startswith(reason)
        assert (letter["topic"], letter["offset"]) == (str(path), mixed.index(row))
    assert len(alerted(world)) == 3


def test_shadow_is_counted_but_raises_no_alert(world: World, tmp_path: Path) -> None:
    world.deploy("here", {ROLE: "shadow", PAID: "live"}, release=2)
    report = work(world, "--events", events_file(tmp_path, *AUDIT_EVENTS))
    rows = {r["id"]: (r["mode"], r["matches"], r["alerts"]) for r in report["detections"]}
    assert rows == {ROLE: ("shadow", 2, 0), PAID: ("live", 1, 1)}
    assert alerted(world) == [(PAID, "a2")]
    assert report["release"] == 2


def test_a_source_can_be_forced(world: World, tmp_path: Path) -> None:
    bare = {"action": "role.grant"}  # neither time nor identity: nobody claims it
    path = events_file(tmp_path, bare)
    assert work(world, "--events", path)["matches"] == 0
    assert work(world, "--events", path, "--source", "audit")["matches"] == 1
    assert alerted(world) == [(ROLE, event_digest(bare))]


def test_what_needs_a_cluster_is_named_and_the_rest_runs(world: World, tmp_path: Path) -> None:
    settings = world.root / "tocsin.toml"
    settings.write_text(settings.read_text().replace('web = "batch-sql"', 'web = "flink-sql"'))
    table = world.folder("here") / "live.json"
    live = json.loads(table.read_text())
    for row in live["detections"]:
        row["backend"] = row["backend"].replace("batch-sql", "flink-sql")
    table.write_text(json.dumps(live))
    quiet = work(world, "--events", events_file(tmp_path, *AUDIT_EVENTS))
    assert quiet["alerts"] == 3
    (not_run,) = quiet["not_run"]
    assert not_run["detections"] == ["error"]
    assert "flink" in not_run["reason"]
    # Events that nothing looked at are worth an exit code.
    mixed = events_file(tmp_path, *AUDIT_EVENTS, *WEB_EVENTS)
    blind = work(world, "--events", mixed, code=1)
    assert blind["not_run"][0]["events"] == len(WEB_EVENTS)


def test_the_table_for_people(tocsin: Tocsin, world: World, tmp_path: Path) -> None:
    path = events_file(tmp_path, *AUDIT_EVENTS)
    ended = tocsin("worker", "--env", "here", path, cwd=world.root)
    assert ended.code == 0
    assert ended.stdout == ""
    assert "The role rule" in ended.stderr
    assert "4 events" in ended.stderr
    assert "3 new alerts" in ended.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_worker_in_good_order(
    world: World, tmp_path: Path, number: int, code: int
) -> None:
    count = 400_000
    path = events_file(tmp_path)
    path.write_bytes(lines(*AUDIT_EVENTS) * (count // len(AUDIT_EVENTS)))
    command = ["-m", "tocsin.cli.main", "worker", "--env", "here", "--format", "json"]
    child = subprocess.Popen(
        [sys.executable, *command, str(path)],
        cwd=world.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    sink = world.folder("here") / "alerts.jsonl"
    while not sink.exists():
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(number)
    out, err = child.communicate(timeout=SECONDS)
    assert child.returncode == code, err
    assert "Traceback" not in err
    assert 0 < json.loads(out)["events"] < count
    assert len(alerted(world)) == 3
