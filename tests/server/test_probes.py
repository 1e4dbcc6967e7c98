"""What an orchestrator asks without a token: it is told a status, and nothing else."""

import pytest
from fastapi.testclient import TestClient

from tocsin_server.app import application
from tocsin_server.database import Database
from tocsin_server.web import probes


def test_probes(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "_FRESH", 0)
    with TestClient(application(sqlite_database)) as client:
        for path in ("/livez", "/readyz"):
            answer = client.get(path)
            assert (answer.status_code, answer.content) == (200, b"")
        with sqlite_database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        answer = client.get("/readyz")
        assert (answer.status_code, answer.content) == (503, b"")
        assert client.get("/livez").status_code == 200


def test_probes_do_not_reach_the_database_each_time(sqlite_database: Database) -> None:
    ready = probes.Readiness(sqlite_database)
    assert ready()
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert ready()
