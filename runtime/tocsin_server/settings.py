"""The settings file of a server: who is told, where it may connect to, who may sign in."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from tocsin.model.names import ENVIRONMENT
from tocsin_server.auth.oidc.settings import OidcSettings
from tocsin_server.sinks.egress import Egress
from tocsin_server.sinks.settings import SinkSettings

_MOST_SINKS = 50


class ServerSettings(BaseModel):
    """`url`: where people reach the server. `egress`: where sinks may be.

    `oidc`: who vouches for people who sign in, which needs the `url` that they come back to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(pattern=r"^(https?://[^/\s?#@]+)?$")] = ""
    egress: tuple[str, ...] = ()
    oidc: OidcSettings | None = None
    sinks: dict[str, SinkSettings] = Field(default_factory=dict, max_length=_MOST_SINKS)

    @field_validator("egress")
    @classmethod
    def _places(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        Egress(given)  # raises ValueError
        return given

    @field_validator("oidc")
    @classmethod
    def _reached(cls, given: OidcSettings | None, told: ValidationInfo) -> OidcSettings | None:
        if given and not told.data.get("url"):
            raise ValueError("needs `url` above the tables: people come back to it")
        return given

    @field_validator("sinks")
    @classmethod
    def _named(cls, given: dict[str, SinkSettings]) -> dict[str, SinkSettings]:
        if wrong := [name for name in given if not ENVIRONMENT.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} cannot be the name of a sink: use letters, digits, - _")
        return given
