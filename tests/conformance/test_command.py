"""`tocsin conformance`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from conformance.toys import Cased, Toy
from tocsin.backend import registry
from tocsin.cli.main import main_group
from tocsin.conformance import cases, rows
from tocsin.errors import ConfigError


def tocsin(*args: str) -> Result:
    return CliRunner().invoke(main_group, ["conformance", *args])


def test_the_evaluator_is_the_default() -> None:
    done = tocsin("--row", "L3")
    assert done.exit_code == 0
    assert "L3 Percent and underscore are plain" in " ".join(done.stderr.split())
    assert "18 passed" in done.stderr
    assert "as declared" in done.stderr


def test_json_has_every_case_of_the_rows() -> None:
    done = tocsin("--row", "L3", "--row", "S5", "--format", "json")
    [report] = json.loads(done.stdout)
    wanted = [case.id for case in cases() if case.row in ("L3", "S5")]
    assert [case["case"] for case in report["cases"]] == wanted
    assert report["ok"] is True
    assert {case["status"] for case in report["cases"]} == {"passed"}


def test_cases_by_tag() -> None:
    done = tocsin("--tag", "seen-wrong", "--row", "L3", "--format", "json")
    [report] = json.loads(done.stdout)
    assert {case["case"] for case in report["cases"]} == {
        "L3/percent-is-no-wildcard-in-contains",
        "L3/underscore-is-no-wildcard",
        "L3/underscore-is-no-wildcard-in-contains",
    }


def test_a_backend_by_name_and_by_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load", {"toy": Toy()}.__getitem__)
    monkeypatch.setattr(registry, "engines", lambda: ("python",))
    monkeypatch.setattr(registry, "by_engine", {"python": Cased()}.__getitem__)
    done = tocsin("--backend", "toy", "--engine", "python", "--row", "L1", "--format", "json")
    assert done.exit_code == 1
    wrong, right = json.loads(done.stdout)
    assert (right["ok"], wrong["ok"]) == (True, False)
    failed = next(case for case in wrong["cases"] if case["case"] == "L1/upper-and-lower")
    assert "expected a match, got no match" in failed["told"]


def test_what_fails_is_shown_in_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load", {"toy": Cased()}.__getitem__)
    done = tocsin("--backend", "toy", "--row", "L1")
    assert done.exit_code == 1
    assert "L1/upper-and-lower: fails" in done.stderr
    assert "expected a match, got no match" in done.stderr
    assert "problems more" in done.stderr or done.stderr.count(": fails") <= 20
    assert "not as declared" in " ".join(done.stderr.split())


def test_an_unknown_row_is_answered_with_those_that_there_are() -> None:
    done = tocsin("--row", "L99")
    assert isinstance(done.exception, ConfigError)
    assert done.exception.message == "no row 'L99'"
    assert all(row.id in done.exception.hint for row in rows())
