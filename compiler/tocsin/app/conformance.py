"""Tests backends against the contract, on their real engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.app.engines import EVALUATOR, started_for
from tocsin.backend import registry
from tocsin.backend.base import Backend
from tocsin.conformance import ConformanceReport, ContractCase, cases, rows, run
from tocsin.conformance.judge import judge_table
from tocsin.errors import ConfigError
from tocsin.progress import Notify


def chosen_cases(wanted: Sequence[str], tag: str | None) -> list[ContractCase]:
    """The cases of these rows (of all if none is given) that have the tag, if one is given."""
    known = {row.id for row in rows()}
    for name in wanted:
        if name not in known:
            raise ConfigError(f"no row {name!r}", hint=f"rows: {', '.join(r.id for r in rows())}")
    tags = {tag for case in cases() for tag in case.tags}
    if tag is not None and tag not in tags:
        raise ConfigError(f"no case has the tag {tag!r}", hint=f"tags: {', '.join(sorted(tags))}")
    return [
        case
        for case in cases()
        if (not wanted or case.row in wanted) and (tag is None or tag in case.tags)
    ]


def hold(
    engines: Sequence[str], backends: Sequence[str], only: list[ContractCase], notify: Notify
) -> Iterator[ConformanceReport]:
    """A report for each of the engines and backends by these names."""
    if EVALUATOR in engines:
        yield judge_table(only)
    wanted: list[Backend] = [registry.by_engine(name) for name in engines if name != EVALUATOR]
    wanted += [registry.load(name) for name in backends]
    whole = len(only) == sum(1 for _ in cases())
    with started_for(wanted) as endpoints:
        for backend in dict.fromkeys(wanted):
            notify(f"{backend.name}: {len(only)} cases on {backend.engine}")
            yield run(backend, endpoints, only=None if whole else only)
