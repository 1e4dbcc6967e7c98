"""The benchmark's protocol, its order of runs, and its tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench import report
from bench.contenders import CONTENDERS, PEERS, REFERENCE, ROOT, Contender, Isolated, Module
from bench.differences import Difference, Sample, differences
from bench.events import DATA_SETS, made
from bench.measure import Commands, Run, figures, interleaved
from bench.protocol import Loaded, Pair, Scanned, batches, rule_files, run
from bench.report import SETS, failures, growth, lines, machine, read, throughput
from bench.rules import RuleFolder, growing
from bench.schedule import STREAMED, Schedule, Sizes
from bench.tables import completed, load_duckdb, quoted, view_duckdb


def row(name: str, seconds: float, **more: Any) -> dict[str, Any]:
    given = {"part": "stream", "data": "quiet", "rules": 7, "round": 0, "name": name}
    figures = {"version": "1", "rules_loaded": 7, "rules_failed": 0, "load_seconds": 0.25}
    return given | figures | {"events": 1000, "seconds": seconds, "peak_rss_mb": 99.6} | more


def test_tables_show_medians_spans_and_ratios_of_rounds() -> None:
    mine = [row("tocsin-matcher", each) for each in (0.1, 0.2, 0.125)]
    theirs = [row("rsigma-eval", each, rules_failed=2) for each in (0.2, 0.25, 0.25)]
    table = throughput({"runs": mine + theirs}, "stream", "quiet", ["rsigma-eval", "azuma"])
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    head = [
        "contender",
        "events/s",
        "times rsigma-eval (Rust)",
        "events",
        "rules",
        "load",
        "memory",
    ]
    fast = ["8,000 (5,000 … 10,000)", "2.00 (1.25 … 2.00)", "1,000", "7", "0.25 s", "100 MB"]
    slow = ["4,000 (4,000 … 5,000)", "1.00 (1.00 … 1.00)", "1,000", "7, 2 failed", "0.25 s"]
    assert cells[0] == head
    assert cells[2] == ["Tocsin, matcher of kafka-filter", *fast]
    assert cells[3] == ["rsigma-eval (Rust)", *slow, "100 MB"]


def test_growth_has_a_column_for_each_number_of_rules() -> None:
    counts = {10: 0.1, 1000: 0.4, 3700: 1.0}
    runs = [
        row("tocsin-matcher", seconds, part="growth", data="realistic", rules=rules)
        for rules, seconds in counts.items()
    ]
    head, _, line = growth({"runs": runs}).splitlines()
    assert head.count("rules") == 3
    assert "| 10,000 | 2,500 | 1,000 | ÷ 4.0 | 100 MB |" in line


def test_differences_and_failures_are_said() -> None:
    common = {"sample": "real", "events": 50}
    same = {"both": 5, "only_theirs": 0, "only_ours": 0, "rules": 0}
    odd = {"both": 4, "only_theirs": 3, "only_ours": 1, "rules": 1}
    found = [{**common, "name": "azuma", **odd}, {**common, "name": "rsigma-eval", **same}]
    table = report.differences({"differences": found})
    assert "| azuma | 3 too many, 1 missing, in 1 rule |" in table
    assert "| rsigma-eval (Rust) | none (5 matches) |" in table
    failed = [{"contender": "rsigma-eval", "part": "stream", "reason": "no cargo on PATH"}]
    assert "| rsigma-eval (Rust) | stream | no cargo on PATH |" in failures({"failures": failed})
    assert failures({"failures": []}) == "All contenders ran."


def test_sets_of_pairs_are_compared(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.write_text("a\t1\na\t2\nb\t1\n")
    theirs.write_text("a\t1\nb\t1\nb\t7\nc\t1\n")
    samples = [Sample("first", range(2)), Sample("second", range(2, 9))]
    assert differences(samples, ours, theirs) == [
        Difference("first", events=2, both=2, only_theirs=1, only_ours=0, rules=1),
        Difference("second", events=7, both=0, only_theirs=1, only_ours=1, rules=2),
    ]


class Small:
    """Matches lines that have an x, by a rule for each file."""

    name = "small"
    version = "2"

    def load(self, rules: Path) -> Loaded:
        return Loaded(len(rule_files(rules)), {"broken.yml": "because"})

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        found = [line for batch in batches(events, limit) for line in batch]
        pairs = [("r", number) for number, line in enumerate(found) if b"x" in line]
        if kept is not None:
            kept += pairs
        return Scanned(len(found), len(pairs))


def test_protocol_prints_one_line_and_writes_sorted_pairs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yml").touch()
    (tmp_path / "a.test.yml").touch()
    events = tmp_path / "events"
    events.write_text("".join(f"{'x' if n % 5 == 0 else '-'}\n" for n in range(2600)))
    pairs = tmp_path / "pairs"
    arguments = ["--rules", tmp_path, "--events", events, "--limit", 2501, "--matches", pairs]
    run(Small(), list(map(str, arguments)))
    said = json.loads(capsys.readouterr().out)
    assert said["events"] == 2501
    assert said["matches"] == 501
    assert (said["rules_loaded"], said["rules_failed"]) == (1, 1)
    assert said["peak_rss_mb"] > 1
    written = pairs.read_text().splitlines()
    assert written == sorted(written)
    assert written[:2] == ["r\t0", "r\t10"]


def test_rounds_are_interleaved_and_slow_contenders_get_fewer_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path))
    only = frozenset({"parse-alone", "tocsin-evaluator", "rsigma-eval"})
    main = RuleFolder(ROOT / "detections" / "rules", 1, "own")
    schedule = Schedule(Sizes(events=500_000), 7, main, (), only)
    monkeypatch.setattr(Schedule, "_lines", lambda *_: tmp_path)
    runs = schedule.stream("realistic")
    assert {each.contender.name: each.limit for each in runs} == {
        "rsigma-eval": 500_000,
        "tocsin-evaluator": 1000,
        "parse-alone": 500_000,
    }
    assert {each.contender.name for each in schedule.stream("quiet")} == only - {REFERENCE}
    order = [(number, each.contender.name) for number, each in interleaved(runs, 2)]
    assert [number for number, _ in order] == [0, 0, 0, 1, 1, 1]
    assert [name for _, name in order[:3]] == [name for _, name in order[3:]]


def test_rules_grow_by_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "rules"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.yml").write_text(f"title: T\nid: {99 - number}\n")
    [ten] = growing(RuleFolder(folder, 12, "some"), whole=False)
    ids = [file.read_text().split()[-1] for file in rule_files(ten.path)]
    assert ids == [str(number) for number in range(88, 98)]


@pytest.mark.parametrize("module", ["matcher", "evaluator", "duckdb_sql", "duckdb_pack"])
def test_our_contenders_agree_on_own_rules(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path))
    events = made(DATA_SETS["attacks"], 60)
    rules = tmp_path / "rules"
    rules.mkdir()
    detection = "detection: {s: {CommandLine|contains: powershell}, condition: s}\n"
    head = "title: T\nid: 5b0b3a54-4a5e-4c0e-9b6c-1f1f3c9c7f11\n"
    (rules / "r.yml").write_text(f"{head}logsource: {{product: windows}}\n{detection}")
    want = [
        f"5b0b3a54-4a5e-4c0e-9b6c-1f1f3c9c7f11\t{number}"
        for number, line in enumerate(events.read_bytes().splitlines())
        if "powershell" in json.loads(line)["CommandLine"].lower()
    ]
    options = ("duckdb-one-query",) if module == "duckdb_sql" else ()
    contender = Contender("c", "C", Module(f"bench.ours.{module}", options))
    pairs = tmp_path / "pairs"
    folder = RuleFolder(rules, 1, "one")
    found = figures(Run("stream", "attacks", folder, contender, events, 60, pairs), Commands(0))
    assert want
    assert pairs.read_text().splitlines() == sorted(want)
    assert (found["events"], found["matches"], found["rules_loaded"]) == (60, len(want), 1)


def test_tables_have_the_columns_that_rules_name(tmp_path: Path) -> None:
    odd = 'odd "name"'
    events = tmp_path / "e.jsonl"
    events.write_text('{"a": 1, "B": "x"}\n{"a": 2, "B": null}\n{"a": 3}\n')
    with duckdb.connect() as connection:
        assert load_duckdb(connection, events, 2, "t") == 2
        view_duckdb(connection, "t", ["B", "A", odd], "v")
        rows = connection.table("v").project(f"__n, B, A, {quoted(odd)}").fetchall()
    assert completed(["a", "B"], ["A", "c", "C"]) == ["a", "B", "c"]
    assert rows == [(0, "x", None, None), (1, None, None, None)]


def test_peers_are_pinned() -> None:
    isolated = [each.program for each in CONTENDERS if isinstance(each.program, Isolated)]
    assert isolated
    for program in isolated:
        pins = (PEERS / "requirements" / f"{program.requirements}.txt").read_text().split("\n")
        assert all("==" in pin for pin in pins if pin)
        assert (ROOT / f"{program.name.replace('.', '/')}.py").exists()


def test_the_record_of_the_page_is_whole() -> None:
    record = read(ROOT / "bench" / "results" / "recorded.json")
    assert set(STREAMED) == set(SETS)
    for data in SETS:
        assert {"tocsin-matcher", "rsigma-eval"} <= {
            line.name for line in lines(record, "stream", data)
        }
    assert lines(record, "batch", "realistic")
    assert str(record["machine"]["processor"]) in machine(record)
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    for plot in ("throughput", "growth", "memory"):
        assert f"images/performance-{plot}.svg" in page
        assert (ROOT / "docs" / "images" / f"performance-{plot}.svg").exists()
