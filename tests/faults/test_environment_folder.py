"""The folder of an environment stays in the repository, and an apply deletes its own files only."""

from __future__ import annotations

from pathlib import Path

import pytest

from authoring import write
from deploying import Spec, World
from tocsin.deploy.folder import MARK, folder_of
from tocsin.deploy.local import LocalTarget
from tocsin.errors import ConfigError
from tocsin.front.project import read_settings

SETTINGS = "[environments.r2]\nkind = 'local'\nbackend = 'batch-sql'\npath = '{}'\n"
BEFORE = {"a": Spec()}


@pytest.mark.parametrize(
    "path",
    ["/some/where", "..", "../x", "a/../../x", "", ".", ".git", ".GIT/x", "a/.git", "a\\\\b"],
)
def test_the_path_is_below_the_repository(tmp_path: Path, path: str) -> None:
    write(tmp_path / "tocsin.toml", SETTINGS.format(path))
    with pytest.raises(ConfigError, match=r"environments\.r2\.path: must be a folder inside"):
        read_settings(tmp_path)


@pytest.mark.parametrize("path", [".tocsin/local", "a", "a/b..c"])
def test_other_paths(tmp_path: Path, path: str) -> None:
    write(tmp_path / "tocsin.toml", SETTINGS.format(path))
    settings = read_settings(tmp_path)
    assert folder_of(tmp_path, settings.environments["r2"].path) == tmp_path / path


@pytest.mark.parametrize("where", ["out", "out/local"])
def test_no_link_on_the_way(tmp_path: Path, where: str) -> None:
    (tmp_path / "elsewhere/local").mkdir(parents=True)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / where).parent.mkdir(exist_ok=True)
    (tmp_path / "root" / where).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="is a link"):
        folder_of(tmp_path / "root", "out/local")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repo")


def test_what_no_apply_made_is_not_deleted(world: World) -> None:
    precious = write(world.folder / "artifacts/precious.txt", "mine")
    with pytest.raises(ConfigError, match="holds files that apply did not write"):
        world.plan(BEFORE)
    with pytest.raises(ConfigError, match="holds files"), world.target.hold():
        pass
    assert precious.read_text() == "mine"


def test_artifacts_that_are_a_link_are_not_ours(world: World, tmp_path: Path) -> None:
    world.folder.mkdir(parents=True)
    (world.folder / "artifacts").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="holds files that apply did not write"):
        world.plan(BEFORE)


def test_two_environments_do_not_share_a_folder(world: World) -> None:
    world.release(BEFORE)
    other = LocalTarget(world.folder, "other")
    with pytest.raises(ConfigError, match="belongs to environment local, not to other"):
        other.observe()
    with (
        pytest.raises(ConfigError, match="belongs to environment local, not to other"),
        other.hold(),
    ):
        pass


def test_what_is_added_to_our_folder_is_drift_and_goes(world: World) -> None:
    world.release(BEFORE)
    stray = write(world.folder / "artifacts/stray.sql", "x")
    world.release(BEFORE)
    assert not stray.exists()
    assert (world.folder / MARK).read_text() == "local\n"


@pytest.mark.parametrize("name", ["live.json.new", "apply.lock", "journal.json.new"])
def test_nothing_is_written_through_a_link(world: World, tmp_path: Path, name: str) -> None:
    victim = write(tmp_path / "victim", "precious")
    world.folder.mkdir(parents=True)
    (world.folder / name).symlink_to(victim)
    if name == "apply.lock":
        with pytest.raises(ConfigError, match="cannot use"):
            world.release(BEFORE)
    else:
        world.release(BEFORE)
    assert victim.read_text() == "precious"
