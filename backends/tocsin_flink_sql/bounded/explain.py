"""What Flink's own planner says of statements, without running them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tocsin.errors import EngineError
from tocsin.model.source import Source
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions
from tocsin_flink_sql.sql.tables import (
    MATCHES_TOPIC,
    TopicLocation,
    matches_table,
    source_table,
    view,
)

SESSIONS = 4
"""Sessions of the gateway that plan side by side."""


def validate_statements(gateway_url: str, source: Source, statements: Sequence[str]) -> list[str]:
    """One entry a statement: empty where the planner accepts it, else why not.

    No topic has to exist: the tables are defined, never read.
    """
    shares = [range(first, len(statements), SESSIONS) for first in range(SESSIONS)]
    result = [""] * len(statements)
    with ThreadPoolExecutor(SESSIONS) as pool:
        for share, errors in zip(
            shares,
            pool.map(lambda s: _explained(gateway_url, source, [statements[n] for n in s]), shares),
            strict=True,
        ):
            for number, error in zip(share, errors, strict=True):
                result[number] = error
    return result


def _explained(gateway_url: str, source: Source, statements: Sequence[str]) -> list[str]:
    if not statements:
        return []
    with functions() as defined, Gateway(gateway_url) as session:
        for table in (
            *defined,
            source_table(source, TopicLocation(topic=source.topic or source.name)),
            view(source),
            matches_table(TopicLocation(topic=MATCHES_TOPIC)),
        ):
            session.execute(table)
        return [_error(session, statement) for statement in statements]


def _error(session: Gateway, statement: str) -> str:
    try:
        session.query(f"EXPLAIN {statement}")
    except EngineError as error:
        return error.message
    return ""
