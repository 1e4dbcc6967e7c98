"""Scans: event files, inferred sources, matches."""

import gzip
import os
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from authoring import OTHER_ID, RULE_ID, codes, events, rule, write
from tocsin.diagnostics import Diagnostic
from tocsin.errors import ConfigError
from tocsin.events.piece import MAX_EVENT_BYTES
from tocsin.events.reading import read_events
from tocsin.front.collect import collect
from tocsin.front.relate import relate_inferred
from tocsin.ir.text import lookup, texts
from tocsin.model.artifact import Match
from tocsin.model.source import FieldType
from tocsin.scan.infer import UNBOUND, VALUES, infer
from tocsin.scan.run import scan_evaluator


def reading(paths: list[Path]) -> tuple[list[dict[str, Any]], list[Diagnostic]]:
    read = read_events(paths)
    return read.events, read.diagnostics


def test_lines_and_gzip_in_the_order_given(tmp_path: Path) -> None:
    plain = events(tmp_path / "b.jsonl", {"n": 1}, {"n": 2})
    packed = write(tmp_path / "a.jsonl.gz", gzip.compress(b'{"n": 3}\n\n{"n": 4}'))
    found, wrong = reading([plain, packed, plain])
    assert [e["n"] for e in found] == [1, 2, 3, 4, 1, 2]
    assert wrong == []


@pytest.mark.parametrize(
    "content",
    [
        '[{"n": 1}, {"n": 2}]',
        '[\n  {"n": 1},\n  {"n": 2}\n]\n',
        '[{"n": 1},\n {"n": 2}]',
        '\ufeff{"n": 1}\r\n{"n": 2}\r\n',
        '\ufeff[\n{"n": 1}, {"n": 2}]',
        '\n\n{"n": 1}\n   \n{"n": 2}',
    ],
)
def test_other_ways_to_write_two_events(tmp_path: Path, content: str) -> None:
    found, wrong = reading([write(tmp_path / "e.json", content.encode())])
    assert found == [{"n": 1}, {"n": 2}]
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "5",
        '"text"',
        "null",
        "[1, 2]",
        '{"a": 1',
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        '{"a": "\x01"}',
        "{'a': 1}",
        '{"a":' * 2000 + "1" + "}" * 2000,
        '{"a": ' + "9" * 5000 + "}",
        "\x00\x00",
    ],
    ids=lambda line: line[:20],
)
def test_a_bad_line_is_a_finding_and_the_rest_is_read(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "e.jsonl", b'{"n": 1}\n' + line.encode() + b'\n{"n": 2}\n')
    found, wrong = reading([path])
    assert found == [{"n": 1}, {"n": 2}]
    assert [(d.code, d.span.file, d.span.line) for d in wrong] == [("TOC071", str(path), 2)]


def test_other_encodings_are_findings(tmp_path: Path) -> None:
    path = write(tmp_path / "e.jsonl", '{"n": "ä"}'.encode("latin-1") + b'\n{"n": 2}')
    found, wrong = reading([path])
    assert (found, codes(wrong)) == ([{"n": 2}], ["TOC071"])


def test_an_event_that_is_too_large(tmp_path: Path) -> None:
    path = write(tmp_path / "e.jsonl", b'{"n": "' + b"x" * MAX_EVENT_BYTES + b'"}\n{"n": 2}')
    found, wrong = reading([path])
    assert (found, codes(wrong)) == ([{"n": 2}], ["TOC071"])


def test_gzip_cut_short_gives_what_was_there(tmp_path: Path) -> None:
    lines = b"".join(b'{"n": %d, "x": "%d"}\n' % (n, n * n * 7919) for n in range(20_000))
    path = write(tmp_path / "e.jsonl.gz", gzip.compress(lines, mtime=0)[:-2000])
    found, wrong = reading([path])
    assert 0 < len(found) < 20_000
    assert "TOC070" in codes(wrong)
    assert "cut short" in wrong[-1].message


def test_a_name_decides_nothing(tmp_path: Path) -> None:
    assert reading([write(tmp_path / "e.jsonl.gz", b'{"n": 1}')]) == ([{"n": 1}], [])


def test_files_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        reading([tmp_path / "gone.jsonl"])
    with pytest.raises(ConfigError, match="it is a folder"):
        reading([tmp_path])


EVENTS: list[dict[str, Any]] = [
    {"i": 1, "b": True, "m": 1, "l": "a", "n": {"x": "y"}, "o": {}, "d": 1.5, "big": 1},
    {"i": 2, "b": False, "m": "one", "l": ["b", None, 3], "n.x": None, "big": 2**63},
    {"i": None, "m": True, "l": [], "n": {"x": 5}, "o": "text"},
    {},
]


def test_types_of_an_inferred_source() -> None:
    source, _ = infer(["i", "b", "m", "l", "n.x", "o", "d", "big", "none"], EVENTS, keywords=False)
    assert {c.name: c.type for c in source.columns} == {
        "i": FieldType.INTEGER,
        "b": FieldType.BOOLEAN,
        "m": FieldType.STRING,
        "l": FieldType.STRINGS,
        "n.x": FieldType.STRING,
        "o": FieldType.STRINGS,
        "d": FieldType.STRING,
        "big": FieldType.STRING,
        "none": FieldType.STRING,
    }
    assert source.values_column == ""


def test_rows_keep_the_text_forms_of_events() -> None:
    names = ["i", "b", "m", "l", "n.x", "o", "d", "big"]
    _, rows = infer(names, EVENTS, keywords=False)
    for event, row in zip(EVENTS, rows, strict=True):
        for name in names:
            assert texts(row.get(name)) == texts(lookup(event, name)), (event, name)
    assert rows[3] == {}


def test_keywords_see_every_scalar() -> None:
    source, rows = infer(["i"], EVENTS, keywords=True)
    assert source.values_column == VALUES
    assert rows[1][VALUES] == ["2", "false", "one", "b", "3", "9223372036854775808"]


def scan(
    tmp_path: Path, found: list[dict[str, Any]], *rules: dict[str, Any], **options: Any
) -> Any:
    for number, each in enumerate(rules):
        write(tmp_path / f"{number}.yml", each)
    collected = collect([tmp_path])
    assert collected.diagnostics == ()
    related = relate_inferred(collected, UNBOUND, **{"ignore_logsource": True} | options)
    return scan_evaluator(related.queries, found).matches


def test_matches_are_sorted(tmp_path: Path) -> None:
    other = rule(id=OTHER_ID, detection={"sel": {"x": None}, "condition": "sel"})
    found = scan(tmp_path, [{"action": "refund"}, {}, {"action": "REFUND", "x": 1}], rule(), other)
    assert found == (Match(OTHER_ID, 0), Match(OTHER_ID, 1), Match(RULE_ID, 0), Match(RULE_ID, 2))


def test_well_known_log_sources_select_unless_ignored(tmp_path: Path) -> None:
    windows = rule(logsource={"product": "windows", "category": "process_creation"})
    sysmon = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "action": "refund"}
    given = [sysmon, sysmon | {"EventID": 2}, {"action": "refund"}]
    strict = scan(tmp_path, given, windows, ignore_logsource=False)
    assert [m.event for m in strict] == [0]
    loose = scan(tmp_path, given, windows)
    assert [m.event for m in loose] == [0, 1, 2]


@pytest.mark.parametrize("depth", [101, 300, 1000, 100_000])
def test_an_event_nested_too_deeply(tmp_path: Path, depth: int) -> None:
    deep = '{"a":' * depth + '"refund"' + "}" * depth
    for text in (f'{deep}\n{{"n": 1}}', f'[{deep},{{"n": 1}}]', f'[\n{deep},\n{{"n": 1}}\n]'):
        found, wrong = reading([write(tmp_path / "deep.jsonl", text.encode())])
        assert (found, codes(wrong)) == ([{"n": 1}], ["TOC071"])


def test_a_broken_line_is_shown_at_its_column(tmp_path: Path) -> None:
    given = write(tmp_path / "e.jsonl", '{"a": 1}\n{"a": nope}\n')
    _, (wrong,) = reading([given])
    assert (wrong.span.line, wrong.span.column) == (2, 7)
    assert "line 1" not in wrong.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"{}\n" * 9999, mtime=0)[:40], "the gzip file is cut short"),
        (gzip.compress(b"{}\n", mtime=0)[:10] + b"\xff" * 30, "the gzip file is damaged"),
    ],
)
def test_what_is_wrong_with_a_gzip_file(tmp_path: Path, content: bytes, said: str) -> None:
    [wrong] = read_events([write(tmp_path / "e.jsonl.gz", content)]).diagnostics
    assert wrong.message == f"cannot read events: {said}"


def test_events_from_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Popen(["sh", "-c", f"echo '{{}}' > '{pipe}'"]):
        assert reading([pipe]) == ([{}], [])
