"""The settings file of the server, and the sinks in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin import gate, toml
from tocsin.diagnostics import near
from tocsin.secrets import Secret, is_reference

if TYPE_CHECKING:
    from tocsin_server.auth.oidc.flow import CodeFlow
    from tocsin_server.settings import ServerSettings
    from tocsin_server.sinks.base import Channel

_LONGEST = gate.MIB // 4


def read_server_settings(file: Path | None) -> ServerSettings:
    """What a file says; without one, nothing is told to anybody. Raises ConfigError."""
    from pydantic import ValidationError  # noqa: PLC0415 - keeps `--help` quick

    from tocsin.front.block import complaints  # noqa: PLC0415
    from tocsin_server.settings import ServerSettings  # noqa: PLC0415

    if file is None:
        return ServerSettings()
    text = gate.read_text(file, _LONGEST)
    try:
        return ServerSettings.model_validate(toml.load(text, str(file)))
    except ValidationError as error:
        found = list(complaints(error, ServerSettings))
    said = "; ".join(f"{'.'.join(map(str, where))}: {message}" for where, message, _ in found)
    hint = next((hint for *_, hint in found if hint), "")
    raise toml.wrong(said, str(file), toml.place(text, found[0][0]), hint)


def open_sinks(settings: ServerSettings) -> Mapping[str, Channel]:
    """Sinks that are ready. Raises ConfigError: wrong settings, no secret, no way out."""
    from tocsin_server.sinks.base import SinkSetup  # noqa: PLC0415 - as above
    from tocsin_server.sinks.egress import Egress  # noqa: PLC0415
    from tocsin_server.sinks.registry import channel  # noqa: PLC0415

    egress = Egress(settings.egress)
    found = {}
    for name, each in settings.sinks.items():
        url = _value(each.url, f"`url` of sink {name}")
        secret = _value(each.secret, f"`secret` of sink {name}").reveal() if each.secret else ""
        found[name] = channel(SinkSetup(name, each, url, secret, egress, settings.url))
    return found


def told_of_nothing(settings: ServerSettings, known: Collection[str]) -> Iterator[str]:
    """What is strange about sinks: environments that the project does not have."""
    for name, each in settings.sinks.items():
        for environment in each.environments:
            if environment not in known:
                close = near(environment, known)
                meant = f"; did you mean {close!r}?" if close else ""
                yield f"sink {name}: no environment {environment!r} in tocsin.toml{meant}"


def open_oidc(settings: ServerSettings) -> CodeFlow | None:
    """The way to sign in with a provider, if there is one. It is not asked for anything yet."""
    from tocsin_server.auth.oidc.flow import CALLBACK, CodeFlow  # noqa: PLC0415 - as above

    if (oidc := settings.oidc) is None:
        return None
    given = oidc.client_secret
    secret = _value(given, "`client_secret` of oidc").reveal() if given else ""
    return CodeFlow(oidc, secret, f"{settings.url}{CALLBACK}")


def _value(given: str, setting: str) -> Secret:
    from tocsin_runtime.worker.references import resolve  # noqa: PLC0415 - as above

    return resolve(given, setting) if is_reference(given) else Secret(given, given)
