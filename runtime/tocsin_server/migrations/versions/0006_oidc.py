"""Sign-ins that have begun at an identity provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_TEXTS = ("id", "browser", "nonce", "verifier", "back")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "pending_sign_ins",
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pending_sign_ins"),
    )
    op.create_index("ix_pending_sign_ins_expires", "pending_sign_ins", ["expires"])
