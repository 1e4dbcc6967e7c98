"""Event time out of numbers of units since 1970, digit by digit: no double is ever in between."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from tocsin.ir.times import FIRST, LAST
from tocsin.model.source import TimeUnit
from tocsin.sql.tree import Sql, all_true, func, number, quoted, try_cast

EPOCH = r"-?[0-9]+(\.[0-9]+)?"
"""Texts that are such a number."""
_WHOLE, _FRACTION = "^-?0*([0-9]+)", r"\.([0-9]+)$"
_FINER: Mapping[TimeUnit, str] = {
    TimeUnit.MILLISECONDS: "[0-9]{0}$",
    TimeUnit.MICROSECONDS: "[0-9]{1,3}$",
    TimeUnit.NANOSECONDS: "[0-9]{1,6}$",
}
"""The last digits of a whole number that are finer than a millisecond."""


def epoch_milliseconds(text: Sql, unit: TimeUnit, guard: Sql) -> Sql:
    """Milliseconds since 1970, cut; NULL where there are none. `guard`: the match of EPOCH."""
    whole, fraction = (
        func("REGEXP_EXTRACT", text.copy(), quoted(what), number(1)) for what in (_WHOLE, _FRACTION)
    )
    if unit is TimeUnit.SECONDS:
        thousandths = func("SUBSTR", fraction, number(1), number(3))
        kept = func("CONCAT", whole, func("RPAD", thousandths, number(3), quoted("0")))
        rest: Sql = func("SUBSTR", fraction.copy(), number(4))
    else:
        finer = quoted(_FINER[unit])
        kept = func("CONCAT", quoted("0"), func("REGEXP_REPLACE", whole, finer, quoted("")))
        cut = func("REGEXP_EXTRACT", whole.copy(), finer.copy(), number(0))
        rest = func("CONCAT", cut, fraction)
    millis = try_cast(kept, "BIGINT")
    more = exp.Case().when(func("REPLACE", rest, quoted("0"), quoted("")).eq(quoted("")), number(0))
    below = exp.Sub(this=exp.Neg(this=millis.copy()), expression=more.else_(number(1)))
    negative = func("SUBSTR", text.copy(), number(1), number(1)).eq(quoted("-"))
    made = exp.paren(exp.Case().when(negative, below).else_(millis), copy=False)
    in_years = exp.Between(this=made, low=number(FIRST), high=number(LAST))
    return exp.Case().when(all_true([guard, in_years]), made.copy())
