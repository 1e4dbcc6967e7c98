"""Files of events as they come: what holds the events does not decide whether they are seen."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from faults.reading import ENGINES, EVENT, FAULTS, TEXT, numbers, read, scanned
from tocsin.cli.commands.explain import explain
from tocsin.cli.commands.scan import scan
from tocsin.events.reading import pieces, read_events
from tocsin_runtime.worker.files import FileStream

SEEN = [
    ("array-files", "first-line-closes.json", [0, 1], 0),
    ("array-files", "blank-first.json", [0, 1], 0),
    ("array-files", "events.jsonl", [0, 1], 0),
    ("array-files", "one-bad-member.json", [0, 1], 1),
    ("cloudtrail-records", "events.jsonl", [0], 0),
    ("gzip-by-content", "events.jsonl", [0], 0),
    ("gzip-by-content", "events.JSONL.GZ", [0], 0),
    ("pretty-printed-json", "one.json", [0], 0),
    ("pretty-printed-json", "events.jsonl", [0, 1], 0),
    ("utf16-events", "events.jsonl", [0, 1], 0),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("fault", "file", "wanted", "findings"), SEEN)
def test_events_are_seen_whatever_holds_them(
    fault: str, file: str, wanted: list[int], findings: int, engine: str
) -> None:
    result = scanned(FAULTS / fault, file, "--engine", engine)
    assert numbers(result) == wanted
    assert result.stderr.count("error TOC") == findings
    assert result.exit_code == min(findings, 1)


@pytest.mark.parametrize(("fault", "file", "wanted", "findings"), SEEN)
def test_explain_and_worker_read_what_scan_reads(
    fault: str, file: str, wanted: list[int], findings: int
) -> None:
    path = FAULTS / fault / file
    events = read_events([path]).events
    rule = str(FAULTS / fault / "rule.yml")
    result = CliRunner().invoke(explain, [rule, "--event", str(path), "--format", "json"])
    explained = [each["event"] for each in json.loads(result.stdout) if each["matches"]]
    assert explained == wanted
    records = FileStream([path], {}).poll() or []
    assert [orjson.loads(r.value) for r in records if not r.problem] == events
    assert sum(bool(record.problem) for record in records) == findings


@pytest.mark.parametrize(
    ("text", "events", "places"),
    [
        ('{"a": 1\n{"n": 2}\n{"n": 3}\n', [{"n": 2}, {"n": 3}], [(1, 8)]),
        ('{"n": 1}\n{"a": 1\n{"n": 2}\n', [{"n": 1}, {"n": 2}], [(2, 8)]),
        ('{"a": "x\n{"n": 2}\n', [{"n": 2}], [(1, 9)]),
        ('{\n "a": 1\n}\n{\n "a": nope\n}\n{\n "b": 2\n}\n', [{"a": 1}, {"b": 2}], [(5, 7)]),
        ('[\n{"a": 1},\n5,\n{"b": 2}\n]\n[{"c": 3}]', [{"a": 1}, {"b": 2}, {"c": 3}], [(3, 1)]),
        ('[{"a": 1},\n{"b": 2},\n', [{"a": 1}, {"b": 2}], [(3, 1)]),
        ('{\n}\n}\n{"a": 1}\n', [{}, {"a": 1}], [(3, 1)]),
    ],
)
def test_what_is_broken_takes_nothing_with_it(
    tmp_path: Path, text: str, events: list[Any], places: list[tuple[int, int]]
) -> None:
    found = read(tmp_path, text.encode())
    assert found.events == events
    assert [(d.span.line, d.span.column) for d in found.diagnostics] == places


@pytest.mark.parametrize(
    "content",
    [
        TEXT + TEXT,
        f"{TEXT} {TEXT}\n",
        f"{TEXT},\n{TEXT},\n",
        f"{TEXT}, {TEXT}\n",
        f"{json.dumps(EVENT, indent=1)},\n{json.dumps(EVENT, indent=1)}",
        f"{json.dumps(EVENT, indent=1)}{json.dumps(EVENT, indent=1)}",
        *(f"\n {TEXT}\n{TEXT}".encode(each) for each in ("utf-16", "utf-16-le", "utf-16-be")),
        "eventName,n\na,1\na,1\n".encode("utf-16-le"),
        "sep=;\neventName;n\na;1\na;1\n",
        '#TYPE System.Management.Automation.PSCustomObject\r\n"eventName","n"\r\na,1\r\na,1\r\n',
        "eventName,n,\na,1,\na,1,\n",
    ],
)
def test_events_in_a_row_are_read_however_they_are_joined(
    tmp_path: Path, content: str | bytes
) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    found = read(tmp_path, data)
    assert not found.diagnostics
    assert [{k: str(v) for k, v in e.items()} for e in found.events] == [
        {"eventName": "a", "n": "1"}
    ] * 2
    records = FileStream([tmp_path / "events"], {}).poll() or []
    assert [orjson.loads(record.value) for record in records] == found.events


def test_cells_without_a_name_are_left_out_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, b'Level,Source\nInformation,Security,"An account\nwas made"\nError,x\n')
    assert found.events == [
        {"Level": "Information", "Source": "Security"},
        {"Level": "Error", "Source": "x"},
    ]
    [said] = found.diagnostics
    assert said.message == "a row of 3 cells under a header of 2: the extra cells are ignored"


def test_a_table_is_told_by_its_header(tmp_path: Path) -> None:
    text = 'Channel,EventID,Message\r\nSecurity,4625,"a\r\nb, c"\r\nSystem,,x\r\n1,2\r\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        found = read(tmp_path, text.encode(encoding))
        assert found.events == [
            {"Channel": "Security", "EventID": "4625", "Message": "a\r\nb, c"},
            {"Channel": "System", "Message": "x"},
        ]
        [finding] = found.diagnostics
        assert (finding.span.line, finding.message) == (5, "a row of 2 cells under a header of 3")
    for mark in ";\t|":
        assert read(tmp_path, f"a{mark}b\n1{mark}2".encode()).events == [{"a": "1", "b": "2"}]


def test_large_files_of_lines_are_not_held(tmp_path: Path) -> None:
    """Of 60 MB of lines, a buffer is in memory when the first event is there."""
    path = tmp_path / "events.jsonl"
    path.write_bytes((b'{"a": "' + b"x" * 6000 + b'"}\n') * 10_000)
    with path.open("rb") as stream:
        next(iter(pieces(stream, Counter())))
        assert stream.tell() < 4_000_000


class Measured(io.BytesIO):
    """Knows the largest piece that it was asked for."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size or 0)
        return super().read(size)

    read1 = read


@pytest.mark.parametrize("content", [b'{\n"a": 1}\n', b"ElfFile\0" + b"\0" * 5000])
def test_what_is_held_whole_takes_memory_for_what_is_there(content: bytes) -> None:
    """A reader that is asked for a gibibyte takes one, in which a process with a limit dies."""
    stream = Measured(content)
    assert list(pieces(stream, Counter()))
    assert 0 < stream.most <= 1 << 20


def test_depth_is_one_limit_on_every_engine(tmp_path: Path) -> None:
    rule = FAULTS / "array-files" / "rule.yml"
    deep = ['{"a":' * depth + "1" + "}" * depth for depth in (300, 100_000)]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([*deep, '{"a": 1}']))
    for engine in ENGINES:
        given = ["--rules", str(rule), "--events", str(path), "--ignore-logsource"]
        result = CliRunner().invoke(scan, [*given, "--engine", engine])
        assert (numbers(result), result.exit_code) == ([0], 1)
        assert result.stderr.count("error TOC071") == 2


def test_control_characters_do_not_reach_a_terminal() -> None:
    folder = FAULTS / "terminal-escapes"
    table = scanned(folder, "events.jsonl", "--format", "table")
    shown = CliRunner().invoke(explain, [str(folder / "rule.yml"), "--event",
                                         str(folder / "events.jsonl")])  # fmt: skip
    for result in (table, shown):
        assert result.exit_code == 0
        assert "\x1b" not in result.output
        assert "\x07" not in result.output
        assert "RED" in result.output
