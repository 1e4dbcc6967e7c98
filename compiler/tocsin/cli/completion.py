"""What the shell offers for a word that is begun: quick, and nothing where a project is broken.

Names are taken from files as they stand there, without reading what is said of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from tocsin import cache, gate
from tocsin.front.place import find_project

_YAML = (".yml", ".yaml")
_MOST = 2 * gate.MIB
_PLAIN = re.compile(r"[\w.:@+-]+")
_CALLED = re.compile(r"^(?:id|name):[ \t]+['\"]?([\w.-]+)", re.MULTILINE)
_SOURCE = re.compile(r"^source:[ \t]+['\"]?([\w.-]+)", re.MULTILINE)
_NEWEST = 20
"""Releases in which the versions of a detection are looked for."""
_LIGHT = (click.Choice, click.Path, click.IntRange)


@dataclass(frozen=True, slots=True)
class Offer:
    """Words for a parameter, found where it is completed."""

    words: Callable[[click.Context], Iterable[str]]

    def __call__(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Those that begin so; only what no shell reads as more than a word."""
        del param
        try:
            found = sorted({word for word in self.words(ctx) if _PLAIN.fullmatch(word)})
        except Exception:  # noqa: BLE001 - an error would be printed into the line that is typed
            return []
        return [CompletionItem(word) for word in found if word.startswith(incomplete)]


def completing() -> bool:
    """Whether this process is one of the shell's, to complete a word."""
    return os.environ.get("_TOCSIN_COMPLETE", "").endswith("_complete")


def without_use_case(name: str, load: Callable[[], click.Command]) -> click.Command:
    """The command with its options alone, kept from another time: use cases are slow to load."""
    with cache.table(f"command-{name}", ()) as known:
        return known.answer(name, lambda: _bare(load()))


def _bare(command: click.Command) -> click.Command:
    params = [_light(param) for param in command.params]
    if not isinstance(command, click.Group):
        return click.Command(command.name, params=params, help=command.help)
    below = {name: _bare(each) for name, each in command.commands.items()}
    return click.Group(command.name, params=params, help=command.help, commands=below)


def _light(param: click.Parameter) -> click.Parameter:
    """The same to complete, without classes of modules that are slow to load."""
    kind = param.type if isinstance(param.type, _LIGHT) else click.STRING
    if isinstance(param, click.Option) and type(param) is not click.Option:
        offers = param._custom_shell_complete  # noqa: SLF001 - click has no public name for it
        return click.Option(
            param.opts, type=kind, multiple=param.multiple, help=param.help, shell_complete=offers
        )
    made = copy(param)
    made.callback = None
    if not (isinstance(made, click.Option) and made.is_flag):
        made.type = kind
    return made


def _root(ctx: click.Context) -> Path:
    return find_project(Path(ctx.params.get("project") or ""))


def _environments(ctx: click.Context) -> Iterable[str]:
    text = gate.read_text(_root(ctx) / gate.SETTINGS, _MOST)
    return tuple(tomllib.loads(text).get("environments", {}))


def _texts(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in gate.files(folder, _YAML, deep=True)[0]:
        yield file, gate.read_text(file, _MOST)


def _sources(ctx: click.Context) -> Iterator[str]:
    for _, text in _texts(_root(ctx) / "sources"):
        yield from _SOURCE.findall(text)


def _detections(ctx: click.Context) -> Iterator[str]:
    """Keys (names, or what the file is called) and ids."""
    for file, text in _texts(_root(ctx) / "rules"):
        if not file.stem.endswith(".test"):
            yield file.stem
            yield from _CALLED.findall(text)


def _shipped(_: click.Context) -> Iterable[str]:
    from tocsin.app.shipped_sources import shipped_names  # noqa: PLC0415 - slow to load

    return shipped_names()


def _backends(_: click.Context) -> Iterable[str]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to load

    return [point.name for point in entry_points(group="tocsin.backends")]


def _engines(ctx: click.Context) -> tuple[str, ...]:
    """Engines of the backends, which have to be loaded to tell theirs: kept from another time."""
    with cache.table("engines", ()) as known:
        names: tuple[str, ...] = known.answer(",".join(_backends(ctx)), _of_backends)
    return names


def _scan_engines(ctx: click.Context) -> Iterable[str]:
    return ("auto", "evaluator", "matcher", *_engines(ctx))


def _several_engines(ctx: click.Context) -> Iterable[str]:
    return ("evaluator", "all", *_engines(ctx))


def _of_backends() -> tuple[str, ...]:
    from tocsin.backend import registry  # noqa: PLC0415 - slow to load

    return registry.engines()


def _servers(_: click.Context) -> Iterable[str]:
    from tocsin_engines.registry import ENGINES  # noqa: PLC0415 - one command needs it

    return ENGINES


def _releases(ctx: click.Context) -> Iterable[str]:
    """Numbers of the environment's releases; with a rule, of its versions in the newest of them."""
    # An option that lacks its value ends click's parsing before words become arguments.
    if rule := ctx.params.get("rule") or next(iter(ctx.args), ""):
        return _versions(rule, _entries(ctx))
    return map(str, range(1, int(_ledger(ctx, "rev-list", "--first-parent", "--count")) + 1))


def _entries(ctx: click.Context) -> list[dict[str, Any]]:
    """What was deployed, in the newest releases: each is a commit of the environment's branch."""
    newest = range(int(_ledger(ctx, "rev-list", "--first-parent", "--count")))[:_NEWEST]
    records = (_ledger(ctx, "cat-file", "blob", at=f"~{back}:release.json") for back in newest)
    return [entry for record in records for entry in json.loads(record)["entries"]]


def _versions(rule: str, entries: Iterable[dict[str, Any]]) -> Iterable[str]:
    """Those of the detection with this key or id, else of those that begin so."""
    named = [(entry["key"], entry["id"], str(entry["version"])) for entry in entries]
    exact = [version for *names, version in named if rule in names]
    return exact or [v for key, own, v in named if key.startswith(rule) or own.startswith(rule)]


def _ledger(ctx: click.Context, *words: str, at: str = "") -> str:
    ref = f"refs/heads/tocsin/{ctx.params['env']}{at}"
    command = ["git", "-C", str(_root(ctx)), *words, ref]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout


environments, sources, detections = Offer(_environments), Offer(_sources), Offer(_detections)
backends, servers, releases = Offer(_backends), Offer(_servers), Offer(_releases)
shipped = Offer(_shipped)
scan_engines, several_engines = Offer(_scan_engines), Offer(_several_engines)
