"""`tocsin new`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import yaml

from tocsin.app.templates import template
from tocsin.check.toc111_file_name import KEBAB, kebab
from tocsin.cli.output import console, echo_json, format_option, print_diagnostics
from tocsin.diagnostics import near
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.front.project import find_project
from tocsin.front.sources import read_sources
from tocsin.model.source import Column, FieldType, Served, Source

LEVELS = ("informational", "low", "medium", "high", "critical")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
VALUE, OTHER = "CHANGE-ME", "something-else"


@click.command()
@click.argument("slug")
@click.option("--source", "source_name", required=True, metavar="NAME", help="One of sources/.")
@click.option("--title", default="", help="By default the words of the slug.")
@click.option("--level", type=click.Choice(LEVELS), default="medium", show_default=True)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the project; found from the current folder by default.",
)
@format_option("text", "json")
def new(  # noqa: PLR0913 - one parameter an option
    slug: str, *, source_name: str, title: str, level: str, project: Path | None, fmt: str
) -> None:
    """Start a detection with its cases: rules/<product>/SLUG.yml and SLUG.test.yml.

    Both are valid, and the cases pass, from the start; `tocsin validate` lists as warnings what is
    still to be written. Nothing that exists is overwritten.
    """
    if not KEBAB.fullmatch(slug):
        raise ConfigError(f"{slug!r} is not in kebab case", hint=f"such as {kebab(slug)}")
    root = find_project(project or Path())
    source = _source(root, source_name)
    served = source.serves[0]
    product = served.logsource.product
    folder = root / "rules" / (product if _PLAIN.fullmatch(product) else source.name)
    _refuse_taken(root, folder, slug)
    texts = {
        folder / f"{slug}.yml": _rule(slug, title, level, source, served),
        folder / f"{slug}.test.yml": _cases(source, served),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        file.write_text(text, "utf-8")
    _say([_shown(file) for file in texts], source, fmt)


def _source(root: Path, name: str) -> Source:
    sources, wrong = read_sources(root / "sources")
    if name in sources:
        return sources[name]
    broken = [d for d in wrong if Path(d.span.file).stem == name]
    if broken:
        print_diagnostics(broken, err=True)
        raise ConfigError(f"the source {name} has errors", exit_code=1)
    close = near(name, sources)
    known = f"sources: {', '.join(sources) or 'none, write sources/<name>.yml first'}"
    hint = f"did you mean {close!r}?" if close else known
    raise ConfigError(f"no source {name!r} in {root / 'sources'}", hint=hint)


def _refuse_taken(root: Path, folder: Path, slug: str) -> None:
    names = {f"{slug}{ending}" for ending in (".yml", ".yaml", ".test.yml", ".test.yaml")}
    taken = sorted(file for file in (root / "rules").rglob("*.y*ml") if file.name in names)
    taken += [file for file in (folder,) if file.is_file()]
    if taken:
        hint = "slugs are unique over all folders: they name artifacts"
        raise ConfigError(f"{_shown(taken[0])} exists", hint=hint)


def _rule(slug: str, title: str, level: str, source: Source, served: Served) -> str:
    column = _tested(source, served)
    triple = served.logsource
    parts = {"product": triple.product, "category": triple.category, "service": triple.service}
    return template(
        "rule.yml",
        title=_yaml({"title": title.strip() or slug.replace("-", " ").title()}, flow=False),
        id=str(uuid4()),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        logsource=_yaml({name: word for name, word in parts.items() if word}),
        item=_yaml({column.name: _value(column, 1)}, flow=False),
        level=level,
    )


def _cases(source: Source, served: Served) -> str:
    column = _tested(source, served)
    base: dict[str, Any] = {}
    for selection in (source.where, served.where):
        for key, value in selection.items():
            _put(base, source, key, value)
    firing, silent = {"at": "0s"}, {"at": "0s"}
    _put(firing, source, column.name, _value(column, 1))
    _put(silent, source, column.name, _value(column, 0))
    return template("cases.yml", base=_yaml(base), firing=_yaml(firing), silent=_yaml(silent))


def _tested(source: Source, served: Served) -> Column:
    """The column that the first draft tests: a text that no selection of the source asks for."""
    asked = {key.split("|")[0] for key in (*source.where, *served.where)}
    free = [
        c for c in source.columns if c.name not in {source.time_field, *source.id_fields, *asked}
    ]
    texts = [c for c in free if c.type is FieldType.STRING]
    return (texts or [c for c in free if c.type is not FieldType.MAP] or list(source.columns))[0]


def _value(column: Column, number: int) -> Any:
    if column.type in (FieldType.INTEGER, FieldType.DOUBLE):
        return number
    if column.type is FieldType.BOOLEAN:
        return bool(number)
    return VALUE if number else OTHER


def _put(event: dict[str, Any], source: Source, key: str, value: Any) -> None:
    """Set what a selection asks for; of a list, its first value."""
    field = key.partition("|")[0]
    column = source.column(field)
    path = column.path if column else (field,)
    for part in path[:-1]:
        event = event.setdefault(part, {})
    event[path[-1]] = value[0] if isinstance(value, list) and value else value


def _yaml(value: Mapping[str, Any], *, flow: bool = True) -> str:
    """One line of YAML."""
    text: str = yaml.safe_dump(
        dict(value), default_flow_style=flow, allow_unicode=True, width=10_000, sort_keys=False
    )
    return text.strip()


def _shown(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _say(written: list[str], source: Source, fmt: str) -> None:
    if fmt == "json":
        echo_json({"rule": written[0], "cases": written[1], "source": source.name})
        return
    for file in written:
        click.echo(printable(str(file)))
    others = [str(served.logsource) for served in source.serves[1:]]
    if others:
        console().print(f"{source.name} also serves: {'; '.join(others)}", soft_wrap=True)
    quoted = written[0] if re.fullmatch(r"[\w./-]+", written[0]) else f"'{written[0]}'"
    console().print(f"Next: write it, then `tocsin validate` and `tocsin test {quoted}`")
