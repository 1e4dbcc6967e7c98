"""What lists of a million alerts need: indexes, titles, tallies; and findings opened again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tocsin.canonical import digest

revision = "0004"
down_revision = "0003"

_JUDGED = ("true_positive", "benign", "false_positive")
_COUNTED = ("findings", "alerts", "open", "suppressed", *_JUDGED, "undecided")
_DAY = 86_400_000
_OLD = sa.table(
    "findings",
    *map(sa.column, ("detection", "environment", "last", "count", "state", "disposition")),
)


def upgrade() -> None:
    """Make tables, columns and indexes, and fill them from what is there."""
    _findings()
    for name in ("environment", "severity"):
        for table, time in (("findings", "last"), ("alerts", "time")):
            op.create_index(f"ix_{table}_{name}_{time}_id", table, [name, time, "id"])
    _titles()
    _tallies()
    _unreadable()


def _findings() -> None:
    op.add_column(
        "findings", sa.Column("closed_count", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("findings", sa.Column("reopened", sa.BigInteger(), nullable=True))
    op.execute("UPDATE findings SET closed_count = count WHERE state = 'closed'")
    for name in ("disposition", "assignee", "suppressed_by"):
        has = sa.text(f"{name} != ''")
        op.create_index(
            f"ix_findings_{name}_last_id", "findings", [name, "last", "id"],
            postgresql_where=has, sqlite_where=has,
        )  # fmt: skip


def _titles() -> None:
    titles = op.create_table(
        "titles",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("detection", "title", "folded")),
        sa.PrimaryKeyConstraint("detection", "title", name="pk_titles"),
    )
    alerts = sa.table("alerts", sa.column("detection"), sa.column("title"))
    asked = sa.select(alerts.c.detection, alerts.c.title).distinct()
    found = op.get_bind().execute(asked).all()
    op.bulk_insert(titles, [{"detection": d, "title": t, "folded": t.casefold()} for d, t in found])


def _tallies() -> None:
    op.create_table(
        "tallies",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("detection", "environment")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("day", *_COUNTED)),
        sa.PrimaryKeyConstraint("detection", "environment", "day", name="pk_tallies"),
    )
    op.create_index("ix_tallies_day", "tallies", ["day"])
    tallies = sa.table("tallies", *map(sa.column, ("detection", "environment", "day", *_COUNTED)))
    where = (_OLD.c.detection, _OLD.c.environment, sa.cast(_OLD.c.last, sa.BigInteger) // _DAY)
    states = [_number(_OLD.c.state, each) for each in ("open", "suppressed")]
    judged = [_number(_OLD.c.disposition, each) for each in _JUDGED]
    total = sa.func.sum(_OLD.c["count"])
    unsaid = _number(sa.case((_OLD.c.state == "suppressed", "x"), else_=_OLD.c.disposition), "")
    counted = (sa.func.count(), total, *states, *judged, unsaid)
    asked = sa.select(*where, *counted).group_by(*where)
    op.execute(sa.insert(tallies).from_select([each.name for each in tallies.c], asked))


def _number(column: sa.ColumnElement[str], value: str) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((column == value, 1), else_=0))


def _unreadable() -> None:
    op.add_column("unreadable", sa.Column("id", sa.Text(), nullable=False, server_default=""))
    columns = ("stream", "partition", "place", "id")
    table = sa.table("unreadable", *map(sa.column, columns))
    here = (table.c.stream, table.c.partition, table.c.place)
    for place in op.get_bind().execute(sa.select(*here)).all():
        row = sa.update(table).where(sa.tuple_(*here) == sa.tuple_(*place))
        op.execute(row.values(id=digest(list(place))[:32]))
    op.create_index("ix_unreadable_stored_id", "unreadable", ["stored", "id"])
    op.create_index("ix_unreadable_id", "unreadable", ["id"])
