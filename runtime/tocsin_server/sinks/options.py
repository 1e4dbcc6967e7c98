"""Options of a kind of sinks."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tocsin.errors import ConfigError
from tocsin_server.sinks.base import SinkSetup

OptionsOfKind = TypeVar("OptionsOfKind", bound=BaseModel)


def read_options(setup: SinkSetup, model: type[OptionsOfKind]) -> OptionsOfKind:
    """The options of a sink. Raises ConfigError with all that is wrong."""
    try:
        return model.model_validate(setup.settings.options)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
        raise ConfigError(f"sink {setup.name}: options: {said}") from None
