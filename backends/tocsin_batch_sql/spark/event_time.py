"""Event time on Spark, whatever the session's time zone is."""

from __future__ import annotations

from sqlglot import exp

from tocsin.model.source import TimeUnit
from tocsin.sql.epoch import EPOCH, epoch_milliseconds
from tocsin.sql.leaves import TIME
from tocsin.sql.timestamps import minute_of
from tocsin.sql.tree import Sql, func, quoted, try_cast
from tocsin_batch_sql.common.event_time import moment

_EPOCH = "1970-01-01 00:00:00"


def milliseconds(text: Sql, unit: TimeUnit) -> Sql:
    """Milliseconds since 1970, UTC, of the moment that a text names."""
    if unit is not TimeUnit.TEXT:
        guard = func("REGEXP_LIKE", text, quoted(rf"\A(?:{EPOCH})\z"))
        return epoch_milliseconds(text, unit, guard)
    guard = func("REGEXP_LIKE", text, quoted(rf"\A(?:{TIME})\z"))
    epoch = exp.cast(quoted(_EPOCH), "TIMESTAMPNTZ")
    milli = exp.Var(this="MILLISECOND")
    local = try_cast(minute_of(text), "TIMESTAMPNTZ")
    return moment(text, guard, func("TIMESTAMPDIFF", milli, epoch, local))
