"""The coverage report: what counts, where it comes from, and that the page trusts nobody."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conftest import Tocsin
from coverage_content import entries, release, rule, write_project
from tocsin.canonical import digest
from tocsin.errors import ConfigError
from tocsin.report.coverage import Coverage, TechniqueCell, build
from tocsin.report.deployed import ReleaseInQuestion, Since, deployed, moment
from tocsin.report.documents import as_json, figures, navigator_layer
from tocsin.report.page import anchor, heat, render_html
from tocsin.state.git_ledger import GitLedger
from tocsin.state.lock import Lock, Locked
from tocsin.state.release import Release

RULES = (
    rule("Key Added", "attack.persistence", "attack.t1098.001", cases=2),
    rule("Role Granted", "attack.t1098.003", "attack.T1098", "attack.t1078", level="critical"),
    rule("Log Stopped", "attack.t1562.008", "attack.ta0005", "attack.s0002", level="low"),
    rule("Odd Refund", "detection.emerging-threats", cases=1),
)


@pytest.fixture
def covered(tmp_path: Path) -> Coverage:
    return build(write_project(tmp_path, *RULES), Lock())


def cell_of(coverage: Coverage, technique: str) -> TechniqueCell:
    return next(cell for cell in coverage.cells if cell.technique.id == technique)


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


def test_figures(covered: Coverage) -> None:
    assert figures(covered) == {
        "detections": 4,
        "shadow": 0,
        "not_deployed": 0,
        "techniques": 2,
        "techniques_all": 222,
        "subtechniques": 2,
        "subtechniques_all": 475,
        "tactics": 4,
        "tactics_all": 15,
        "sources": 1,
        "sources_all": 1,
        "cases": 3,
        "without_technique": 2,
    }


def test_retired_techniques_are_named_and_do_not_count(covered: Coverage) -> None:
    (found,) = as_json(covered)["unknown_techniques"]
    assert (found["technique"], found["successor"]) == ("T1562.008", "T1685.002")
    assert cell_of(covered, "T1685").detections == ()


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


class Ledger:
    """Releases that lie in memory."""

    environment = "local"

    def __init__(self, *releases: Release) -> None:
        self.known = releases

    def last(self) -> Release | None:
        return self.known[-1] if self.known else None

    def releases(self) -> list[Release]:
        return list(reversed(self.known))

    def bodies(self, *_: Any) -> dict[str, bytes]:
        return {}


@pytest.mark.parametrize(
    ("at", "number"),
    [
        ("", 3),
        ("2026-12-24", 3),
        ("2026-11-20", 2),
        ("2026-11-20T16:40:01", 1),
        ("2026-11-20T16:40:02", 2),
        ("2026-11-20T17:40:01+01:00", 1),
        ("2026-11-01", 1),
    ],
)
def test_a_date_picks_the_release_that_was_current(at: str, number: int) -> None:
    ledger = Ledger(
        release(1, "2026-11-01T23:59:59Z", ()),
        release(2, "2026-11-20T16:40:02Z", ()),
        release(3, "2026-11-21T00:00:00Z", ()),
    )
    assert deployed(ledger, at).release.number == number


def test_since_is_the_start_of_the_present_stretch(tmp_path: Path) -> None:
    project = write_project(tmp_path, *RULES[:2])
    v1, v2 = entries(project), entries(project, version=2)
    stamps = [f"2026-11-0{n}T00:00:00Z" for n in range(1, 6)]
    steps = [v1, v2, (v1[0], v2[1]), v1, v1]  # the first is rolled back at 3, the second at 4
    ledger = Ledger(*(release(n + 1, stamps[n], found) for n, found in enumerate(steps)))
    since = deployed(ledger).since
    assert since == {v1[0].id: Since(3, stamps[2]), v1[1].id: Since(4, stamps[3])}


def test_mistakes_of_dates_have_hints() -> None:
    with pytest.raises(ConfigError, match="no release yet") as never:
        deployed(Ledger())
    assert "tocsin history" in never.value.hint
    with pytest.raises(ConfigError, match="had no release at 2026-10-31"):
        deployed(Ledger(release(1, "2026-11-01T00:00:00Z", ())), "2026-10-31")
    with pytest.raises(ConfigError, match="not a date: yesterday"):
        moment("yesterday")


# The properties of layer format 4.5 that we write, as its document lists them.
LAYER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "domain"],
    "properties": {
        "name": {"type": "string"},
        "versions": {
            "type": "object",
            "additionalProperties": False,
            "required": ["navigator", "layer"],
            "properties": {
                "attack": {"type": "string"},
                "navigator": {"type": "string", "pattern": r"^(4\.9|[5-9]\.)"},
                "layer": {"const": "4.5"},
            },
        },
        "domain": {"enum": ["enterprise-attack", "mobile-attack", "ics-attack"]},
        "description": {"type": "string"},
        "sorting": {"enum": [0, 1, 2, 3]},
        "layout": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "layout": {"enum": ["side", "flat", "mini"]},
                "showName": {"type": "boolean"},
                "expandedSubtechniques": {"enum": ["none", "all", "annotated"]},
            },
        },
        "hideDisabled": {"type": "boolean"},
        "techniques": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["techniqueID"],
                "properties": {
                    "techniqueID": {"type": "string", "pattern": r"^T[0-9]{4}(\.[0-9]{3})?$"},
                    "score": {"type": "number"},
                    "comment": {"type": "string"},
                    "showSubtechniques": {"type": "boolean"},
                },
            },
        },
        "gradient": {
            "type": "object",
            "additionalProperties": False,
            "required": ["colors", "minValue", "maxValue"],
            "properties": {
                "colors": {
                    "type": "array",
                    "minItems": 2,
                    "items": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
                },
                "minValue": {"type": "number"},
                "maxValue": {"type": "number"},
            },
        },
        "legendItems": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["label", "color"],
                "properties": {"label": {"type": "string"}, "color": {"type": "string"}},
            },
        },
        "metadata": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "value"],
                "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
            },
        },
    },
}


def test_the_navigator_layer_is_valid_and_scores_are_counts(covered: Coverage) -> None:
    layer = navigator_layer(covered)
    jsonschema.validate(layer, LAYER)
    assert {t["techniqueID"]: t["score"] for t in layer["techniques"]} == {
        "T1078": 1,
        "T1098": 2,
        "T1098.001": 1,
        "T1098.003": 1,
    }
    account = next(t for t in layer["techniques"] if t["techniqueID"] == "T1098")
    assert account["showSubtechniques"] is True
    assert sorted(account["comment"].split("\n")) == ["Key Added", "Role Granted"]
    assert layer["gradient"]["maxValue"] == 2


def test_an_empty_project_has_a_page_and_a_valid_layer(tmp_path: Path) -> None:
    coverage = build(write_project(tmp_path), Lock())
    layer = navigator_layer(coverage)
    jsonschema.validate(layer, LAYER)
    assert layer["gradient"]["maxValue"] > layer["gradient"]["minValue"]
    assert "There is no detection." in render_html(coverage)


def test_json_says_the_same_as_the_page(covered: Coverage) -> None:
    told = json.loads(json.dumps(as_json(covered)))
    ids = {detection["id"] for detection in told["detections"]}
    for technique in told["techniques"]:
        assert ids.issuperset(technique["detections"])
    assert {t["id"]: len(t["detections"]) for t in told["techniques"]} == {
        t["techniqueID"]: t["score"] for t in navigator_layer(covered)["techniques"]
    }
    added = next(d for d in told["detections"] if d["key"] == "keyadded")
    assert (added["techniques"], added["cases"], added["version"]) == (["T1098.001"], 2, None)
    assert (added["source"], added["logsource"]) == ("shop_audit", "product=shop")
    assert added["deployed"] is None


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</title></style></script><svg onload=alert(1)>",
    "javascript:alert(1)",
)


def test_text_of_strangers_stays_text(tmp_path: Path) -> None:
    rules = [rule(f"{text} {n}", "attack.t1098") for n, text in enumerate(HOSTILE)]
    for n, each in enumerate(rules):
        each["name"] = each["tocsin"]["owner"] = f"x{n}"
    rules[0]["tocsin"]["owner"] = rules[1]["tocsin"]["owner"] = HOSTILE[1]
    coverage = build(write_project(tmp_path, *rules), Lock())
    page = render_html(replace(coverage, project=HOSTILE[3], environment=HOSTILE[0], release=1))
    for text in HOSTILE:
        assert text in unescape(page)
    assert page.count("<script") == 1
    assert page.count("<style") == 1
    assert "<img" not in page
    assert page.count("<svg ") == 1
    assert not re.search(r'href="(?!#|https://attack\.mitre\.org/|data:image/svg)', page)


def test_nothing_but_our_own_style_and_script_may_run(covered: Coverage) -> None:
    page = render_html(covered)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(part.split(" ", 1) for part in unescape(policy).split("; "))
    assert (rules["default-src"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
    for tag, rule_name in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        hashed = b64encode(sha256(text.encode()).digest()).decode()
        assert rules[rule_name] == f"'sha256-{hashed}'"
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert not re.search(r'\s(style|on[a-z]+)="', page)
    assert not re.search(r"\ssrc=|@import|url\(", page)


def test_the_page_is_reproducible_and_its_links_lead_somewhere(covered: Coverage) -> None:
    page = render_html(covered)
    assert page == render_html(covered)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_anchors_of_odd_ids_are_plain() -> None:
    assert anchor('a b"><') == "d-a-b---"


@pytest.mark.parametrize(
    ("count", "name"), [(0, "h0"), (1, "h1"), (2, "h2"), (4, "h3"), (99, "h4")]
)
def test_heat(count: int, name: str) -> None:
    assert heat(count) == name


def test_command_on_a_project_and_on_an_environment(tmp_path: Path, tocsin: Tocsin) -> None:
    project = write_project(tmp_path / "detections", *RULES)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    out = tmp_path / "out" / "deep"
    done = tocsin("coverage", "--out", out, cwd=tmp_path)
    assert done.code == 0, done.stderr
    assert "shop · ATT&CK v19" in done.stdout
    assert re.search(r"Persistence +[━·]+ +2 of 22", done.stdout)
    assert sorted(p.name for p in out.iterdir()) == [
        "coverage.json",
        "index.html",
        "navigator.json",
    ]

    unborn = tocsin("coverage", "--out", out, "--env", "local", cwd=tmp_path)
    assert (unborn.code, "no release yet" in unborn.stderr) == (2, True)

    found = entries(project)
    ledger = GitLedger(tmp_path, "local", project="shop")
    files = {f"artifacts/{e.path}": b"x" for e in found}
    first = ledger.commit(release(1, "2026-11-01T10:00:00Z", found[:1]), files)
    ledger.commit(release(2, "2026-11-05T10:00:00Z", found, first.commit), files)
    at = ("--env", "local", "--at", "2026-11-03", "--format", "json")
    then = tocsin("coverage", "--out", out, *at, cwd=tmp_path)
    assert json.loads(then.stdout)["figures"]["detections"] == 1
    told = json.loads((out / "coverage.json").read_text("utf-8"))
    assert (told["environment"], told["release"], told["at"]) == ("local", 1, "2026-11-03")
    assert told["detections"][0]["deployed"] == {
        "mode": "live",
        "release": 1,
        "since": "2026-11-01T10:00:00Z",
    }


def test_command_refuses_what_makes_no_sense(tmp_path: Path, tocsin: Tocsin) -> None:
    write_project(tmp_path, RULES[0])
    timeless = tocsin("coverage", "--out", tmp_path / "out", "--at", "2026-11-03", cwd=tmp_path)
    assert (timeless.code, "--at needs --env" in timeless.stderr) == (2, True)
    (tmp_path / "rules" / "broken.yml").write_text("title: [", "utf-8")
    broken = tocsin("coverage", "--out", tmp_path / "out", cwd=tmp_path)
    assert (broken.code, "broken.yml" in broken.stderr) == (1, True)
    assert not (tmp_path / "out").exists()


def test_the_documentation_names_every_key(covered: Coverage) -> None:
    text = (Path(__file__).parents[3] / "docs" / "coverage.md").read_text("utf-8")
    told = as_json(covered)
    lists = [told[name][0] for name in ("tactics", "techniques", "detections", "sources")]
    for key in {*told, *(key for each in lists for key in each)}:
        assert f"`{key}`" in text, key
