"""Mappings of controls: whose they are, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.front.attack import load_attack
from tocsin.front.mappings import check_mappings, parse_mapping
from tocsin.model.control_mapping import MappingLine

BLOCK = b"""catalogue: example-1
by: Example Ltd
licence: Apache-2.0
attack: "16.1"
controls: {A-1: Accounts, A-10: Alarms}
groups: {A: All, A-1: First}
"""
TABLE = b"""control,technique,mapping_type,score_category,score_value
A-1,t1098,technique_scores,detect,partial
A-10,T1562.001,mitigates,,
"""


def test_a_mapping_is_read() -> None:
    found, wrong = parse_mapping(BLOCK, TABLE, "mappings/example.yml")
    assert found is not None
    assert not wrong
    assert found.lines == (
        MappingLine("A-1", "T1098", "technique_scores", "detect partial"),
        MappingLine("A-10", "T1562.001", "mitigates"),
    )
    assert [found.group_of(each) for each in ("A-10", "A-2", "B")] == ["First", "All", None]


@pytest.mark.parametrize(
    ("block", "table", "message"),
    [
        (b"", TABLE, "the file is empty"),
        (BLOCK.replace(b"by: Example Ltd\n", b""), TABLE, "by"),
        (BLOCK + b"more: 1\n", TABLE, "more"),
        (BLOCK.replace(b"example-1", b"'a:b'"), TABLE, "catalogue"),
        (BLOCK, b"", "no column 'control'"),
        (BLOCK, b"control,id\nA-1,T1098\n", "no column 'technique'"),
        (BLOCK, b"control,technique\nA-1\n", "line 2 has 1 values"),
        (BLOCK, b"control,technique\nA-1,T109\n", "not the id of a technique: 'T109'"),
        (BLOCK, b"control,technique\n ,T1098\n", "no control is named"),
        (BLOCK, b"control,technique\nA\xe2\x80\xae,T1098\n", "not plain text"),
        (BLOCK, b"control,technique\n\xff,T1098\n", "not a table"),
        (BLOCK, b'control,technique\n"A,T1098\n', "not a table"),
        (b"catalogue: [", TABLE, ""),
    ],
)
def test_what_is_wrong_is_said(block: bytes, table: bytes, message: str) -> None:
    found, wrong = parse_mapping(block, table, "mappings/example.yml")
    assert found is None
    assert message in wrong[0].message


def test_a_mapping_without_its_table_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "example.yml").write_bytes(BLOCK)
    [missing] = check_mappings(tmp_path)
    assert missing.span.file.endswith("example.csv")
    (tmp_path / "example.csv").write_bytes(TABLE)
    assert check_mappings(tmp_path) == []
    (tmp_path / "other.yml").symlink_to(tmp_path / "example.yml")
    assert "it is a link" in check_mappings(tmp_path)[0].message


def test_names_may_be_as_many_as_there_are() -> None:
    names = json.dumps({f"A-{n}": "x" for n in range(3000)}).encode()
    block = BLOCK.replace(b"{A-1: Accounts, A-10: Alarms}", names)
    assert parse_mapping(block, TABLE, "mappings/example.yml")[0] is not None


@pytest.mark.parametrize(
    ("name", "lines", "lost"),
    [
        ("nist_800_53-rev5", 5264, ["T1521.003", "T1562", "T1562.006"]),
        ("csa_ccm-4.1", 790, ["T1562"]),
        ("cri_profile-v2.1", 2152, ["T1562", "T1562.006"]),
    ],
)
def test_published_tables_are_read(shared: Path, name: str, lines: int, lost: list[str]) -> None:
    """Of the versions 16 and 17 of ATT&CK: nearly all that was renamed since has a successor."""
    table = (shared / "data" / "compliance" / f"{name}.csv").read_bytes()
    found, _ = parse_mapping(BLOCK, table, f"mappings/{name}.yml")
    assert found is not None
    assert len(found.lines) == lines
    named, attack = {line.technique for line in found.lines}, load_attack()
    assert sorted(id_ for id_ in named if not attack.current(id_)) == lost
