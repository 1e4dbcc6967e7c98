"""`tocsin token`: made, listed, revoked; quick and in words where the server is not installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from asking import UNLIMITED
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin_server.auth.authenticator import Authenticator
from tocsin_server.auth.role import Role
from tocsin_server.database import Database


def token(tmp_path: Path, *words: str) -> Result:
    given = ["--database", f"sqlite:///{tmp_path}/alerts.db"]
    return CliRunner().invoke(main_group, ["token", *words, *given])


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    made = json.loads(token(tmp_path, "create", "ci", "--role", "analyst", "--format=json").stdout)
    database = Database(f"sqlite:///{tmp_path}/alerts.db")
    actor = Authenticator(database, UNLIMITED).actor(made["token"], "here")
    database.close()
    assert (actor.name, actor.role, actor.id) == ("ci", Role.ANALYST, made["id"])
    listed = token(tmp_path, "list").stdout
    assert f"{made['id']}  analyst   ci · until 20" in listed
    assert made["token"] not in listed
    assert token(tmp_path, "revoke", made["id"]).exit_code == 0
    assert "revoked 20" in token(tmp_path, "list").stdout


def test_the_token_alone_is_on_stdout(tmp_path: Path) -> None:
    made = token(tmp_path, "create", "ci", "--days=0")
    assert made.stdout.startswith("tocsin_")
    assert made.stdout.count("\n") == 1
    assert "counts for ever" in made.stderr


def test_a_name_of_two_lines(tmp_path: Path) -> None:
    error = token(tmp_path, "create", "a\nb").exception
    assert isinstance(error, ConfigError)
    assert "text of one line" in error.message


def test_a_token_that_is_not(tmp_path: Path) -> None:
    token(tmp_path, "create", "ci")
    error = token(tmp_path, "revoke", "abc").exception
    assert isinstance(error, ConfigError)
    assert error.message == "there is no token 'abc'"


def test_without_the_libraries_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    error = token(tmp_path, "list").exception
    assert isinstance(error, ConfigError)
    assert "tocsin[server]" in error.hint


def test_help_loads_none_of_them() -> None:
    script = """
import sys
from tocsin.cli.main import main
try:
    main()
finally:
    print("heavy:", sorted({"sqlalchemy", "fastapi", "argon2"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", script, "token", "create", "--help"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.endswith(
        "heavy: []\n"
    )
