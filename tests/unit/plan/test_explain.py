"""Plans in words, for people, pull requests and programs."""

from __future__ import annotations

import json
from typing import Any

from deploying import Spec
from tocsin.cli.plan_text import plan_text
from tocsin.plan import explain
from unit.plan.changes import BASE, plan


def test_markdown_names_are_no_markup() -> None:
    bundle = plan({}, {"a": Spec(key="a|b`<img>[x](y)@team")}, warnings=("w *x*",))
    page = explain.markdown(bundle.plan)
    [row] = [line for line in page.splitlines() if line.startswith("| `+`")]
    assert "a\\|b\\`&lt;img&gt;\\[x\\]\\(y\\)@\N{ZERO WIDTH SPACE}team" in row
    assert "- **warning**: w \\*x\\*" in page


def test_json_is_the_plan() -> None:
    bundle = plan(BASE, {**BASE, "a": Spec(body="b9")})
    shown = json.loads(json.dumps(explain.as_json(bundle.plan)))
    assert shown["digest"] == bundle.plan.digest
    assert shown["counts"] == {"recompiled": 1, "unchanged": 1}
    assert shown["steps"][0]["kind"] == "deploy"


def part(**more: Any) -> Spec:
    """A detection whose artifact is a part of a pack."""
    return Spec(suffix="json", **more)


def test_packs_that_change_are_shown_with_what_moves() -> None:
    before = {"a": part(), "b": part(body="b2"), "c": part(body="b3"), "x": Spec(body="b5")}
    after = {"a": part(), "b": part(body="new", logic="l2", version=2), "d": part(body="b4")}
    shown = plan(before, after, packed=frozenset({"batch-sql"})).plan
    [pack] = shown.packs
    assert (pack.added, pack.removed, pack.changed, pack.kept) == (
        ("id-d",),
        ("id-c",),
        ("id-b",),
        1,
    )
    line = (
        "batch-sql · 3 detections · 1 added · 1 changed · 1 removed · 1 unchanged · "
        f"{pack.before[:8]} → {pack.after[:8]}"
    )
    assert f"pack audit · {line}" in str(plan_text(shown))
    assert f"- **pack** audit: {line}" in explain.markdown(shown)
    assert explain.as_json(shown)["packs"][0]["changed"] == ["id-b"]


def test_packs_that_stay_are_not_shown() -> None:
    parts = {"a": part()}
    assert not plan(parts, parts, packed=frozenset({"batch-sql"})).plan.packs
    [gone] = plan(parts, {}, packed=frozenset({"batch-sql"})).plan.packs
    assert gone.after == ""
    shown = plan(parts, {}, packed=frozenset({"batch-sql"})).plan
    assert "→ none" in str(plan_text(shown))
