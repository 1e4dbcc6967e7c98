"""Creates a detection with cases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from tocsin.app.templates import template
from tocsin.check.toc111_file_name import SLUG
from tocsin.check.toc111_file_name import slug as nearest_slug
from tocsin.diagnostics import FindingsError, near
from tocsin.errors import ConfigError
from tocsin.front.sources import read_sources
from tocsin.model.source import Column, FieldType, Served, Source

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
VALUE, OTHER = "CHANGE-ME", "something-else"


@dataclass(frozen=True, slots=True)
class NewDetection:
    """The files that were written, and the source that the detection is for."""

    rule: Path
    cases: Path
    source: Source


def start_detection(
    root: Path, slug: str, source_name: str, *, title: str, level: str
) -> NewDetection:
    """Write rules/<product>/SLUG.yml and its cases; existing files are not overwritten."""
    if not SLUG.fullmatch(slug):
        message = f"{slug!r} is not in kebab case or snake case"
        raise ConfigError(message, hint=f"such as {nearest_slug(slug)}")
    source = _source(root, source_name)
    served = source.serves[0]
    product = served.logsource.product
    folder = root / "rules" / (product if _PLAIN.fullmatch(product) else source.name)
    _refuse_taken(root, folder, slug)
    made = NewDetection(folder / f"{slug}.yml", folder / f"{slug}.test.yml", source)
    folder.mkdir(parents=True, exist_ok=True)
    made.rule.write_text(_rule(slug, title, level, source, served), "utf-8")
    made.cases.write_text(_cases(source, served), "utf-8")
    return made


def _source(root: Path, name: str) -> Source:
    sources, wrong = read_sources(root / "sources")
    if name in sources:
        return sources[name]
    broken = [d for d in wrong if Path(d.span.file).stem == name]
    if broken:
        raise FindingsError(broken, f"the source {name} has errors")
    close = near(name, sources)
    known = f"sources: {', '.join(sources) or 'none, write sources/<name>.yml first'}"
    hint = f"did you mean {close!r}?" if close else known
    raise ConfigError(f"no source {name!r} in {root / 'sources'}", hint=hint)


def _refuse_taken(root: Path, folder: Path, slug: str) -> None:
    names = {f"{slug}{ending}" for ending in (".yml", ".yaml", ".test.yml", ".test.yaml")}
    taken = sorted(file for file in (root / "rules").rglob("*.y*ml") if file.name in names)
    taken += [file for file in (folder,) if file.is_file()]
    if taken:
        hint = "slugs must be unique across folders, because they name artifacts"
        raise ConfigError(f"{taken[0].relative_to(root)} exists", hint=hint, file=taken[0])


def _rule(slug: str, title: str, level: str, source: Source, served: Served) -> str:
    column = _tested(source, served)
    triple = served.logsource
    parts = {"product": triple.product, "category": triple.category, "service": triple.service}
    return template(
        "rule.yml",
        title=_yaml({"title": title.strip() or re.sub("[-_]", " ", slug).title()}, flow=False),
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
