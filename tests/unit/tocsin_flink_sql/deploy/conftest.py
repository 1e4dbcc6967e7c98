"""What answers as Flink does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unit.tocsin_flink_sql.deploy.answering_flink import AnsweringFlink, answering_flink


@pytest.fixture
def flink() -> Iterator[AnsweringFlink]:
    with answering_flink() as server:
        yield server
