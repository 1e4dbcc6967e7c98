"""All engines. To add one, write its file and add its line."""

from collections.abc import Sequence

from tocsin.errors import EngineError
from tocsin_engines.apicurio import Apicurio
from tocsin_engines.engine import Engine
from tocsin_engines.flink import FlinkEngine
from tocsin_engines.kafka import KafkaEngine

ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (KafkaEngine(), FlinkEngine(), Apicurio())
}


def find(names: Sequence[str]) -> tuple[Engine, ...]:
    """The engines of these names, each once, in the registry's order."""
    unknown = sorted(set(names) - ENGINES.keys())
    if unknown:
        raise EngineError(
            f"unknown engine: {', '.join(unknown)}", hint=f"engines: {', '.join(ENGINES)}"
        )
    return tuple(engine for name, engine in ENGINES.items() if name in names)
