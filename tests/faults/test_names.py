"""Names in source files that would be patterns, variables or columns of ours where they go."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import SOURCE, codes, project, rule, write
from tocsin.cli.main import main_group
from tocsin.errors import EngineError
from tocsin.front.project import load_project
from tocsin.front.sources import read_source
from tocsin.ir.query import Query
from tocsin.model.project import Settings
from tocsin.pack.part import Part
from tocsin_runtime.control.topic import topic_name
from tocsin_runtime.stream.names import found_topic, group_of, late_topic
from tocsin_runtime.worker.kafka import KafkaStream

FOLDER = Path(__file__).parent / "security"
TOPIC = "title: Shop\ntopic: {}"


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("topic_regex_source.yml", "the name of a Kafka topic"),
        ("spark_env_field_leak.yml", "${"),
        ("spark_env_injection.yml", "${"),
        ("spark_env_table.yml", "only A-Z a-z 0-9 _"),
        ("loop_topic/sources/app_audit.yml", "written by Tocsin itself"),
        ("tilde_field_project/sources/app_audit.yml", "reserved for computed columns"),
    ],
)
def test_names_of_an_attack(file: str, says: str) -> None:
    source, wrong = read_source(FOLDER / file)
    assert source is None
    assert set(codes(wrong)) == {"TOC062"}
    assert says in wrong[0].message
    assert wrong[0].span.line > 1


def test_nothing_reads_its_own_results() -> None:
    loaded = load_project(FOLDER / "loop_topic")
    assert not loaded.queries
    assert "TOC062" in codes(loaded.diagnostics)


@pytest.mark.parametrize(
    "topic",
    [
        *("tocsin.matches", "tocsin.alerts", "tocsin.dead-letters", "tocsin.control.a.prod"),
        *("tocsin.found.a.prod", "tocsin.refused.a.prod", "tocsin.late.a.prod", "TOCSIN.alerts"),
        *("^orders", "a b", "a/b", "'.'", "'..'", "a*", "é", '"a\\nb"', '"a\\n"', "a" * 250),
    ],
)
def test_a_topic_is_a_topic_of_events(tmp_path: Path, topic: str) -> None:
    text = SOURCE.replace("title: Shop", TOPIC.format(topic))
    source, wrong = read_source(write(tmp_path / "shop.yml", text))
    assert (source, codes(wrong), wrong[0].span.line) == (None, ["TOC062"], 3)


@pytest.mark.parametrize("topic", ["a", "tocsin", "a.b_c-D9", "a" * 249, "tocsins.own"])
def test_other_topics(tmp_path: Path, topic: str) -> None:
    text = SOURCE.replace("title: Shop", TOPIC.format(topic))
    source, wrong = read_source(write(tmp_path / "shop.yml", text))
    assert (source and source.topic, wrong) == (topic, [])


def test_a_name_that_makes_a_reserved_topic(tmp_path: Path) -> None:
    text = SOURCE.replace("source: shop", "source: tocsin_alerts")
    _, wrong = read_source(write(tmp_path / "tocsin_alerts.yml", text))
    assert (codes(wrong), wrong[0].span.line) == (["TOC062"], 1)


@pytest.mark.parametrize("table", ["a.b", "a b", "x.csv", "'1'", "'\"'", "$a", "a-b", "a" * 129])
def test_a_table_is_a_word(tmp_path: Path, table: str) -> None:
    text = SOURCE.replace("title: Shop", f"title: Shop\ntable: {table}")
    _, wrong = read_source(write(tmp_path / "shop.yml", text))
    assert (codes(wrong), wrong[0].span.line) == (["TOC062"], 3)


@pytest.mark.parametrize(
    "field", ['""', "a~", "~time", '"a${env:X}"', '"a\\nb"', '"\\u202ea"', '"\\u0000"', "a" * 501]
)
def test_a_field_is_a_plain_name(tmp_path: Path, field: str) -> None:
    text = SOURCE.replace("  action: string", f"  action: string\n  ? {field}\n  : string")
    _, wrong = read_source(write(tmp_path / "shop.yml", text))
    assert codes(wrong) == ["TOC062"]
    assert wrong[0].span.line == 9


@pytest.mark.parametrize("place", ['["${env:X}"]', '["a", ""]', '"a..b"', '["a\\u0007"]'])
def test_a_field_stands_at_plain_keys(tmp_path: Path, place: str) -> None:
    text = SOURCE.replace("[http.status]", place)
    _, wrong = read_source(write(tmp_path / "shop.yml", text))
    assert codes(wrong) == ["TOC062"]


def test_from_reaches_a_key_whose_name_is_none_for_a_column(tmp_path: Path) -> None:
    source, wrong = read_source(write(tmp_path / "s.yml", SOURCE.replace("http.status", "status~")))
    assert wrong == []
    assert source
    assert source.renamed == {"status": ("status~",)}


def test_a_client_never_gets_a_pattern() -> None:
    stream = object.__new__(KafkaStream)
    with pytest.raises(EngineError, match="cannot be a topic"):
        stream.subscribe(("^.*",), {})


def test_a_part_never_holds_a_pattern(tmp_path: Path) -> None:
    query = load_project(project(tmp_path, {"refund.yml": rule()})).queries[0]
    assert isinstance(query, Query)
    part = Part.of(query).encode()
    assert b'"topic":"shop"' in part
    with pytest.raises(ValueError, match="cannot be a topic"):
        Part.decode(part.replace(b'"topic":"shop"', b'"topic":"^.*"'))


@pytest.mark.parametrize(
    "name", ["web__misfits", "web__ALL", "x__drift", "web__refused", "base_1", "BASE_2_hits"]
)
def test_a_table_is_none_of_the_relations_of_statements(tmp_path: Path, name: str) -> None:
    text = SOURCE.replace("title: Shop", f"title: Shop\ntable: {name}")
    _, wrong = read_source(write(tmp_path / "shop.yml", text))
    assert (codes(wrong), wrong[0].span.line) == (["TOC062"], 3)
    named = SOURCE.replace("source: shop", f"source: {name.lower()}")
    _, wrong = read_source(write(tmp_path / f"{name}.yml", named))
    assert (codes(wrong), wrong[0].span.line) == (["TOC062"], 1)


@pytest.mark.parametrize("name", ["events", "hits", "windows", "ranked", "reasons", "judged"])
def test_a_source_may_be_named_as_a_later_part_of_a_statement(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [{"name": "two", "events": [HIT, {**HIT, "at": "1s"}], "expect": {"alerts": 1}}]
    body = {"type": "event_count", "rules": ["r"], "timespan": "1m", "condition": {"gte": 2}}
    over = {"title": "C", "correlation": body, "tocsin": {"tests": cases}}
    root = project(tmp_path, {"a.yml": rule(name="r"), "c.yml": over})
    (root / "sources/shop.yml").rename(root / f"sources/{name}.yml")
    write(root / f"sources/{name}.yml", SOURCE.replace("source: shop", f"source: {name}"))
    monkeypatch.chdir(root)
    told = CliRunner().invoke(main_group, ["test", "--engine", "duckdb"])
    assert told.exit_code == 0, told.output
    assert re.search(r"duckdb +1 +0 +0", told.output)


HIT = {"at": "0s", "action": "refund"}


NAMES = [("a.b", "c"), ("a", "b"), ("a-b", "c"), ("a", "b-c"), ("a_b", "c"), ("a", "b_c")]


def test_projects_and_environments_share_nothing_on_a_broker() -> None:
    for name in (topic_name, found_topic, late_topic, group_of):
        assert len({name(*each) for each in NAMES}) == len(NAMES)
    with pytest.raises(ValueError, match="cannot be the name of an environment"):
        Settings.model_validate({"environments": {"b.c": {"kind": "local", "backend": "b"}}})
