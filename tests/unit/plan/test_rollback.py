"""Rollback: stored bytes, of one detection or of all, as a new release."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploying import Spec, World, git
from tocsin.errors import ConfigError, LedgerError
from tocsin.plan import rollback
from tocsin.release.entry import Action
from tocsin.state.verify import verify


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "repo")
    for number in (1, 2, 3):
        changing = Spec(logic=f"l{number}", body=f"body {number}", version=number)
        world.release({"payout": changing, "other": Spec(body=f"o{number}")})
    return world


def body(world: World, key: str) -> str:
    return (world.folder / f"artifacts/batch-sql/audit/{key}.sql").read_text()


def test_one_detection_goes_one_version_back_the_rest_stays(world: World) -> None:
    release = world.apply(world.towards(rollback.to_version(world.ledger, "payout", None)))
    assert (body(world, "payout"), body(world, "other")) == ("body 2", "o3")
    assert release.number == 4
    assert release.reason == "rollback of payout to v2"
    assert release.counts == {Action.CHANGED: 1, Action.UNCHANGED: 1}
    again = world.apply(world.towards(rollback.to_version(world.ledger, "payout", None)))
    assert (body(world, "payout"), again.number) == ("body 1", 5)
    with pytest.raises(ConfigError, match="no version before v1"):
        rollback.to_version(world.ledger, "payout", None)
    assert world.agree()
    assert verify(world.ledger).findings == ()


def test_the_environment_goes_back_to_a_release(world: World) -> None:
    world.apply(world.towards(rollback.to_release(world.ledger, 1)))
    assert (body(world, "payout"), body(world, "other")) == ("body 1", "o1")
    assert world.agree()


def test_a_removed_detection_comes_back(world: World) -> None:
    world.release({"other": Spec(body="o3")})
    world.apply(world.towards(rollback.to_version(world.ledger, "payout", None)))
    assert body(world, "payout") == "body 3"


def test_where_it_already_is_there_is_nothing_to_do(world: World) -> None:
    assert world.towards(rollback.to_release(world.ledger, 3)).plan.steps == ()
    assert world.towards(rollback.to_version(world.ledger, "payout", 3)).plan.steps == ()


def test_drift_is_repaired_on_the_way(world: World) -> None:
    (world.folder / "artifacts/batch-sql/audit/other.sql").unlink()
    world.apply(world.towards(rollback.to_version(world.ledger, "payout", 1)))
    assert (body(world, "payout"), body(world, "other")) == ("body 1", "o3")
    assert world.agree()


@pytest.mark.parametrize("name", ["payout", "id-payout", "pay", "id-p"])
def test_key_id_or_prefix_name_it(world: World, name: str) -> None:
    assert rollback.find(name, world.ledger.releases()).key == "payout"


@pytest.mark.parametrize(("name", "message"), [("", "no release has"), ("id", "could be any of")])
def test_names_that_do_not(world: World, name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rollback.find(name, world.ledger.releases())


def test_what_was_never_released(world: World, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no release 9") as error:
        rollback.to_release(world.ledger, 9)
    assert "releases are 1 to 3" in error.value.hint
    with pytest.raises(ConfigError, match="payout has no v9"):
        rollback.to_version(world.ledger, "payout", 9)
    with pytest.raises(ConfigError, match="no release to go back to"):
        rollback.to_release(World(tmp_path / "empty").ledger, 1)


def test_damaged_bytes_are_never_deployed(world: World) -> None:
    first = world.ledger.releases()[-1]
    place = f"{first.commit}:artifacts/batch-sql/audit/payout.sql"
    blob = git(world.root, "rev-parse", place)
    (world.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(LedgerError, match="does not have the recorded artifact of payout"):
        rollback.to_release(world.ledger, 1)


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("v7", 7), ("v12", 12)])
def test_versions_are_read_with_and_without_letter(text: str, number: int) -> None:
    assert rollback.number_of(text, "v") == number


@pytest.mark.parametrize("text", ["", "v", "r7", "7.1", "-1", "v 7", "seven"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ConfigError, match="not a number"):
        rollback.number_of(text, "v")
