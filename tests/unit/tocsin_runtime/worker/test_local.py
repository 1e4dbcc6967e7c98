"""The worker over files: alerts once each, what is no event put aside, nothing lost in silence."""

import gzip
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conftest import Tocsin
from patience import SECONDS
from tocsin.cli.commands.worker import worker
from tocsin.errors import ConfigError
from tocsin.events.decode import NotAnEventError, decode
from tocsin.events.piece import MAX_DEPTH, MAX_EVENT_BYTES
from tocsin_runtime.alerts.alert import Evidence, alert_id
from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.stream.loop import Batch, Counters, run
from tocsin_runtime.worker.files import FileStream, SinkFile
from worker_world import (
    AUDIT_EVENTS,
    ERROR,
    PAID,
    ROLE,
    WEB_EVENTS,
    World,
    build_world,
    event_digest,
    lines,
    read_lines,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = build_world(tmp_path / "shop")
    made.deploy("here")
    return made


def call(world: World, *args: str | Path) -> Result:
    """The command in this process; what it raises is raised here."""
    told = CliRunner().invoke(
        worker, ["--project", str(world.root), *map(str, args)], standalone_mode=False
    )
    if told.exception:
        raise told.exception
    return told


def work(world: World, *args: str | Path, code: int = 0) -> dict[str, Any]:
    """The report of a run that ended with this code."""
    told = call(world, "--env", "here", "--format", "json", *args)
    assert told.return_value == code
    report: dict[str, Any] = json.loads(told.stdout)
    return report


def events_file(tmp_path: Path, *events: Any, name: str = "events.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(lines(*events))
    return path


def alerted(world: World) -> list[tuple[str, str]]:
    """Detection and event of each alert."""
    return sorted(
        (a["subject"], a["data"]["unmapped"]["tocsin"]["event_ids"][0])
        for a in read_lines(world.folder("here") / "alerts.jsonl")
    )


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


def test_events_at_the_limits_are_taken() -> None:
    deep = b'{"a":' * MAX_DEPTH + b'"' + b"[" * 500 + b'"' + b"}" * MAX_DEPTH
    assert list(decode(deep)) == ["a"]
    fits = b'{"a":"' + b"x" * (MAX_EVENT_BYTES - 8) + b'"}'
    assert len(decode(fits)["a"]) == MAX_EVENT_BYTES - 8
    with pytest.raises(NotAnEventError, match="larger than"):
        decode(fits + b" ")


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b'{"a":"' + b"x" * (2 * MAX_EVENT_BYTES) + b'"}\n{"id": 1}\n')
    records = FileStream([path], {}).poll() or []
    assert [(r.offset, r.problem[:11], len(r.value)) for r in records] == [
        (0, "larger than", MAX_EVENT_BYTES + 1),
        (1, "", 9),
    ]


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


# --- the loop itself ----------------------------------------------------------------------------


class _Scripted:
    """A stream that gives prepared batches and notes what happens."""

    def __init__(self, *batches: Sequence[Record]) -> None:
        self.batches = list(batches)
        self.log: list[str] = []
        self.refused: set[int] = set()

    def poll(self) -> Sequence[Record] | None:
        return self.batches.pop(0) if self.batches else None

    def commit(self, outputs: Iterable[Output]) -> bool:
        self.log.append(f"commit {len(list(outputs))}")
        return len(self.log) not in self.refused

    def close(self) -> None:
        self.log.append("close")


def _record(n: int) -> Record:
    return Record("t", 0, n, b"{}")


def test_the_loop_commits_each_batch_once_and_closes() -> None:
    stream = _Scripted([_record(0)], [], [_record(1), _record(2)])
    counters = run(stream, lambda rs: Batch([Output(Sink.DEAD, "k", b"")], Counters(len(rs))))
    assert stream.log == ["commit 1", "commit 1", "close"]
    assert counters.events == 3


def test_the_loop_counts_what_was_committed_only() -> None:
    stream = _Scripted([_record(0)], [_record(1), _record(2)], [_record(1), _record(2)])
    stream.refused = {2}
    counters = run(stream, lambda rs: Batch([], Counters(len(rs))))
    assert stream.log == ["commit 0", "commit 0", "commit 0", "close"]
    assert counters.events == 3


def test_the_loop_closes_and_counts_nothing_when_processing_fails() -> None:
    stream = _Scripted([_record(0)])

    def fail(_: Sequence[Record]) -> Batch:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run(stream, fail)
    assert stream.log == ["close"]


def test_the_loop_stops_between_batches() -> None:
    stream = _Scripted([_record(0)], [_record(1)])
    run(stream, lambda rs: Batch([], Counters(len(rs))), lambda: bool(stream.log))
    assert stream.log == ["commit 0", "close"]


def test_a_sink_file_holds_each_key_once(tmp_path: Path) -> None:
    def output(key: str, text: str) -> Output:
        return Output(Sink.ALERTS, key, json.dumps({"id": key, "text": text}).encode(), "d")

    path = tmp_path / "sink.jsonl"
    SinkFile(path, "id").append([output("a", "first"), output("b", "first")])
    again = SinkFile(path, "id")
    again.append([output("b", "second"), output("c", "second"), output("c", "third")])
    assert [(r["id"], r["text"]) for r in read_lines(path)] == [
        ("a", "first"),
        ("b", "first"),
        ("c", "second"),
    ]
    assert again.written == {"d": 1}
    assert again.repeated == {"d": 1}
