"""Source files."""

from pathlib import Path

import pytest

from authoring import SOURCE, codes, write
from tocsin.front.sources import known_logsources, read_source, read_sources
from tocsin.model.source import FieldType, LogSource, TimeUnit


@pytest.mark.parametrize(("kind", "unit"), [("integer", "s"), ("double", "ms"), ("string", "us")])
def test_a_unit_of_time(tmp_path: Path, kind: str, unit: str) -> None:
    text = SOURCE.replace("lateness: 5m", f"lateness: 1500ms, unit: {unit}")
    text = text.replace("time: timestamp", f"time: {kind}")
    source, wrong = read_source(write(tmp_path / "shop.yml", text))
    assert wrong == []
    assert source is not None
    assert (source.time_unit, source.lateness_ms) == (TimeUnit(unit), 1500)


def test_a_source_whole(tmp_path: Path) -> None:
    source, wrong = read_source(write(tmp_path / "shop.yml", SOURCE))
    assert wrong == []
    assert source is not None
    assert (source.topic, source.table, source.time_field) == ("shop", "shop", "time")
    assert source.lateness_ms == 300_000
    assert source.renamed == {"status": ("http.status",)}
    nested = source.column("user.name")
    assert nested is not None
    assert (nested.path, nested.type) == (("user", "name"), FieldType.STRING)
    assert source.serves[0].logsource == LogSource("shop", "", "audit")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("source: shop", "source: Shop-1", "TOC060"),
        ("title: Shop", "", "TOC060"),
        ("action: string", "action: text", "TOC060"),
        ("action: string", "action: [string]", "TOC060"),
        ("action: string", "action: {type: string, form: x}", "TOC060"),
        ("lateness: 5m", "lateness: -5m", "TOC060"),
        ("lateness: 5m", "lateness: 5", "TOC060"),
        ("lateness: 5m", "lateness: 5m, unit: sec", "TOC060"),
        ("time: timestamp", "time: integer", "TOC063"),
        ("time: timestamp", "time: double", "TOC063"),
        ("time: timestamp", "time: map", "TOC063"),
        ("field: time", "field: when", "TOC061"),
        ("fields:", "id: number\nfields:", "TOC061"),
        ("fields:", "values: everything\nfields:", "TOC061"),
        ("fields:", "values: action\nfields:", "TOC060"),
        ("fields:", "colour: red\nfields:", "TOC060"),
        ("fields:", "where: {action|contain: a}\nfields:", "TOC021"),
        ("service: audit}", "service: audit, where: {action: []}}", "TOC020"),
        ("  - {product: shop, service: audit}", "  []", "TOC060"),
        ("title: Shop", "title: yes", "TOC004"),
    ],
)
def test_mistakes(tmp_path: Path, before: str, after: str, code: str) -> None:
    assert before in SOURCE
    source, wrong = read_source(write(tmp_path / "shop.yml", SOURCE.replace(before, after)))
    assert source is None
    assert codes(wrong) == [code]


@pytest.mark.parametrize("content", ["", "[]", "text", "5", "null"])
def test_files_that_are_no_source(tmp_path: Path, content: str) -> None:
    source, wrong = read_source(write(tmp_path / "shop.yml", content))
    assert source is None
    assert wrong


def test_a_finding_has_its_place(tmp_path: Path) -> None:
    content = SOURCE.replace("action: string", "action: text")
    _, [found] = read_source(write(tmp_path / "shop.yml", content))
    line = content.splitlines().index("  action: text") + 1
    assert (found.span.line, found.span.column) == (line, 11)


def test_the_field_of_all_values(tmp_path: Path) -> None:
    declared = "values: all\nfields:\n  all: array<string>"
    source, wrong = read_source(write(tmp_path / "shop.yml", SOURCE.replace("fields:", declared)))
    assert wrong == []
    assert source is not None
    assert source.values_column == "all"


def test_a_name_twice(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yaml"):
        write(tmp_path / name, SOURCE)
    sources, wrong = read_sources(tmp_path)
    assert list(sources) == ["shop"]
    assert codes(wrong) == ["TOC040"]


def test_well_known_log_sources_select_their_events() -> None:
    known = known_logsources()
    assert known[LogSource("windows", "process_creation")] == {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 1,
    }
    assert LogSource("windows", "", "security") in known
