"""How alembic reaches the database: over the connection that `Database.upgrade` hands on."""

from __future__ import annotations

from alembic import context

from tocsin_server.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
