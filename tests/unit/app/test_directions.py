"""The direction of what a plan changes, the old version being that of the release."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deploying import Prod, git
from small_project import write_project
from tocsin.app import apply as apply_module
from tocsin.app.earlier import earlier
from tocsin.app.environment import open_environment
from tocsin.app.plan import plan_project
from tocsin.direction.verdict import DirectionKind

RULE = """title: Admin Role
id: 0b1b3c6e-4a3c-4d53-9a80-2b1d5f3f2d11
name: admin
status: test
description: An administrator's role is granted.
logsource: {product: app, service: audit}
detection:
  selection: {action: [grant, give]}
  condition: selection
level: high
tags: [attack.persistence, attack.t1098]
tocsin: {owner: us}
"""
COUNTED = """title: Many Roles
id: 5f1cf6d7-2a0e-49a5-8f4c-6b1f6b5b7a22
name: many
status: test
description: Many roles are granted.
correlation:
  type: event_count
  rules: [admin]
  group-by: [actor]
  timespan: 5m
  condition: {gte: 3}
level: high
tags: [attack.persistence, attack.t1098]
tocsin: {owner: us}
"""
FILTER = """title: Known
logsource: {product: app}
filter:
  rules: [admin]
  selection: {actor: robot}
  condition: not selection
"""
SOURCE = """source: app
title: App
logsources: [{product: app, service: audit}]
topic: app
table: app
time: {field: ts, lateness: 1m}
fields: {action: string, actor: string, ts: timestamp}
"""
SETTINGS = """[project]
name = "test"
[environments.prod]
kind = "local"
backend = "batch-sql"
"""


class Changing:
    """A project in a repository, with the first release of its two detections."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.rule = root / "rules/app/admin.yml"
        write_project(root, {"rules/app/admin.yml": RULE, "rules/app/many.yml": COUNTED})
        (root / "tocsin.toml").write_text(SETTINGS)
        for old in (root / "sources").iterdir():
            old.unlink()
        (root / "sources/app.yml").write_text(SOURCE)
        git(root, "init", "-q")
        self.commit()
        self.prod = Prod(root)
        self.prod.run("apply", "--yes")

    def commit(self) -> None:
        git(self.root, "add", "-A")
        git(self.root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "change")

    def directions(self) -> dict[str, dict[str, object]]:
        told = json.loads(self.prod.run("plan", "--format", "json").stdout)
        keys = {step["after"]["id"]: step["after"]["key"] for step in told["steps"]}
        return {keys[own]: found for own, found in told.get("directions", {}).items()}


@pytest.fixture
def world(tmp_path: Path) -> Changing:
    return Changing(tmp_path)


def test_nothing_that_changes_has_no_direction(world: Changing) -> None:
    assert world.directions() == {}
    world.rule.write_text(RULE.replace("level: high", "level: low"))
    assert world.directions() == {}


def test_a_value_less_is_narrower_and_shown(world: Changing) -> None:
    """The correlation on the rule is narrower, too."""
    world.rule.write_text(RULE.replace("[grant, give]", "grant"))
    (found,) = world.directions().values()
    assert found["kind"] == DirectionKind.NARROWER
    text = world.prod.run("plan").output
    assert "narrower: weakens · no longer matches 3 events" in text
    markdown = world.prod.run("plan", "--format", "markdown").stdout
    assert "narrower: weakens" in markdown


def test_a_filter_in_a_file_of_its_own_counts(world: Changing) -> None:
    (world.root / "rules/app/known.yml").write_text(FILTER)
    (found,) = world.directions().values()
    assert found["kind"] == DirectionKind.NARROWER


def test_what_a_source_says_counts(world: Changing) -> None:
    source = world.root / "sources/app.yml"
    source.write_text(SOURCE.replace("action: string", "action: {type: string, from: what.done}"))
    (found,) = world.directions().values()
    assert found["kind"] == DirectionKind.INCOMPARABLE


def test_directions_are_no_part_of_the_plan(world: Changing) -> None:
    world.rule.write_text(RULE.replace("[grant, give]", "grant"))
    told = json.loads(world.prod.run("plan", "--format", "json").stdout)
    assert told["directions"]
    assert told["digest"] == plan_project(open_environment("prod", world.root)).plan.digest


def test_the_old_version_is_the_one_that_the_release_holds(world: Changing) -> None:
    """Whether or not it was committed; a release of form 1 holds none."""
    world.rule.write_text(RULE.replace("[grant, give]", "[grant, give, add]"))
    world.prod.run("apply", "--yes")
    world.rule.write_text(RULE.replace("[grant, give]", "grant"))
    (found,) = world.directions().values()
    assert found["kind"] == DirectionKind.NARROWER
    opened = open_environment("prod", world.root)
    last = opened.ledger.last()
    assert last
    held = earlier(opened.ledger, world.root, last, {}, last.entries)
    assert held.keys() == {entry.id for entry in last.entries}
    bare = replace(last, content="")
    assert earlier(opened.ledger, world.root, bare, {}, last.entries) == {}
    first = opened.ledger.releases()[-1]
    bare = replace(first, content="")
    assert earlier(opened.ledger, world.root, bare, {}, first.entries)


def test_nor_the_one_that_the_last_release_holds_where_an_older_one_came_back(
    world: Changing,
) -> None:
    world.rule.write_text(RULE.replace("[grant, give]", "other"))
    world.prod.run("apply", "--yes")
    world.prod.run("rollback", "many", "--to", "v1", "--yes")
    world.rule.write_text(RULE.replace("[grant, give]", "[grant, give, add]"))
    (found,) = world.directions().values()
    assert found["kind"] == DirectionKind.WIDER


def recorded(world: Changing) -> list[str]:
    """The directions that the last release has."""
    last = open_environment("prod", world.root).ledger.last()
    return list(last.facts.directions.values()) if last else []


def test_each_release_records_them_also_one_that_goes_back(world: Changing) -> None:
    assert recorded(world) == []
    world.rule.write_text(RULE.replace("[grant, give]", "grant"))
    world.prod.run("apply", "--yes")
    assert recorded(world) == ["narrower"]
    world.rule.write_text("broken: [")
    world.prod.run("rollback", "many", "--to", "v1", "--yes")
    assert recorded(world) == ["wider"]
    world.prod.run("rollback", "--to", "2", "--yes")
    assert recorded(world) == ["narrower"]


def test_of_very_many_at_once_a_release_says_that_it_is_unknown(
    world: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_module, "MOST_COMPARED", 0)
    world.rule.write_text(RULE.replace("[grant, give]", "grant"))
    world.prod.run("apply", "--yes")
    assert recorded(world) == ["unknown"]
