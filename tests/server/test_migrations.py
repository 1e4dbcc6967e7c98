"""The tables that migrations make are those of the models."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tocsin_server.database import Database
from tocsin_server.tables import METADATA


def test_migrations_make_what_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, METADATA)
    assert found == []
