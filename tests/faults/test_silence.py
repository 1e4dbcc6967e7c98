"""A scan never ends in silent emptiness: what had nothing to look at is said."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from authoring import OTHER_ID, RULE_ID, events, rule, write
from tocsin.cli.commands.scan import scan
from tocsin.cli.commands.validate import validate
from tocsin.front.routes import routes
from tocsin.ir.evaluate import evaluate
from tocsin.model.source import LogSource, Served, Source

FAULT = Path(__file__).parent / "no-rules-no-word"
SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "action": "refund"}
ZEEK = {"_path": "dns", "action": "refund"}
OTHER = {"action": "refund"}


def scanned(tmp_path: Path, rules: list[Any], found: list[Any], *options: str) -> Result:
    for number, each in enumerate(rules):
        write(tmp_path / "rules" / f"{number}.yml", each)
    file = events(tmp_path / "events.jsonl", *found)
    given = ["--rules", str(tmp_path / "rules"), "--events", str(file), "--stats", *options]
    return CliRunner().invoke(scan, given)


def hits(result: Result) -> list[int]:
    return [json.loads(line)["event"] for line in result.stdout.splitlines()]


def figures(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stderr.splitlines()[-1])
    return found


@pytest.mark.parametrize("engine", ["evaluator", "matcher", "duckdb"])
@pytest.mark.parametrize(
    ("logsource", "wanted"),
    [
        ({"product": "windows", "category": "process_creation"}, [0]),
        ({"product": "windows"}, [0, 2]),
        ({"category": "process_creation"}, [0, 3]),
        ({"product": "windows", "category": "process_creation", "service": "sysmon"}, [0]),
        ({"product": "windows", "service": "odd"}, [2]),
        ({"product": "zeek", "service": "dns"}, [1]),
        ({"product": "zeek", "service": "odd"}, []),
        ({"product": "odd"}, [3]),
    ],
)
def test_a_rule_looks_at_events_of_its_log_source(
    tmp_path: Path, logsource: dict[str, str], wanted: list[int], engine: str
) -> None:
    found = [SYSMON, ZEEK, {**OTHER, "Channel": "Odd/Operational"}, OTHER]
    result = scanned(tmp_path, [rule(logsource=logsource)], found, "--engine", engine)
    assert hits(result) == wanted
    assert figures(result)["rules_without_events"] == (not wanted)
    assert ("without an event of their log source" in result.stderr) == (not wanted)


def test_ignoring_log_sources_is_every_event(tmp_path: Path) -> None:
    zeek = rule(logsource={"product": "zeek", "service": "dns"})
    assert hits(scanned(tmp_path, [zeek], [SYSMON, OTHER], "--ignore-logsource")) == [0, 1]


def test_sources_of_the_rules_project_are_known(tmp_path: Path) -> None:
    source = {
        "source": "shop",
        "title": "Shop",
        "logsources": [{"product": "shop"}],
        "where": {"kind": "shop"},
        "time": {"field": "t"},
        "fields": {"t": "timestamp", "kind": "string", "action": "string"},
    }
    write(tmp_path / "tocsin.toml", b'[project]\nname = "x"\n')
    write(tmp_path / "sources" / "shop.yml", yaml.safe_dump(source).encode())
    found = [{**OTHER, "kind": "shop"}, OTHER]
    shop = rule(logsource={"product": "shop"})
    other = rule(id=OTHER_ID, logsource={"product": "odd"})
    result = scanned(tmp_path, [shop, other], found)
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert {(each["rule"], each["event"]) for each in told} == {(RULE_ID, 0), (OTHER_ID, 1)}


def test_a_source_without_condition_claims_by_time_and_identity() -> None:
    source = Source("s", (), (Served(LogSource("shop")),), time_field="t", id_fields=("i",))
    where = routes([source]).where(LogSource("shop"))
    assert evaluate(where, {"t": 1, "i": 2})
    assert not evaluate(where, {"t": 1})


def test_blind_rules_and_what_they_miss_are_named(tmp_path: Path) -> None:
    blind = rule(id=OTHER_ID, detection={"s": {"Image": "a", "a.b": 1}, "condition": "s"})
    words = rule(
        id="11111111-1111-4111-8111-111111111111",
        detection={"words": ["x"], "condition": "words"},
    )
    found = [{**OTHER, "Image": None}, {**OTHER, "a": {"c": 1}}]
    result = scanned(tmp_path, [rule(), blind, words], found, "--ignore-logsource")
    assert figures(result)["rules_blind"] == 1
    assert figures(result)["fields_missed"] == {"Image": 1, "a.b": 1}
    assert "blind: no event has any field of 1 rule; most missed: " in result.stderr
    seen = scanned(tmp_path, [], [*found, {"a": {"b": 2}}], "--ignore-logsource")
    assert figures(seen)["rules_blind"] == 0


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([rule(logsource={"product": "zeek"})], [SYSMON]),
        ([rule(detection={"s": {"Image": "a"}, "condition": "s"})], [OTHER]),
    ],
)
def test_strict_fails_where_a_rule_has_nothing_to_look_at(
    tmp_path: Path, rules: list[Any], found: list[Any]
) -> None:
    assert scanned(tmp_path, rules, found).exit_code == 0
    assert scanned(tmp_path, [], found, "--strict").exit_code == 1


def test_upper_case_suffixes_are_rules() -> None:
    given = ["--rules", str(FAULT / "rules"), "--events", str(FAULT / "events.jsonl")]
    assert hits(CliRunner().invoke(scan, given)) == [0]
    assert CliRunner().invoke(validate, [str(FAULT / "rules")]).exit_code == 0


@pytest.mark.parametrize("make", ["empty", "linked", "other"])
def test_folders_without_rules_are_findings(tmp_path: Path, make: str) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    if make == "linked":
        (folder / "below").symlink_to(FAULT / "rules")
    elif make == "other":
        (folder / "rule.yaml.bak").write_text("title: x")
    given = ["--rules", str(folder), "--events", str(FAULT / "events.jsonl")]
    for result in (CliRunner().invoke(scan, given), CliRunner().invoke(validate, [str(folder)])):
        assert result.exit_code == 1
        assert str(folder) in result.output
    assert "no rules found" in CliRunner().invoke(scan, given).stderr
