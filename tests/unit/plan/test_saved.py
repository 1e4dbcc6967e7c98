"""Saved plans come back whole, and an edit of one is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploying import Spec
from tocsin.errors import ConfigError
from tocsin.plan import saved
from tocsin.plan.steps import (
    Bundle,
)
from unit.plan.changes import BASE, plan


@pytest.fixture
def bundle() -> Bundle:
    wanted = {"b": Spec(body="é\x00"), "c": Spec(body="b3"), "d": Spec(title="x")}
    return plan({"a": Spec(), "d": Spec()}, wanted)


def test_comes_back_whole(bundle: Bundle, tmp_path: Path) -> None:
    saved.write(bundle, tmp_path / "p.json")
    assert saved.read(tmp_path / "p.json") == bundle


@pytest.mark.parametrize("where", ["plan", "digest", "bodies", "lost", "form"])
def test_an_edit_is_found(bundle: Bundle, tmp_path: Path, where: str) -> None:
    data = saved.to_json(bundle)
    name = next(iter(bundle.bodies))
    if where == "plan":
        data["plan"]["environment"] = "prod"
    elif where == "digest":
        data["digest"] = "0" * 64
    elif where == "bodies":
        data["bodies"][name] = "ZXZpbA=="
    elif where == "lost":
        del data["bodies"][name]
    else:
        data["form"] = 9
    (tmp_path / "p.json").write_text(json.dumps(data))
    with pytest.raises(ConfigError, match=r"edited|has form"):
        saved.read(tmp_path / "p.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"form": 2}', "[" * 100_000, "\xff"])
def test_what_is_no_plan(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.json").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match="not a saved plan"):
        saved.read(tmp_path / "p.json")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        saved.read(tmp_path / "p.json")
    with pytest.raises(ConfigError, match="cannot write"):
        saved.write(plan(BASE, BASE), tmp_path / "no" / "p.json")
