"""Events with values that the columns of a source's table cannot hold.

A declared type is a promise about a source, never a filter. A statement reads two relations: the
source's view with its typed columns, of the events that fit, and `<view>__misfits` of the others,
whose fields are all lists of texts, as if each were declared an array.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from tocsin.model.source import FieldType, Source
from tocsin.sql.tree import func, ident, name, table
from tocsin_batch_sql.common.event_time import SAID
from tocsin_batch_sql.common.events import ROW

ALL, MISFITS, REFUSED = "all", "misfits", "refused"
"""Relations beside a source's own: all events; those that do not fit; the lines that are none."""
DRIFT = "drift"
"""How often each field does not fit."""
OURS = (ROW, SAID)
"""Columns that are no fields."""
FIELDS, TEXTS = "~misfits", "~texts"
"""Columns: the fields that do not fit, NULL for none; all fields' lists of texts, by field."""


def beside(source: Source, what: str) -> str:
    """The name of the source's relation, or of one beside it."""
    relation = source.table or source.name
    return f"{relation}__{what}" if what else relation


def may_misfit(source: Source) -> bool:
    """Whether an event may hold what the table cannot."""
    return not source.fits and any(c.type is not FieldType.STRINGS for c in source.columns)


def as_texts(source: Source) -> Source:
    """The source of the events that do not fit."""
    columns = tuple(replace(column, type=FieldType.STRINGS) for column in source.columns)
    return replace(source, columns=columns, table=beside(source, MISFITS))


def drift(source: Source, explode: str) -> exp.Select:
    """Fields, and in how many events each does not fit. `explode` makes rows of an array."""
    field = ident("field")
    fields = exp.alias_(func(explode, ident(FIELDS)), "field", quoted=True)
    each = exp.select(fields).from_(table(beside(source, MISFITS))).subquery(name("each"))
    count = exp.alias_(exp.Count(this=exp.Star()), "events", quoted=True)
    return exp.select(field, count).from_(each).group_by(field.copy())
