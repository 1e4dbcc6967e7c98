"""What the console needs: people who are signed in, and the filters that they save."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "web_sessions",
        *(sa.Column(name, sa.Text(), nullable=False) for name in _SESSION),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_web_sessions"),
    )
    op.create_index("ix_web_sessions_expires", "web_sessions", ["expires"])
    op.create_table(
        "saved_filters",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("actor", "name", "query")),
        sa.PrimaryKeyConstraint("actor", "name", name="pk_saved_filters"),
    )


_SESSION = ("id", "actor", "name", "role", "token")
