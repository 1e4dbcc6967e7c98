"""Keys, signed releases, `verify` with trust files and checkpoints, as people call them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploying import git
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from unit.cli.payments import SETTINGS, Run, fails, rule

KEY = 'signing_key = "env:RELEASE_KEY"\n[environments.local.backends]'


@pytest.fixture
def key(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment names a key, which is there; the trust file has its public half."""
    settings = SETTINGS.replace("[environments.local.backends]", KEY)
    (root / "detections" / "tocsin.toml").write_text(settings)
    told = CliRunner().invoke(main_group, ["key", "new", "key", "--env", "local"])
    assert told.exit_code == 0, told.output
    (root / "trust.toml").write_text(told.stdout)
    private = (root / "key").read_text()
    monkeypatch.setenv("RELEASE_KEY", private)
    return private


def test_a_new_key(root: Path) -> None:
    words = ["key", "new", "k", "--person", "ada", "--role", "approve"]
    told = CliRunner().invoke(main_group, words)
    assert 'person = "ada"\nroles = ["approve"]\n' in told.stdout
    assert "keep it secret" in told.stderr
    assert (root / "k").stat().st_mode & 0o777 == 0o600
    again = CliRunner().invoke(main_group, words)
    assert isinstance(again.exception, ConfigError)
    assert "File exists" in again.exception.message


def test_releases_are_signed_and_proven(run: Run, root: Path, key: str) -> None:
    run("apply --yes")
    envelope = json.loads(git(root, "show", "tocsin/local:release.dsse.json"))
    assert envelope["payloadType"] == "application/vnd.tocsin.release+json"
    assert "unproven: no trust file was given" in run("verify").stdout
    assert "proven: signed by SHA256:" in run("verify --trust trust.toml").stdout
    told = json.loads(run("verify --trust trust.toml --format json").stdout)
    assert (told["verdict"], told["proofs"][0]["proven"]) == ("proven", True)
    assert key.splitlines()[1] not in run("status").output


@pytest.mark.parametrize("given", ["option", "variable"])
def test_nothing_is_built_on_a_release_that_somebody_else_signed(
    run: Run, root: Path, key: str, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    run("apply --yes")
    CliRunner().invoke(main_group, ["key", "new", "forger"])
    monkeypatch.setenv("RELEASE_KEY", (root / "forger").read_text())
    rule(root, "another")
    run("apply --yes")
    monkeypatch.setenv("RELEASE_KEY", key)
    rule(root, "one-more")
    if given == "variable":
        monkeypatch.setenv("TOCSIN_TRUST", "trust.toml")
    trust = "--trust trust.toml" if given == "option" else ""
    for words in ("apply", "rollback --to 1", "mute another --for 1h --reason r"):
        error = fails(f"{words} --yes {trust}")
        assert "nothing is built on the last release" in str(error)
        assert "is in no trust file given here" in str(error)
    assert json.loads(run("status --format json").stdout)["release"]["number"] == 2


def rewritten(run: Run, root: Path) -> None:
    """The whole branch is made anew without signatures, with other bytes in release 1."""
    settings, live = root / "detections/tocsin.toml", root / ".tocsin"
    signed = settings.read_text()
    live.rename(root / "kept")
    git(root, "update-ref", "-d", "refs/heads/tocsin/local")
    settings.write_text(SETTINGS)
    rule(root, "payout-changed", "action: never")
    run("apply --yes")
    settings.write_text(signed)
    shutil.rmtree(live)
    (root / "kept").rename(live)


def test_nothing_is_built_on_a_branch_that_was_made_anew_without_signatures(
    run: Run, root: Path, key: str
) -> None:
    assert key
    run("apply --yes --trust trust.toml")
    rewritten(run, root)
    run("status --fix --out fix.json")
    for words in ("apply --plan fix.json", "apply --yes", "rollback payout --to 1 --yes"):
        error = fails(f"{words} --trust trust.toml")
        assert "nothing is built on the last release: it has no signature" in str(error)
        assert "--begin-signing" in error.hint  # type: ignore[attr-defined] # as all of ours


def test_signing_begins_once_and_somebody_says_so(run: Run, root: Path) -> None:
    run("apply --yes")
    settings = root / "detections/tocsin.toml"
    settings.write_text(SETTINGS.replace("[environments.local.backends]", KEY))
    told = CliRunner().invoke(main_group, ["key", "new", "key", "--env", "local"])
    (root / "trust.toml").write_text(told.stdout)
    rule(root, "another")
    env = {"RELEASE_KEY": (root / "key").read_text(), "TOCSIN_TRUST": "trust.toml"}
    words = ["apply", "--yes", "--env", "local"]
    refused = CliRunner().invoke(main_group, words, env=env)
    assert "it has no signature" in str(refused.exception)
    assert CliRunner().invoke(main_group, [*words, "--begin-signing"], env=env).exit_code == 0
    assert "proven from release 2 on" in run("verify --trust trust.toml").stdout


def test_a_policy_that_says_nothing_of_an_environment_has_a_trust_file(
    run: Run, root: Path, key: str
) -> None:
    assert key
    settings = root / "detections" / "tocsin.toml"
    settings.write_text(f'{settings.read_text()}\n[policy]\ntrust = "trust.toml"\n')
    (root / "detections" / "trust.toml").write_text("")
    git(root, "add", "detections")
    git(root, "commit", "-q", "-m", "a policy for others")
    run("apply --yes")
    rule(root, "another")
    error = fails("apply --yes")
    assert "nothing is built on the last release" in str(error)


def test_without_the_key_nothing_is_deployed(
    run: Run, root: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RELEASE_KEY")
    run("plan")
    message = "no value for `signing_key` of environment local: environment variable RELEASE_KEY"
    assert message in str(fails("apply --yes"))
    monkeypatch.setenv("RELEASE_KEY", "no key")
    assert "env:RELEASE_KEY holds no private Ed25519 key" in str(fails("apply --yes"))
    assert not (root / ".tocsin/local/live.json").exists()
    monkeypatch.setenv("RELEASE_KEY", key)
    run("apply --yes")


def test_a_key_is_not_written_into_settings(root: Path) -> None:
    settings = SETTINGS.replace("[environments.local.backends]", KEY.replace("env:", "x"))
    (root / "detections" / "tocsin.toml").write_text(settings)
    assert "signing_key: must be env:NAME or file:PATH" in str(fails("plan"))


@pytest.mark.usefixtures("key")
def test_a_checkpoint(run: Run, root: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    words = f"verify --trust trust.toml --checkpoint {place}"
    run("apply --yes")
    run(words)
    rule(root, "payout-changed", "action: something.else")
    run("apply --yes")
    run(f"{words} --key key")
    assert json.loads(place.read_text().splitlines()[0])["commits"] == 2
    seen = place.read_bytes()
    git(root, "update-ref", "refs/heads/tocsin/local", "tocsin/local^")
    told = run(words, code=1).stdout
    assert "the branch was rewritten or cut off: it no longer holds" in told
    assert place.read_bytes() == seen
    (root / "trust.toml").write_text((root / "trust.toml").read_text() + CHECKPOINTS)
    assert "does not count: the key" in run(words, code=1).stdout
    place.write_text("{}")
    assert "is not a checkpoint" in str(fails(words))
    place.write_bytes(seen.replace(b'"local"', b'"prod"'))
    assert "is the checkpoint of prod of payments" in str(fails(words))
    assert "--key signs the file of --checkpoint" in str(fails("verify --key key"))


CHECKPOINTS = """
[[keys]]
public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0Rm5pc6kA0W1TzPdZJzfXqjZ0vD7V3cYwYkQk1n7uA"
roles = ["checkpoint"]
"""


def test_a_trust_file_that_is_none(run: Run, root: Path) -> None:
    run("apply --yes")
    (root / "trust.toml").write_text("[[keys]]\n")
    assert "trust.toml:1:1: keys.0.public: Field required" in str(
        fails("verify --trust trust.toml")
    )
    assert "there is no such file" in str(fails("verify --trust nowhere"))


@pytest.mark.usefixtures("key")
def test_what_is_recorded_between_releases_is_signed_too(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("apply --yes")
    run("verify --record")
    told = json.loads(run("verify --trust trust.toml --format json").stdout)
    assert (told["verdict"], told["events"]) == ("proven", 1)
    assert git(root, "show", "tocsin/local:events.dsse.json")
    monkeypatch.delenv("RELEASE_KEY")
    assert "no value for `signing_key`" in str(fails("verify --record"))
    assert run("plan --exit-code").exit_code == 0
    assert json.loads(run("verify --trust trust.toml --format json").stdout)["events"] == 1
