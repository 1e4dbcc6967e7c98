"""A deployed correlation over files at rest: view and statement just as they are printed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from correlation_cases import LEFT, RIGHT, chains, drawn, numbered, packed, streams, wanted_apart
from tocsin.compile import compile_query
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.model.artifact import Artifact
from tocsin_batch_sql.common.correlation import match_of
from tocsin_batch_sql.duckdb.backend import BatchSql

AT_REST = {source.name: replace(source, lateness_ms=None) for source in (LEFT, RIGHT)}


def test_views_over_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queries = [_at_rest(query) for query in numbered(drawn(chains(), 6))]
    apart = drawn(streams(), 20)
    events = packed(apart)
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        for source in AT_REST.values():
            _write(tmp_path / source.table, events)
            connection.execute(BatchSql().tables(source))
        for query in queries:
            made = compile_query(query, BatchSql())
            assert isinstance(made, Artifact)
            rows = connection.execute(made.body.decode()).fetchall()
            got = sorted(map(match_of, rows))
            assert got == wanted_apart(query, apart)


def test_the_columns_of_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    query = next(query for query in drawn(chains(), 40) if len(query.correlation.group_by) > 1)
    made = compile_query(query, BatchSql())
    assert isinstance(made, Artifact)
    with duckdb.connect() as connection:
        for source in (LEFT, RIGHT):
            _write(tmp_path / source.table, [{}])
            connection.execute(BatchSql().tables(source))
        result = connection.execute(made.body.decode())
        names = [column[0] for column in result.description or ()]
    keys = [ref.name for ref in query.correlation.group_by]
    assert names == ["detection_id", "~source", "~event", "~time", *keys, "~from"]


def _write(folder: Path, events: list[dict[str, Any]]) -> None:
    """Three files, in order."""
    folder.mkdir()
    for number in range(3):
        part = events[number * len(events) // 3 : (number + 1) * len(events) // 3]
        lines = "".join(json.dumps(event) + "\n" for event in part)
        (folder / f"{number}.jsonl").write_text(lines)


def _at_rest(query: Resolved) -> Any:
    if isinstance(query, Query):
        return replace(query, source=AT_REST[query.source.name])
    assert isinstance(query, CorrelationQuery)
    return replace(query, bases=tuple(map(_at_rest, query.bases)))
