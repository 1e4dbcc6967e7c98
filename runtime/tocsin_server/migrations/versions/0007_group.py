"""A consumer group for each database."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table and its row."""
    made = op.create_table(
        "server_group",
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_server_group"),
    )
    op.bulk_insert(made, [{"name": f"tocsin.server.{uuid4().hex}"}])
