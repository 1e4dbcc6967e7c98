"""The table of a local folder: what is written is read, and damage is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin import gate
from tocsin.model.source import Column, FieldType, Source
from tocsin.release.entry import Entry
from tocsin.release.local_folder import LiveTable

ENTRY = Entry(
    "id", "role", 1, "l", "a", "m", "batch-sql", "audit", "a/role.sql", "Rôle", tags=("t",)
)
SOURCE = Source("audit", (Column("action", FieldType.STRING, ("a", "b")),))
TABLE = LiveTable("here", 3, (SOURCE,), (ENTRY,))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    TABLE.write(tmp_path)
    assert LiveTable.read(tmp_path) == TABLE


def test_people_and_diffs_can_read_it(tmp_path: Path) -> None:
    TABLE.write(tmp_path)
    text = (tmp_path / "live.json").read_text()
    names = ["form", "environment", "release", "sources", "detections", "mutes"]
    assert list(json.loads(text)) == names
    assert text.startswith('{\n "form": 2,\n "environment": "here",\n "release": 3,')
    assert "Rôle" in text
    assert text.endswith("\n}\n")


def test_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(gate.MissingError):
        LiveTable.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"form": 3}, "form 3 is not known here, only 2"),
        ({"release": "3"}, "release: Input should be a valid integer"),
        ({"release": -1}, "release: Input should be greater than or equal to 0"),
        ({"detections": [{"id": 1}]}, "detections.0.id: Input should be a valid string"),
        ({"detections": None}, "detections: Input should be"),
        ({"environment": None}, "environment: Input should be"),
    ],
)
def test_damage_is_told(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    TABLE.write(tmp_path)
    file = tmp_path / "live.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(gate.UnreadError) as refused:
        LiveTable.read(tmp_path)
    assert refused.value.reason.startswith(reason)


@pytest.mark.parametrize("text", ["[]", "1", "{}", '{"form": 2}'])
def test_what_is_no_table_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / "live.json").write_text(text)
    with pytest.raises(gate.UnreadError):
        LiveTable.read(tmp_path)
