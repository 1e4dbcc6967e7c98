"""Small SQL trees: literals only as literals, identifiers always quoted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

Sql = exp.Expr


def name(text: str) -> exp.Identifier:
    """A quoted identifier."""
    return exp.Identifier(this=text, quoted=True)


def ident(text: str) -> exp.Column:
    """A quoted column."""
    return exp.Column(this=name(text))


def table(text: str) -> exp.Table:
    """A quoted table."""
    return exp.Table(this=name(text))


def quoted(text: str) -> exp.Literal:
    """A string literal."""
    return exp.Literal.string(text)


def number(value: float) -> Sql:
    """A number literal; a float is written with an exponent, which makes it a DOUBLE everywhere."""
    text = repr(abs(value))
    literal = exp.Literal.number(text if isinstance(value, int) or "e" in text else text + "e0")
    return exp.Neg(this=literal) if value < 0 else literal


def true() -> exp.Boolean:
    """The constant TRUE."""
    return exp.Boolean(this=True)


def false() -> exp.Boolean:
    """The constant FALSE."""
    return exp.Boolean(this=False)


def func(function: str, *args: Sql) -> exp.Anonymous:
    """A call that is printed under exactly this name."""
    return exp.Anonymous(this=function, expressions=list(args))


def try_cast(value: Sql, to: str) -> exp.TryCast:
    """TRY_CAST: NULL where the cast fails."""
    return exp.TryCast(this=value, to=exp.DataType.build(to))


def equal(left: Sql, right: Sql) -> exp.EQ:
    """Equality of two trees, neither of which is copied."""
    return exp.EQ(this=left, expression=right)


def not_null(value: Sql) -> exp.Not:
    """IS NOT NULL."""
    return exp.Not(this=exp.Is(this=value, expression=exp.null()))


def all_true(parts: Sequence[Sql]) -> Sql:
    """The parts joined by AND."""
    return exp.and_(*parts, copy=False)


def any_true(parts: Sequence[Sql]) -> Sql:
    """The parts joined by OR."""
    return exp.or_(*parts, copy=False)


def never_null(condition: Sql) -> bool:
    """Whether a condition is surely true or false."""
    if isinstance(condition, exp.Connector):
        return all(never_null(part) for part in condition.flatten())
    inner = condition.this if isinstance(condition, exp.Not | exp.Paren) else condition
    return isinstance(inner, exp.Is | exp.Boolean | exp.Coalesce) or (
        isinstance(inner, exp.Not | exp.Paren) and never_null(inner)
    )
