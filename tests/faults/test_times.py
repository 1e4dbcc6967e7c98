"""Times as products write them: read the same everywhere, and said where they are none."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authoring import write
from tocsin.cli.main import main_group

HERE = Path(__file__).parent
ENGINES = [
    *("evaluator", "matcher", "duckdb"),
    *(pytest.param(name, marks=pytest.mark.engine) for name in ("spark", "flink")),
]
FAULT = HERE / "time-offset-without-colon"
AT = 1767225600


@pytest.fixture(autouse=True)
def _cluster(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes the cluster of the run."""
    given = getattr(request.node, "callspec", None)
    if given and given.params.get("engine") == "flink":
        servers = nullcontext(request.getfixturevalue("endpoints"))
        monkeypatch.setattr("tocsin.app.engines.started_for", lambda _: servers)


def scan(rules: Path, events: Path, engine: str) -> Result:
    words = ["scan", "--rules", str(rules), "--events", str(events), "--ignore-logsource"]
    return CliRunner().invoke(main_group, [*words, "--engine", engine])


def numbers(result: Result) -> list[int]:
    return [json.loads(line)["event"] for line in result.stdout.splitlines()]


def written(folder: Path, events: list[dict[str, Any]]) -> Path:
    file = folder / "events.jsonl"
    file.write_text(
        "".join(json.dumps({"src_ip": "a", "event_type": "alert", **e}) + "\n" for e in events)
    )
    return file


@pytest.mark.parametrize("engine", ENGINES)
def test_an_offset_without_a_colon(engine: str) -> None:
    told = scan(FAULT / "rule.yml", FAULT / "events.jsonl", engine)
    assert (told.exit_code, numbers(told)) == (0, [1]), told.output
    assert "left out" not in told.stderr


@pytest.mark.parametrize(
    "times",
    [
        [{"ts": AT + 0.25}, {"ts": AT + 60}, {"ts": AT + 60.251}],
        [
            {"timestamp": AT * 1000},
            {"timestamp": AT * 1000 + 60_000},
            {"timestamp": AT * 1000 + 120_001},
        ],
        [
            {"time": str(AT * 10**6)},
            {"time": (AT + 60) * 10**6},
            {"time": (AT + 120) * 10**6 + 1000},
        ],
        [
            {"@timestamp": AT * 10**9},
            {"@timestamp": (AT + 60) * 10**9},
            {"time": "2026-01-01T00:02:00.001+0000"},
        ],
        [{"timestamp": "n/a", "ts": AT}, {"timestamp": 5, "ts": AT + 60}, {"time": [AT + 121]}],
    ],
    ids=["seconds", "milliseconds", "microseconds", "nanoseconds", "the next field"],
)
@pytest.mark.parametrize("engine", ["evaluator", "matcher", "duckdb"])
def test_times_of_events_without_a_source(
    times: list[dict[str, Any]], engine: str, tmp_path: Path
) -> None:
    told = scan(FAULT / "rule.yml", written(tmp_path, times), engine)
    wanted = [1, 2] if "ts" in times[0] and times[0]["ts"] == AT + 0.25 else [1]
    assert (told.exit_code, numbers(told)) == (0, wanted), told.output
    assert "left out" not in told.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_a_match_without_time_is_said_with_its_field_and_text(engine: str, tmp_path: Path) -> None:
    events = [{"timestamp": "01/02/2026"}, {"timestamp": "02/02/2026"}, {"time": "2026-01-01"}]
    told = scan(FAULT / "rule.yml", written(tmp_path, [*events, {"event_type": "dns"}]), engine)
    assert (told.exit_code, numbers(told)) == (0, [])
    said = "2 base matches without time (timestamp is '01/02/2026')"
    assert f"left out of two alerts of one source: {said}" in told.stderr


RULES = """\
title: a login in UNIT
id: 6d3f2c1e-6a51-4a55-8a53-0d8f3f2c1NUMBER01
name: login_UNIT
logsource: {product: shop, service: UNIT}
detection: {s: {do: login}, condition: s}
---
title: logins in UNIT
id: 6d3f2c1e-6a51-4a55-8a53-0d8f3f2c1NUMBER02
name: logins_UNIT
correlation:
  type: event_count
  rules: [login_UNIT]
  group-by: [user]
  timespan: 1m
  condition: {gte: 2}
tocsin:
  owner: soc
  tests:
    - name: two
      events: [{at: 0s, do: login, user: ann}, {at: 59500ms, do: login, user: ann}]
      expect: {alerts: 1, events: [1]}
    - name: they say when
      events:
        - {ts: FIRST, do: login, user: ann}
        - {ts: "soon", do: login, user: ann}
        - {ts: LAST, do: login, user: ann}
      expect: {alerts: 1}
"""


UNITS = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}


@pytest.mark.parametrize("engine", ["evaluator", "duckdb", *ENGINES[3:]])
def test_cases_of_a_source_in_a_unit(engine: str, tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text('[project]\nname = "shop"\n')
    words = ["test", str(tmp_path), "--engine", engine]
    for last, code in ((60, 0), (61, 1)):
        for unit in UNITS:
            in_unit(tmp_path, unit, last)
        told = CliRunner().invoke(main_group, words)
        assert told.exit_code == code, told.output
    said = "left out: 1 base match without time (ts is 'soon')"
    assert " ".join(told.output.split()).count(said) == len(UNITS)


def in_unit(folder: Path, unit: str, last: int) -> None:
    """A source with times in a unit, and rules for it whose last event comes so many seconds on."""
    source = {
        "source": f"shop_{unit}",
        "title": "Shop",
        "logsources": [{"product": "shop", "service": unit}],
        "time": {"field": "ts", "unit": unit, "lateness": "1h"},
        "fields": {"ts": "integer", "do": "string", "user": "string"},
    }
    write(folder / "sources" / f"{unit}.yml", json.dumps(source))
    size, number = UNITS[unit], list(UNITS).index(unit)
    values = {"UNIT": unit, "NUMBER": number, "FIRST": AT * size, "LAST": (AT + last) * size}
    text = RULES
    for name, value in values.items():
        text = text.replace(name, str(value))
    write(folder / "rules" / f"logins-{unit}.yml", text)
