"""Start and stop the engines of an instance."""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tocsin.errors import EngineError
from tocsin_engines.cache import Cache
from tocsin_engines.engine import Engine, EngineAddresses, Launch, Say
from tocsin_engines.places import cache_root
from tocsin_engines.ports import check, choose
from tocsin_engines.process import alive, stop, tail
from tocsin_engines.registry import ENGINES, find
from tocsin_engines.state import (
    Child,
    EngineState,
    Instance,
    forget,
    load,
    locked,
    save,
)
from tocsin_engines.tools import Tool

READY_SECONDS = 180.0
_POLL_SECONDS = 0.2


def _silent(_: str) -> None:
    """Say nothing."""


def up(
    engines: Sequence[str],
    *,
    name: str = "default",
    ports: Mapping[str, int] | None = None,
    say: Say = _silent,
) -> EngineAddresses:
    """Start those of the engines that do not run, wait until all are ready.

    `ports` wishes for some ports by name (see `Engine.ports`). On any failure everything that
    this call started is stopped again; what ran before goes on.

    Raises:
        EngineError: unknown engine, missing program, failed download, port in use, or a
            process that died (with the end of its log).
    """
    wanted = find(engines)
    wished = dict(ports or {})
    with locked(name, say):
        instance = load(name)
        missing = [engine for engine in wanted if not is_up(instance, engine)]
        _check_ports(instance, wanted, missing, wished)
        try:
            for engine in missing:
                _launch(engine, name, wished, say)
            _wait(missing, name, say)
        except BaseException:
            _stop(name, [engine.name for engine in missing])
            raise
        return _endpoints(load(name), tuple(engine.name for engine in missing))


def down(
    engines: Sequence[str] = (),
    *,
    name: str = "default",
    purge: bool = False,
    say: Say = _silent,
) -> tuple[str, ...]:
    """Stop these engines (all of the instance if none is named).

    Returns the names of those that ran. Their data is deleted, their logs stay until the next
    start; `purge` deletes these too.
    """
    find(engines)
    with locked(name, say):
        instance = load(name)
        chosen = [engine for engine in instance.engines if engine in engines or not engines]
        stopped = tuple(e for e in chosen if any(map(alive, instance.engines[e].children)))
        if stopped:
            say(f"stopping {', '.join(stopped)}")
        _stop(name, chosen)
        if purge and not load(name).engines:
            forget(name)
        return stopped


@contextmanager
def running(
    engines: Sequence[str], *, name: str = "default", keep: bool = False, say: Say = _silent
) -> Iterator[EngineAddresses]:
    """Engines for the length of a block. What ran before is left running; `keep` keeps all."""
    reached = up(engines, name=name, say=say)
    ended_well = False
    try:
        yield reached
        ended_well = True
    finally:
        if reached.started and not keep:
            # After a failure somebody will want to read the logs.
            down(reached.started, name=name, purge=ended_well, say=say)


def is_up(instance: Instance, engine: Engine) -> bool:
    """Are all processes of the engine alive, and does it answer?"""
    state = instance.engines.get(engine.name)
    return state is not None and _lives(state) and engine.healthy(state.ports)


def _endpoints(instance: Instance, started: tuple[str, ...]) -> EngineAddresses:
    found: dict[str, str] = {}
    for engine, state in instance.engines.items():
        found.update(ENGINES[engine].addresses(state.ports) if engine in ENGINES else {})
    return EngineAddresses(addresses=found, logs=instance.folder, started=started)


def _lives(state: EngineState) -> bool:
    return bool(state.children) and all(alive(child) for child in state.children)


def _check_ports(
    instance: Instance,
    wanted: Sequence[Engine],
    missing: Sequence[Engine],
    wished: Mapping[str, int],
) -> None:
    known = [port for engine in wanted for port in engine.ports]
    for unknown in wished.keys() - set(known):
        raise EngineError(f"unknown port {unknown!r}", hint=f"ports: {', '.join(known)}")
    for engine in set(wanted) - set(missing):
        now = instance.engines[engine.name].ports
        for port in wished.keys() & now.keys():
            if wished[port] != now[port]:
                raise EngineError(
                    f"{engine.name} is already running, with {port} on port {now[port]}",
                    hint=f"stop it first: tocsin engines down {engine.name} --name {instance.name}",
                )
    to_bind = {port for engine in missing for port in engine.ports}
    check({port: number for port, number in wished.items() if port in to_bind})


def _require(tool: Tool, engine: str) -> None:
    try:
        tool.check()
    except EngineError as error:
        raise EngineError(f"cannot start {engine}: {error.message}", hint=error.hint) from None


def _launch(engine: Engine, name: str, wanted: Mapping[str, int], say: Say) -> None:
    _stop(name, [engine.name])  # what is left of a start that did not end well
    for tool in engine.requires:
        _require(tool, engine.name)
    installed = engine.install(Cache(cache_root()), say)
    instance = load(name)
    folder = instance.folder / engine.name
    shutil.rmtree(folder, ignore_errors=True)
    ports = choose(engine.ports, wanted)
    save(instance.with_engine(engine.name, EngineState(ports=ports)))

    def record(child: Child) -> None:
        # At once: should we be killed now, `down` still finds the process.
        now = load(name)
        state = now.engines[engine.name]
        grown = state.model_copy(update={"children": (*state.children, child)})
        save(now.with_engine(engine.name, grown))

    say(f"starting {engine.name}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        engine.start(Launch(installed=installed, folder=folder, ports=ports, record=record))
    except OSError as error:
        raise EngineError(f"cannot start {engine.name}: {error}") from error


def _wait(engines: Sequence[Engine], name: str, say: Say) -> None:
    deadline = time.monotonic() + READY_SECONDS
    instance = load(name)
    for engine in engines:
        say(f"waiting for {engine.name}")
        state = instance.engines[engine.name]
        while not engine.healthy(state.ports):
            _check(engine.name, state)
            if time.monotonic() > deadline:
                logs = instance.folder / engine.name / "logs"
                raise EngineError(
                    f"{engine.name} was not ready after {READY_SECONDS:.0f} s", hint=f"see {logs}"
                )
            time.sleep(_POLL_SECONDS)
        _check(engine.name, state)


def _check(engine: str, state: EngineState) -> None:
    dead = next((child for child in state.children if not alive(child)), None)
    if dead is not None:
        raise EngineError(
            f"{engine} did not start: {dead.role} ended. Its log ends with:\n{tail(dead.log)}",
            hint=f"the whole log: {dead.log}",
        )


def _stop(name: str, engines: Sequence[str]) -> None:
    instance = load(name)
    chosen = {engine: instance.engines[engine] for engine in engines if engine in instance.engines}
    if not chosen:
        return
    stop(child for state in chosen.values() for child in reversed(state.children))
    for engine in chosen:
        instance = instance.without(engine)
        _delete_data(instance, engine)
    save(instance)


def _delete_data(instance: Instance, engine: str) -> None:
    folder = instance.folder / engine
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and entry.name != "logs":
            shutil.rmtree(entry, ignore_errors=True)
