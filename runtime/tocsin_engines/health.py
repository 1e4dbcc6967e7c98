"""The health of an instance's engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tocsin_engines.engine import Engine
from tocsin_engines.process import alive
from tocsin_engines.registry import ENGINES, find
from tocsin_engines.state import Instance, load

HealthState = Literal["healthy", "unhealthy", "died", "stopped"]


@dataclass(frozen=True)
class EngineStatus:
    """One engine: `died` = a process ended by itself; `unhealthy` = all live, no good answer."""

    engine: str
    health: HealthState
    addresses: dict[str, str]
    pids: dict[str, int]
    logs: Path


def status(engines: Sequence[str] = (), *, name: str = "default") -> tuple[EngineStatus, ...]:
    """The status of these engines, or of all; queries each one, so it takes a moment."""
    instance = load(name)
    return tuple(_look(instance, engine) for engine in find(engines or list(ENGINES)))


def _look(instance: Instance, engine: Engine) -> EngineStatus:
    state = instance.engines.get(engine.name)
    logs = instance.folder / engine.name / "logs"
    if state is None:
        return EngineStatus(engine.name, "stopped", {}, {}, logs)
    living = {child.role: child.pid for child in state.children if alive(child)}
    health: HealthState = "died"
    if living and len(living) == len(state.children):
        health = "healthy" if engine.healthy(state.ports) else "unhealthy"
    return EngineStatus(engine.name, health, engine.addresses(state.ports), living, logs)
