"""`tocsin engines`: real engines on this machine for tests, scans and demos."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli import completion
from tocsin.cli.progress import progress
from tocsin.errors import ConfigError

if TYPE_CHECKING:
    from tocsin_engines import EngineStatus

_names = click.argument("names", metavar="[ENGINE]...", nargs=-1, shell_complete=completion.servers)
_instance = click.option(
    "--name", default="default", show_default=True, help="Which group of engines."
)
_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)


@click.group()
def engines() -> None:
    """Start, stop and inspect real engines (kafka, flink, registry) on this machine.

    They run without containers, as processes of your user. The first start downloads them into a
    cache; later starts need no network.
    """


@engines.command()
@_names
@_instance
@click.option(
    "--port",
    "wishes",
    multiple=True,
    metavar="[NAME=]PORT",
    help="Listen on this port instead of a free one: kafka=9092, flink=8081, flink-gateway=8083.",
)
@_format
def up(names: tuple[str, ...], name: str, wishes: tuple[str, ...], form: str) -> None:
    """Start engines (all if none is named) and wait until they are ready."""
    import tocsin_engines as local  # noqa: PLC0415 - keeps other commands quick
    from tocsin_engines.registry import ENGINES, find  # noqa: PLC0415

    chosen = [engine.name for engine in find(names or list(ENGINES))]
    ports = _ports(wishes, ENGINES[chosen[0]].ports[0] if len(chosen) == 1 else "")
    with progress().stage("looking at the engines") as say:
        reached = local.up(chosen, name=name, ports=ports, say=say)
        now = local.status(chosen, name=name)
    if form == "json":
        found = {"started": reached.started, "addresses": dict(reached.addresses)}
        _print_json(name=name, **found, logs=str(reached.logs))
        return
    for engine in now:
        verb = "is up" if engine.engine in reached.started else "was already running"
        click.echo(f"{engine.engine} {verb}")
        _echo_places(engine)


@engines.command()
@_names
@_instance
@click.option("--purge", is_flag=True, help="Delete the logs as well.")
@_format
def down(names: tuple[str, ...], name: str, *, purge: bool, form: str) -> None:
    """Stop engines (all if none is named) and delete their data; logs stay."""
    import tocsin_engines as local  # noqa: PLC0415

    with progress().stage("looking at the engines") as say:
        stopped = local.down(names, name=name, purge=purge, say=say)
    if form == "json":
        _print_json(name=name, stopped=list(stopped))
        return
    for engine in stopped or ():
        click.echo(f"{engine} is down")
    if not stopped:
        click.echo("nothing was running")


@engines.command()
@_names
@_instance
@_format
@click.pass_context
def status(context: click.Context, names: tuple[str, ...], name: str, form: str) -> None:
    """Show the health of engines, where they listen and where they log.

    Exit code 0 if all named engines are healthy, else 1. Without names: all that were started, and
    at least one was.
    """
    import tocsin_engines as local  # noqa: PLC0415

    with progress().stage("looking at the engines"):
        found = local.status(names, name=name)
    if form == "json":
        _print_json(name=name, engines=[_as_json(engine) for engine in found])
    else:
        for engine in found:
            click.echo(f"{engine.engine} is {_WORDS[engine.health]}")
            _echo_places(engine)
    asked = found if names else [engine for engine in found if engine.health != "stopped"]
    context.exit(0 if asked and all(e.health == "healthy" for e in asked) else 1)


_WORDS = {
    "healthy": "healthy",
    "unhealthy": "running, but does not answer correctly",
    "died": "dead: one of its processes has ended",
    "stopped": "not running",
}


def _ports(wishes: Sequence[str], only: str) -> dict[str, int]:
    """Port by name; a bare number is the main port of the `only` engine that was named."""
    found: dict[str, int] = {}
    for wish in wishes:
        given, _, number = wish.rpartition("=")
        port = given or only
        if not port or not number.isascii() or not number.isdigit():
            raise ConfigError(f"not a port: {wish}", hint="write --port NAME=NUMBER")
        found[port] = int(number)
    return found


def _echo_places(engine: "EngineStatus") -> None:
    for address, where in engine.addresses.items():
        click.echo(f"  {address:14} {where}")
    if engine.health != "stopped":
        click.echo(f"  {'logs':14} {engine.logs}")


def _as_json(engine: "EngineStatus") -> dict[str, Any]:
    return {
        "engine": engine.engine,
        "health": engine.health,
        "addresses": engine.addresses,
        "pids": engine.pids,
        "logs": str(engine.logs),
    }


def _print_json(**what: object) -> None:
    click.echo(json.dumps(what, indent=2))
