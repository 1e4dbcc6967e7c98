"""Rules bound to their source."""

from pathlib import Path
from typing import Any

import pytest

from authoring import SOURCE, project, rule
from tocsin.diagnostics import Diagnostic
from tocsin.front.project import Project, load_project
from tocsin.ir.evaluate import View, evaluate


def load(root: Path, source: str = SOURCE, **changes: Any) -> Project:
    return load_project(project(root, {"refund.yml": rule(**changes)}, source))


def finding(loaded: Project) -> Diagnostic:
    assert loaded.queries == ()
    [found] = loaded.diagnostics
    return found


def selection(**items: Any) -> dict[str, Any]:
    return {"selection": items, "condition": "selection"}


def test_the_selection_of_the_source_is_anded(tmp_path: Path) -> None:
    source = SOURCE.replace("service: audit}", "service: audit, where: {tags: live}}")
    source += "where: {status: 200}\n"
    [query] = load(tmp_path, source).queries
    event = {"action": "refund", "tags": ["live"], "http.status": 200}
    view = View(event, query.source.renamed)
    assert evaluate(query.matches, view)
    for gone in event:
        less = {k: v for k, v in event.items() if k != gone}
        assert not evaluate(query.matches, View(less, query.source.renamed))
    assert query.fields == ("action", "status", "tags")


def test_a_field_that_is_read_from_elsewhere(tmp_path: Path) -> None:
    [query] = load(tmp_path, detection=selection(status=200)).queries
    renamed = query.source.renamed
    assert evaluate(query.matches, View({"http.status": 200}, renamed))
    assert not evaluate(query.matches, View({"status": 200}, renamed))
    assert not evaluate(query.matches, View({"http": {"status": 200}}, renamed))


def test_an_unknown_field_gets_a_suggestion(tmp_path: Path) -> None:
    found = finding(load(tmp_path, detection=selection(actoin="refund")))
    assert (found.code, found.hint) == ("TOC047", "did you mean 'action'?")
    lines = (tmp_path / "rules/refund.yml").read_text().splitlines()
    assert lines[found.span.line - 1][found.span.column - 1 :] == "actoin: refund"


def test_field_names_are_case_sensitive(tmp_path: Path) -> None:
    found = finding(load(tmp_path, detection=selection(Action="refund")))
    assert (found.code, found.hint) == ("TOC047", "did you mean 'action'?")


def test_both_fields_of_a_comparison_must_be_known(tmp_path: Path) -> None:
    found = finding(load(tmp_path, detection=selection(**{"action|fieldref": "user.nam"})))
    assert (found.code, found.hint) == ("TOC047", "did you mean 'user.name'?")


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"details": "x"}, "a map has no text"),
        ({"tags|gt": 5}, ""),
        ({"time|gt": 5}, "no numbers to compare"),
        ({"amount|hour": 5}, "no addresses or times"),
        ({"amount|cidr": "10.0.0.0/8"}, "no addresses or times"),
        ({"amount": "many"}, ""),
        ({"details|exists": True}, ""),
        ({"details": None}, ""),
        ({"address|cidr": "10.0.0.0/8"}, ""),
        ({"time|hour": 3}, ""),
        ({"action|gt": 5}, ""),
    ],
)
def test_types(tmp_path: Path, item: dict[str, Any], said: str) -> None:
    loaded = load(tmp_path, detection=selection(**item))
    if said:
        assert said in finding(loaded).message
        assert finding(loaded).code == "TOC048"
        assert finding(loaded).span.line > 5
    else:
        assert loaded.diagnostics == ()


def test_no_source(tmp_path: Path) -> None:
    found = finding(load(tmp_path, logsource={"product": "shop", "service": "audti"}))
    assert (found.code, found.hint) == ("TOC045", "did you mean product=shop, service=audit?")


@pytest.mark.parametrize("other", [{"service": "audit-app"}, {"category": "audit"}])
def test_a_log_source_of_its_own_is_no_slip(tmp_path: Path, other: dict[str, str]) -> None:
    found = finding(load(tmp_path, logsource={"product": "shop", **other}))
    assert found.hint.startswith("declare it in sources/<name>.yml")


def test_several_sources(tmp_path: Path) -> None:
    root = project(tmp_path, {"refund.yml": rule()})
    (root / "sources/other.yml").write_text(SOURCE.replace("source: shop", "source: other"))
    found = finding(load_project(root))
    assert found.code == "TOC046"
    assert found.hint == "choose one: `tocsin: {source: NAME}`"
    (root / "rules/refund.yml").unlink()
    project(root, {"refund.yml": rule(tocsin={"source": "other"})})
    [query] = load_project(root).queries
    assert query.source.name == "other"
