"""The snapshots of a generation: the newest, and those that may go."""

from __future__ import annotations

from pathlib import Path

from tocsin_flink_sql.state.snapshots import prune, snapshots
from tocsin_flink_sql.state.storage import Storage
from unit.tocsin_flink_sql.state.written_snapshots import made


def test_the_newest_snapshot_is_that_of_the_highest_number(tmp_path: Path) -> None:
    generation = Storage(tmp_path).begin("audit", 1, 1, "earliest")
    made(generation, "checkpoints/job1/chk-9", 9)
    savepoint = made(generation, "savepoints/savepoint-1", 12)
    made(generation, "checkpoints/job2/chk-11", 11)
    (generation.checkpoints / "job2/chk-13").mkdir()
    made(generation, "savepoints/other", 99, magic=7)
    assert [each.number for each in snapshots(generation)] == [12, 11, 9]
    assert snapshots(generation)[0].uri == savepoint.as_uri()


def test_old_snapshots_go_but_not_those_of_a_running_job(tmp_path: Path) -> None:
    generation = Storage(tmp_path).begin("audit", 1, 1, "earliest")
    for number in range(1, 6):
        made(generation, f"checkpoints/job{number}/chk-{number}", number)
    prune(generation, 2, {"job1"})
    assert [each.number for each in snapshots(generation)] == [5, 4, 1]
