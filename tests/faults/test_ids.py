"""Names and ids as authors write them, and messages that say what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from authoring import RULE_ID, codes, rule, write
from tocsin.front.collect import collect
from tocsin.front.placeholders import read_placeholders
from tocsin.front.relate import relate_inferred
from tocsin.scan.infer import UNBOUND

HERE = Path(__file__).parent


def test_the_case_of_an_id_means_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule(id=RULE_ID.upper()))
    write(
        tmp_path / "f.yml",
        {
            "title": "F",
            "logsource": {"product": "shop"},
            "filter": {"rules": [RULE_ID.title()], "f": {"a": 1}, "condition": "not f"},
        },
    )
    write(
        tmp_path / "c.yml",
        {
            "title": "C",
            "correlation": {
                "type": "event_count",
                "rules": [RULE_ID],
                "timespan": "1m",
                "condition": {"gte": 2},
            },
        },
    )
    found = collect([tmp_path])
    assert not found.diagnostics
    assert found.rules[0].detection.id == RULE_ID
    assert not relate_inferred(found, UNBOUND, ignore_logsource=True).diagnostics
    write(tmp_path / "b.yml", rule())
    assert codes(collect([tmp_path]).diagnostics) == ["TOC040"]


def test_rules_without_id_in_files_of_one_name_are_two(tmp_path: Path) -> None:
    for folder in ("one", "two", "three/one"):
        write(tmp_path / folder / "x.yml", rule(id=None))
    found = collect([tmp_path])
    assert not found.diagnostics
    assert len({each.detection.id for each in found.rules}) == 3


def test_a_placeholder_without_values(tmp_path: Path) -> None:
    values, wrong = read_placeholders(HERE / "placeholder-empty/placeholders")
    assert not wrong
    found = collect([HERE / "placeholder-empty/rule.yml"], values)
    assert codes(found.diagnostics) == ["TOC026"]
    write(tmp_path / "a.txt", b"\xef\xbb\xbfadmin\n")
    assert read_placeholders(tmp_path)[0] == {"a": ("admin",)}


def test_a_field_has_a_name(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yml", rule(detection={"s": {"": "x"}, "condition": "s"}))
    [found] = collect([file]).diagnostics
    assert found.message == "a field without a name"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("messages/and.yml", "unexpected end"),
        ("messages/null.yml", "an empty selection"),
        ("messages/not.yml", "negate in the condition, or with `neq`"),
        ("yaml-hints/rule.yml", "quote a text that begins with *"),
        ("yaml-hints/equals.yml", "quote it"),
    ],
)
def test_what_is_wrong_is_said(file: str, said: str) -> None:
    found = collect([HERE / file]).diagnostics
    assert said in f"{found[0].message} {found[0].hint}"
