"""Alerts, findings, what is neither, and how far streams were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _findings()
    _alerts()
    op.create_table(
        "unreadable",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", "place", name="pk_unreadable"),
    )
    op.create_table(
        "positions",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", name="pk_positions"),
    )


def _findings() -> None:
    numbers = ("severity", "window", "first", "last", "count", "opened", "changed", "revision")
    op.create_table(
        "findings",
        sa.Column("id", sa.Text(), nullable=False),
        *(_text(name) for name in ("detection", "title", "environment", "key")),
        sa.Column("by", sa.JSON(), nullable=False),
        *(_number(name) for name in numbers),
        sa.PrimaryKeyConstraint("id", name="pk_findings"),
    )
    op.create_index("ix_findings_detection_key_first", "findings", ["detection", "key", "first"])
    op.create_index("ix_findings_last_id", "findings", ["last", "id"])


def _alerts() -> None:
    numbers = ("version", "release", "severity", "time", "made", "stored")
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        *(_text(name) for name in ("finding", "detection", "environment", "title")),
        *(_number(name) for name in numbers),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.ForeignKeyConstraint(["finding"], ["findings.id"], name="fk_alerts_finding"),
    )
    op.create_index("ix_alerts_finding_time_id", "alerts", ["finding", "time", "id"])
    op.create_index("ix_alerts_detection_time_id", "alerts", ["detection", "time", "id"])
    op.create_index("ix_alerts_time_id", "alerts", ["time", "id"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)
