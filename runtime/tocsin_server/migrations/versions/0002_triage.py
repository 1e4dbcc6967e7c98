"""What people do with findings: tokens, audit log, states, comments, suppressions."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the columns of findings."""
    _findings()
    _who()
    _comments()
    _suppressions()


def _findings() -> None:
    for name, default in (
        ("state", "open"),
        ("disposition", ""),
        ("assignee", ""),
        ("suppressed_by", ""),
    ):
        op.add_column(
            "findings", sa.Column(name, sa.Text(), nullable=False, server_default=default)
        )
    _index("findings", "detection", "last", "id")
    _index("findings", "state", "last", "id")
    _index("findings", "changed", "id")


def _who() -> None:
    op.create_table(
        "tokens",
        *_texts("id", "name", "role", "hash"),
        *_numbers("created"),
        *_numbers("expires", "revoked", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
    )
    op.create_table(
        "audit",
        sa.Column("id", _COUNTED, nullable=False, autoincrement=True),
        *_numbers("time"),
        *_texts("actor", "name", "action", "subject"),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    _index("audit", "subject", "time", "id")
    _index("audit", "time", "id")


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", _COUNTED, nullable=False, autoincrement=True),
        *_texts("finding"),
        *_numbers("time"),
        *_texts("actor", "name", "text"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.ForeignKeyConstraint(["finding"], ["findings.id"], name="fk_comments_finding"),
    )
    _index("comments", "finding", "time", "id")


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        *_texts("id", "kind", "detection", "environment"),
        sa.Column("matcher", sa.JSON(), nullable=False),
        sa.Column("compiled", sa.JSON(), nullable=False),
        *_texts("reason", "owner", "ticket"),
        *_numbers("created", "expires"),
        *_numbers("ended", nullable=True),
        *_numbers("hits"),
        *_numbers("last_hit", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
    )
    _index("suppressions", "created", "id")
    _index("suppressions", "expires")
    above = {"alert": "alerts", "finding": "findings", "suppression": "suppressions"}
    op.create_table(
        "suppressed_alerts",
        *_texts(*above),
        sa.PrimaryKeyConstraint("alert", name="pk_suppressed_alerts"),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_suppressed_alerts_{name}")
            for name, table in above.items()
        ),
    )
    _index("suppressed_alerts", "finding")
    _index("suppressed_alerts", "suppression")


def _texts(*names: str) -> Sequence[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str, nullable: bool = False) -> Sequence[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
