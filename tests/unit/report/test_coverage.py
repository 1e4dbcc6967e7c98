"""The coverage report: what counts, and where it comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from coverage_content import entries, release, write_project
from tocsin.canonical import digest
from tocsin.report.coverage import Coverage, build
from tocsin.report.deployed import ReleaseInQuestion
from tocsin.report.documents import figures
from tocsin.state.lock import Lock, Locked
from unit.report.small_report import RULES, cell_of


def keys(coverage: Coverage, ids: tuple[str, ...]) -> list[str]:
    names = {row.id: row.key for row in coverage.rows}
    return sorted(names[id_] for id_ in ids)


def test_folds_sub_techniques_and_counts_a_detection_once(covered: Coverage) -> None:
    account = cell_of(covered, "T1098")
    assert keys(covered, account.detections) == ["keyadded", "rolegranted"]
    assert [part.technique.id for part in account.covered_parts] == ["T1098.001", "T1098.003"]
    assert account.own == ()
    assert keys(covered, cell_of(covered, "T1078").own) == ["rolegranted"]


def test_columns_are_the_tactics_and_hold_every_technique(covered: Coverage) -> None:
    names = [column.tactic.shortname for column in covered.columns]
    assert names == [tactic.shortname for tactic in covered.attack.tactics]
    in_columns = {cell.technique.id for column in covered.columns for cell in column.cells}
    assert in_columns == {t.parent for t in covered.attack.techniques.values()}
    by_name = {column.tactic.shortname: column for column in covered.columns}
    assert by_name["persistence"].covered == 2
    assert [len(c.detections) for c in by_name["persistence"].cells[:3]] == [2, 1, 0]
    assert by_name["impact"].covered == 0


def test_versions_come_from_the_lock(tmp_path: Path) -> None:
    project = write_project(tmp_path, *RULES[:3])
    same, changed = project.queries[:2]
    lines = {
        same.detection.id: Locked(same.detection.key, same.detection.id, 3, same.logic),
        changed.detection.id: Locked("k", changed.detection.id, 3, digest("older")),
    }
    rows = {row.id: row.version for row in build(project, Lock(lines)).rows}
    assert rows[same.detection.id] == 3
    assert rows[changed.detection.id] == 4
    assert rows[project.queries[2].detection.id] == 0


def test_an_environment_counts_what_is_live(tmp_path: Path) -> None:
    project = write_project(tmp_path, *RULES)
    first = release(1, "2026-11-01T10:00:00Z", entries(project, shadow="keyadded")[:3])
    coverage = build(project, Lock(), ReleaseInQuestion(first, {}))
    assert [row.key for row in coverage.counted] == ["logstopped", "oddrefund"]
    assert {row.key: row.mode for row in coverage.rows} == {
        "keyadded": "shadow",
        "logstopped": "live",
        "oddrefund": "live",
        "rolegranted": "",
    }
    assert cell_of(coverage, "T1098").detections == ()
    said = figures(coverage)
    assert (said["detections"], said["shadow"], said["not_deployed"]) == (2, 1, 1)


def test_a_date_shows_the_records_alone(tmp_path: Path) -> None:
    project = write_project(tmp_path, *RULES)
    old = tuple(replace(e, title="As It Was", version=7, cases=9) for e in entries(project)[:1])
    gone = replace(old[0], id="gone", key="gone", tags=("attack.t1485",))
    there = ReleaseInQuestion(release(4, "2026-11-01T10:00:00Z", (*old, gone)), {}, at="2026-11-02")
    coverage = build(project, Lock(), there)
    assert {(r.key, r.title, r.version, r.cases) for r in coverage.rows} == {
        ("keyadded", "As It Was", 7, 9),
        ("gone", "As It Was", 7, 9),
    }
    assert cell_of(coverage, "T1485").detections == ("gone",)
