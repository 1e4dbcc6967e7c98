"""Who may do what: tokens, roles, guessing, limits."""

from collections.abc import Iterator

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from asking import MAKER, asking, some_findings, token
from tocsin_server.app import PREFIX, application
from tocsin_server.audit.models import AuditedChange
from tocsin_server.auth.authenticator import Limits
from tocsin_server.auth.models import Token
from tocsin_server.auth.role import Role
from tocsin_server.auth.tokens import revoke
from tocsin_server.database import Database, now_ms

NOBODY = "0" * 32
NEEDED = {
    ("PATCH", "/findings/{id}"): Role.ANALYST,
    ("GET", "/audit"): Role.ADMIN,
    ("POST", "/suppressions/silences"): Role.ANALYST,
    ("POST", "/suppressions/exceptions"): Role.ENGINEER,
    ("POST", "/suppressions/{id}/end"): Role.ANALYST,
    ("POST", "/deliveries/{id}/resend"): Role.ENGINEER,
}
"""Every route that takes more than a reader."""


def routes(database: Database) -> Iterator[tuple[str, str]]:
    """Methods and paths of all routes of the API, those not in the description included."""
    for route in iter_route_contexts(application(database).routes):
        if not str(route.path).startswith(PREFIX):
            continue
        assert route.methods
        for method in route.methods:
            yield method, str(route.path).removeprefix(PREFIX)


def test_no_route_without_a_token(database: Database) -> None:
    found = list(routes(database))
    assert len(found) > 5
    with asking(database, None) as client:
        for method, path in found:
            if path in {"/livez", "/readyz"}:
                continue
            answer = client.request(method, path.replace("{id}", NOBODY))
            assert (answer.status_code, answer.json()["code"]) == (401, "no-token"), path
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_each_role_may_do_what_it_may(database: Database) -> None:
    found = list(routes(database))
    for role in Role:
        with asking(database, role) as client:
            for method, path in found:
                needed = NEEDED.get((method, path), Role.READER)
                answer = client.request(method, path.replace("{id}", NOBODY))
                assert (answer.status_code == 403) is not role.includes(needed), (role, path)


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_token_that_has_ended(database: Database, how: str) -> None:
    with asking(database, Role.READER) as client:
        assert client.get("/findings").status_code == 200
        with database.write() as session:
            row = session.scalars(select(Token)).one()
            if how == "revoked":
                revoke(session, MAKER, row.id)
            else:
                row.expires = now_ms() - 1
        answer = client.get("/findings")
    assert (answer.status_code, answer.json()["code"]) == (401, "token-ended")


def test_tokens_are_kept_as_hashes(database: Database) -> None:
    text = token(database)
    with database.read() as session:
        row = session.scalars(select(Token)).one()
        assert row.hash.startswith("$argon2id$")
        noted = session.scalars(select(AuditedChange)).one()
        assert (noted.action, noted.subject, noted.before) == ("token.created", row.id, None)
        kept = f"{row.told()}{row.hash}{noted.after}"
    assert text.rpartition("_")[2] not in kept
    assert row.hash not in str(noted.after)


def test_guessing_is_slowed(database: Database) -> None:
    right = token(database, Role.READER)
    wrong = right[:-3] + ("aaa" if right[-3:] != "aaa" else "bbb")
    limits = Limits(1e9, 1e9, guesses=3, guesses_a_second=0.001)
    with asking(database, None, limits=limits) as client:

        def status(text: str) -> int:
            return client.get("/findings", headers={"Authorization": f"Bearer {text}"}).status_code

        assert status(right) == 200
        assert [status(wrong) for _ in range(5)] == [401, 401, 401, 429, 429]
        assert status(right) == 200, "who is known goes on"
        assert status("tocsin_000000000000_" + "x" * 43) == 429
        answer = client.get("/findings", headers={"Authorization": f"Bearer {wrong}"})
        assert int(answer.headers["retry-after"]) > 100


def test_a_token_cannot_ask_without_end(database: Database) -> None:
    limits = Limits(requests=3, requests_a_second=0.001)
    with asking(database, Role.READER, limits=limits) as client:
        statuses = [client.get("/findings").status_code for _ in range(5)]
        other = {"Authorization": f"Bearer {token(database, Role.READER)}"}
        assert client.get("/findings", headers=other).status_code == 200
    assert statuses == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer tocsin__", "Bearer \xff\xfe", "Bearer x y"],
)
def test_headers_that_are_no_token(sqlite_database: Database, header: str) -> None:
    with asking(sqlite_database, None) as client:
        answer = client.get("/findings", headers=[(b"authorization", header.encode("latin-1"))])
    assert answer.status_code == 401


def test_every_answer_is_a_problem_with_headers(sqlite_database: Database) -> None:
    some_findings(sqlite_database, 1)
    with asking(sqlite_database) as client:
        client.headers["Content-Type"] = "application/json"
        cases = {
            404: client.get("/nothing"),
            405: client.delete("/findings"),
            400: client.patch(f"/findings/{NOBODY}", content=b"{"),
            422: client.patch(f"/findings/{NOBODY}", content=b'{"assignee": "\\ud800"}'),
            413: client.patch(f"/findings/{NOBODY}", content=b"x" * (1024 * 1024 + 1)),
        }
        for status, answer in cases.items():
            assert (answer.status_code, answer.json()["status"]) == (status, status), answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_body_in_parts_that_never_ends(sqlite_database: Database) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 65536

    with asking(sqlite_database) as client:
        answer = client.patch(f"/findings/{NOBODY}", content=parts())
    assert answer.status_code == 413


def test_a_body_of_deep_brackets(sqlite_database: Database) -> None:
    with asking(sqlite_database) as client:
        client.headers["Content-Type"] = "application/json"
        answer = client.patch(f"/findings/{NOBODY}", content=b"[" * 500_000)
    assert answer.status_code == 400


def test_the_database_is_away(sqlite_database: Database) -> None:
    with asking(sqlite_database) as client:
        assert client.get("/health").json()["status"] == "ok"
        with sqlite_database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE findings RENAME TO elsewhere")
        answer = client.get("/findings")
    assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
    assert "elsewhere" not in answer.text
