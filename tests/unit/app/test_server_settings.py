"""The settings file of the server: what it may say, and what is said of what it may not."""

from pathlib import Path

import pytest

from tocsin.app.server_settings import (
    open_oidc,
    open_sinks,
    read_server_settings,
    told_of_nothing,
)
from tocsin.errors import ConfigError

SINK = '[sinks.hook]\nkind = "webhook"\nurl = "https://hooks.test/x"\n'
SIGNED = 'secret = "env:HOOK_SECRET"\n'


OIDC = '[oidc]\nissuer = "https://id.test"\nclient_id = "c"\nroles = { soc = "analyst" }\n'


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "server.toml"
    file.write_text(text)
    return file


def test_without_a_file_nobody_is_told() -> None:
    assert open_sinks(read_server_settings(None)) == {}


def test_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "whsec_" + "A" * 32)
    text = f'url = "https://t.test"\negress = ["hooks.test"]\n{SINK}{SIGNED}'
    assert set(open_sinks(read_server_settings(written(tmp_path, text)))) == {"hook"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sinks = 1", "server.toml:1:1: sinks: must be"),
        (f"{SINK}urll = 'x'", "server.toml:4:1: sinks.hook.urll: unknown key"),
        (f"{SINK}secret = 'whsec_AAAA'", "must be env:NAME or file:PATH"),
        (f"{SINK}level = 'bad'", "sinks.hook.level: must be"),
        ('egress = ["*"]', "'*' is not a host, address or network"),
        ('url = "tocsin.example"', "url: "),
        ('url = "https://a/b"', "url: "),
        ('[sinks."a b"]\nkind = "k"\nurl = "u"', "cannot be the name of a sink"),
        (OIDC, "server.toml:1:1: oidc: needs `url`"),
        (f'url = "https://t.test"\n{OIDC}client_secret = "x"', "must be env:NAME or file:PATH"),
        ("url = ", "not valid TOML"),
    ],
)
def test_what_a_file_may_not_say(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_server_settings(written(tmp_path, text))
    assert said in error.value.message
    assert "whsec_AAAA" not in error.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SINK + SIGNED, "environment variable HOOK_SECRET is not set"),
        (SINK, "may not connect to hooks.test:443"),
        (SINK.replace('"https://hooks.test/x"', '"file:/etc/passwd"'), "none of the folders"),
    ],
)
def test_what_keeps_a_server_from_starting(tmp_path: Path, text: str, said: str) -> None:
    settings = read_server_settings(written(tmp_path, text.replace("webhook", "slack")))
    with pytest.raises(ConfigError) as error:
        open_sinks(settings)
    assert said in f"{error.value.message} {error.value.hint}"


def test_environments_that_a_project_does_not_have(tmp_path: Path) -> None:
    text = SINK + 'environments = ["prod", "prdo", "x"]'
    settings = read_server_settings(written(tmp_path, text))
    assert list(told_of_nothing(settings, ["prod", "staging"])) == [
        "sink hook: no environment 'prdo' in tocsin.toml; did you mean 'prod'?",
        "sink hook: no environment 'x' in tocsin.toml",
    ]


def test_a_way_to_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_oidc(read_server_settings(None)) is None
    text = f'url = "https://t.test"\n{OIDC}client_secret = "env:OIDC_SECRET"'
    settings = read_server_settings(written(tmp_path, text))
    with pytest.raises(ConfigError, match="OIDC_SECRET is not set"):
        open_oidc(settings)
    monkeypatch.setenv("OIDC_SECRET", "x" * 20)
    flow = open_oidc(settings)
    assert flow
    assert flow.settings.issuer == "https://id.test"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_server_settings(tmp_path / "none.toml")
