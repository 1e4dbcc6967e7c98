"""Kinds of sinks: all that installed packages declare, ours among them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from tocsin.errors import ConfigError
from tocsin_server.sinks.base import GROUP, Channel, SinkSetup


def channel(setup: SinkSetup) -> Channel:
    """A sink that is ready. Raises ConfigError: an unknown kind, or settings that are wrong."""
    found = {each.name: each for each in entry_points(group=GROUP)}
    if setup.settings.kind not in found:
        hint = f"kinds: {', '.join(sorted(found))}"
        message = f"sink {setup.name}: unknown kind {setup.settings.kind!r}"
        raise ConfigError(message, hint=hint)
    kind: Callable[[SinkSetup], Channel] = found[setup.settings.kind].load()
    return kind(setup)
