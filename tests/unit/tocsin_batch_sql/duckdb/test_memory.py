"""DuckDB in memory: what becomes of Ctrl-C during a statement."""

from __future__ import annotations

import pytest

from tocsin_batch_sql.duckdb.memory import in_memory


def test_ctrl_c_during_a_statement_is_an_interrupt() -> None:
    """In DuckDB's words; when it looks for signals during a statement is its own affair."""
    with pytest.raises(KeyboardInterrupt), in_memory():
        raise RuntimeError("Query interrupted")


def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="other"), in_memory():
        raise RuntimeError("other")
