"""The API does what its description says, on requests that schemathesis makes of it."""

import os

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode

from asking import START, UNLIMITED, keep, token
from raised_alerts import raised
from tocsin_server.app import PREFIX, application
from tocsin_server.auth.role import Role
from tocsin_server.database import Database

EXAMPLES = int(os.environ.get("TOCSIN_API_EXAMPLES", "6"))
ACCEPTED = ["2xx", "3xx", "404", "409"]
REFUSED = ["400", "412", "422", "428"]
"""Forged cursors, If-Match of another revision or none, times that have passed: no form says so."""
ENDLESS = f"{PREFIX}/events"


def test_requests_of_all_kinds(sqlite_database: Database) -> None:
    keep(sqlite_database, [raised(f"e{n}", START, hours=None) for n in range(3)])
    app = application(sqlite_database, limits=UNLIMITED)
    headers = {"Authorization": f"Bearer {token(sqlite_database, Role.ADMIN)}"}
    schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", app, headers=headers)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    schema.config.checks.positive_data_acceptance.expected_statuses = [*ACCEPTED, *REFUSED]
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == ENDLESS:
            continue

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def holds(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers)

        holds()
        asked += 1
    assert asked > 10
