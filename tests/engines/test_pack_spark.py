"""The pack on Spark: generated detections, every leaf, and nothing left behind."""

import pytest

from differential.world import SOURCE, query_of, row_of
from pack_cases import every_leaf, generated
from tocsin.backend.base import NoServers
from tocsin.ir.nodes import Leaf, Text
from tocsin.model.artifact import Match
from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.spark.backend import SparkSql
from tocsin_batch_sql.spark.session import missing, session

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "Spark is here")

BACKEND = SparkSql()


def test_generated_detections() -> None:
    case = generated(BACKEND, 100)
    found = BACKEND.run_pack(SOURCE, case.parts, [row_of(e) for e in case.events], NoServers())
    assert set(found) ^ case.wanted == set()
    assert found == sorted(set(found))
    assert len(found) > len(case.events)


def test_every_leaf_and_its_negation_on_nasty_events() -> None:
    case = every_leaf(BACKEND)
    found = BACKEND.run_pack(case.source, case.parts, case.events, NoServers())
    assert set(found) ^ case.wanted == set()
    assert len(case.parts) > 200
    left = [view.viewName for view in session().sql("SHOW VIEWS").collect()]
    assert not [name for name in left if "~" in name]


def test_a_name_that_spark_would_replace_is_a_name() -> None:
    source = Source("events", (Column("${x}", FieldType.STRING, ("${x}",)),))
    part = BACKEND.part(query_of(Leaf("${x}", Text(("a",))), "d", source))
    events = [{"${x}": "A"}, {"x": "a"}, {"${x}": ["b", "a"]}]
    found = BACKEND.run_pack(source, [part], events, NoServers())
    assert found == [Match("d", 0), Match("d", 2)]
