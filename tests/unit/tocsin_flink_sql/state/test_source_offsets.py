"""How far a job had read when a snapshot was made."""

from __future__ import annotations

from pathlib import Path

from tocsin_flink_sql.state.snapshots import snapshots
from tocsin_flink_sql.state.source_offsets import positions
from tocsin_flink_sql.state.storage import Storage
from unit.tocsin_flink_sql.state.written_snapshots import made, split

TOPIC = "audit"


def test_positions_are_those_of_the_reader(tmp_path: Path) -> None:
    generation = Storage(tmp_path).begin("audit", 1, 1, "earliest")
    folder = made(generation, "savepoints/savepoint-1", 3)
    enumerator = split(TOPIC, 0, -2) + split(TOPIC, 1, 7) + split(TOPIC, 2, -2)
    reader = split(TOPIC, 1, 42) + split(TOPIC, 0, 40) + split("audits", 0, 99)
    with (folder / "_metadata").open("ab") as file:
        file.write(enumerator + b"between" + reader)
    [snapshot] = snapshots(generation)
    assert positions(snapshot, TOPIC) == "partition:0,offset:40;partition:1,offset:42"
    assert positions(snapshot, "other") == ""
