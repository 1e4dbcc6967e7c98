"""The console's pages and forms without scripts: each main flow, and attacks on them."""

import hashlib
import re
from importlib.resources import files

import pytest
from fastapi.routing import iter_route_contexts

from asking import HOUR, START, UNLIMITED, keep, some_findings, token
from console_visits import OURS, visiting
from raised_alerts import raised
from tocsin_server.app import application
from tocsin_server.auth.authenticator import Limits
from tocsin_server.auth.role import Role
from tocsin_server.console.app import ConsoleSite, console
from tocsin_server.console.pages import HOME, back_to
from tocsin_server.console.recorded import NoRecords
from tocsin_server.database import Database

HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
HOSTILE = "</td><script>document.title = 'broken'</script><img src=x onerror=alert(1)>\u202etxt"


def test_the_library_is_the_one_that_was_looked_at() -> None:
    data = files("tocsin_server.console").joinpath("assets/htmx.min.js").read_bytes()
    assert hashlib.sha256(data).hexdigest() == HTMX


def test_from_sign_in_to_a_closed_finding(database: Database) -> None:
    some_findings(database)
    with visiting(database, Role.ANALYST) as visit:
        assert visit.client.get("/").headers["location"] == "/console/"
        id_ = visit.finding()
        page = visit.page(f"/findings/{id_}")
        assert "Payout 2" in page
        answer = visit.send(
            f"/findings/{id_}/disposition",
            revision="1", disposition="false_positive", close="1", comment="known\r\njob",
        )  # fmt: skip
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HOME}/{id_}")
        after = visit.page(f"/findings/{id_}")
        assert "<b>a analyst</b> closed, false positive" in after
        assert "known\njob" in after
        assert id_ not in visit.page("/findings")
        assert id_ in visit.page("/findings?state=closed&disposition=false_positive")
        changed = visit.send(f"/findings/{id_}/assign", revision="1", assignee="bob")
        assert changed.status_code == 412
        assert "It has changed since you looked at it" in changed.text
        visit.send(f"/findings/{id_}/assign", revision="2", assignee="a analyst")
        assert id_ in visit.page("/findings?state=any&assignee=me")
        assert "assigned to a analyst" in visit.page(f"/findings/{id_}")
        visit.send("/sign-out")
        assert visit.client.get("/console/findings").status_code == 303


def test_filters_are_kept_by_name_for_one_person(database: Database) -> None:
    some_findings(database)
    with visiting(database) as visit:
        query = "level=high&text=Payout+1"
        answer = visit.send("/filters", name="payouts", query=query)
        assert answer.headers["location"] == f"{HOME}?{query}"
        page = visit.page(f"/findings?{query}")
        assert "1 finding<" in page
        assert '<a href="/console/findings?level=high&amp;text=Payout+1"' in page
        assert visit.send("/filters", name="x", query="state=broken").status_code == 422
        with visiting(database) as other:
            assert "payouts" not in other.page("/findings")
        visit.send("/filters/remove", name="payouts")
        assert "payouts" not in visit.page("/findings")


def test_pages_of_a_queue_meet(database: Database) -> None:
    some_findings(database, 60)
    with visiting(database) as visit:
        first = visit.page("/findings?within=30d&since=2020-01-01T00:00:00Z")
        older = re.search(r'rel="next" href="/console([^"]+)"', first)
        assert older
        second = visit.page(older[1].replace("&amp;", "&"))
        found = re.findall(r'data-finding="(\w+)"', first + second)
        assert (len(found), len(set(found))) == (60, 60)
        assert visit.client.get("/console/findings?cursor=forged").status_code == 400


def test_neighbours_are_those_of_the_filter(database: Database) -> None:
    some_findings(database, 6)
    with visiting(database) as visit:
        ids = [visit.finding(n) for n in range(6)]
        page = visit.page(f"/findings/{ids[2]}?text=Payout&level=high&level=low")
        assert f'rel="prev" href="/console/findings/{ids[1]}?level=' in page
        assert f'rel="next" href="/console/findings/{ids[3]}?level=' in page


def test_silences_are_made_and_ended(database: Database) -> None:
    keep(database, [raised("a", START)])
    with visiting(database, Role.ANALYST) as visit:
        id_ = visit.finding()
        wrong = visit.send(f"/findings/{id_}/silence", field="user", hours="8", reason="")
        assert wrong.status_code == 422
        assert "reason" in wrong.text
        nothing = visit.send(f"/findings/{id_}/silence", hours="8", reason="all")
        assert "else all is silent" in nothing.text
        made = visit.send(
            f"/findings/{id_}/silence", detection="1", field="user", hours="8", reason="a test"
        )
        assert made.status_code == 303
        keep(database, [raised("b", START + 20 * HOUR)])
        page = visit.page("/suppressions")
        assert "a test" in page
        [end] = re.findall(r"/suppressions/\w+/end", page)
        assert visit.send(end).status_code == 303
        assert "a test" in visit.page("/suppressions?which=ended")


def test_noisy_detections(database: Database) -> None:
    keep(database, [raised(f"e{n}", None, now=int(2**40 * 1.6)) for n in range(3)])
    with visiting(database, Role.READER) as visit:
        assert visit.client.get("/console/detections?days=5").status_code == 422
        assert "<h1>Detections</h1>" in visit.page("/detections?days=90")


def test_who_only_reads_changes_nothing(sqlite_database: Database) -> None:
    some_findings(sqlite_database, 1)
    with visiting(sqlite_database, Role.READER) as visit:
        id_ = visit.finding()
        forms = re.findall(r'action="/console/findings/\w+/(\w+)', visit.page(f"/findings/{id_}"))
        assert forms == ["exception"]
        for path, fields in (
            ("disposition", {"revision": "1", "disposition": "benign"}),
            ("assign", {"revision": "1", "assignee": "me"}),
            ("silence", {"detection": "1", "hours": "1", "reason": "x"}),
        ):
            answer = visit.send(f"/findings/{id_}/{path}", **fields)
            assert answer.status_code == 403, path
            assert "the token has reader" in answer.text


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({}, True),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"}, True),
        (OURS, False),
    ],
)
def test_forms_of_other_sites_do_nothing(
    sqlite_database: Database, headers: dict[str, str], *, secret: bool
) -> None:
    some_findings(sqlite_database, 1)
    with visiting(sqlite_database) as visit:
        data = {"revision": "1", "disposition": "benign", "form": visit.secret if secret else "x"}
        path = f"/console/findings/{visit.finding()}/disposition"
        assert visit.client.post(path, data=data, headers=headers).status_code == 403
        assert "benign</span>" not in visit.page("/findings?state=any")


def test_the_form_secret_of_another_session_does_not_count(sqlite_database: Database) -> None:
    some_findings(sqlite_database, 1)
    with visiting(sqlite_database) as visit, visiting(sqlite_database) as other:
        path = f"/findings/{visit.finding()}/assign"
        answer = visit.send(path, revision="1", assignee="x", form=other.secret)
        assert answer.status_code == 403


def test_a_secret_that_a_browser_had_before_is_never_taken(sqlite_database: Database) -> None:
    with visiting(sqlite_database, None) as visit:
        fixed = "A" * 43
        visit.client.cookies.set("tocsin", fixed)
        answer = visit.sign_in(token(sqlite_database))
        cookie = answer.headers["set-cookie"]
        assert fixed not in cookie
        assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
        visit.client.cookies.clear()
        visit.client.cookies.set("tocsin", fixed)
        assert visit.client.get("/console/findings").status_code == 303


def test_over_tls_the_cookie_is_of_this_host_only(sqlite_database: Database) -> None:
    with visiting(sqlite_database, None) as visit:
        visit.client.base_url = "https://testserver"  # type: ignore[assignment]
        data = {"token": token(sqlite_database)}
        headers = {"Origin": "https://testserver"}
        answer = visit.client.post("/console/sign-in", data=data, headers=headers)
        assert answer.headers["set-cookie"].startswith("__Host-tocsin=")
        assert "Secure" in answer.headers["set-cookie"]
        assert visit.page("/findings")


def test_tokens_are_not_guessed_at_the_form(sqlite_database: Database) -> None:
    limits = Limits(1e9, 1e9, guesses=2, guesses_a_second=1e-6)
    with visiting(sqlite_database, None, limits=limits) as visit:
        answers = [visit.sign_in("tocsin_" + "0" * 12 + "_" + "A" * 43) for _ in range(4)]
        assert [each.status_code for each in answers] == [401, 401, 429, 429]
        assert "set-cookie" not in answers[0].headers


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example/", "//evil.example", "/console//evil.example", "/\\evil.example",
        "/console/../api", "javascript:alert(1)", "", "/console/findings\r\nX: y",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(given: str) -> None:
    assert back_to(given).headers["location"] in {HOME, "/console/../api"}


def test_text_of_strangers_is_text(sqlite_database: Database) -> None:
    bodies = [raised("a", START, user=HOSTILE, title=HOSTILE, detection=HOSTILE)]
    keep(sqlite_database, [body.replace(b'"payments"', b'"<b>x"') for body in bodies])
    with visiting(sqlite_database) as visit:
        id_ = visit.finding()
        pages = [visit.page(f"/findings/{id_}"), visit.page("/findings")]
        visit.send("/filters", name=HOSTILE.replace("\u202e", ""), query="level=high")
        pages += [visit.page("/findings?level=high"), visit.page("/detections?days=90")]
        for page in pages:
            assert not re.search(r"<script(?! src)|<img|<b>x|\u202e", page)
            assert "style=" not in page


def test_every_answer_has_a_strict_policy(sqlite_database: Database) -> None:
    with visiting(sqlite_database) as visit:
        for path in ("findings", "detections", "nothing", "sign-in", "findings/" + "0" * 32):
            answer = visit.client.get(f"/console/{path}")
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
        assert visit.client.get("/console/assets/0/console.js").status_code == 404
        assert visit.client.get("/api/v1/findings").status_code == 401


def test_nothing_is_shown_to_strangers(sqlite_database: Database) -> None:
    app = console(application(sqlite_database).state, site=ConsoleSite(), records=NoRecords())
    with visiting(sqlite_database, None) as visit:
        for route in iter_route_contexts(app.routes):
            path = str(route.path)
            if path in {"/", "/sign-in"} or path.startswith("/assets"):
                continue
            for method in route.methods or ():
                answer = visit.client.request(method, f"/console{path.replace('{id}', '0' * 32)}")
                assert answer.status_code == 303, path
                assert answer.headers["location"].startswith("/console/sign-in?back="), path


def test_what_is_no_form_is_refused(sqlite_database: Database) -> None:
    with visiting(sqlite_database) as visit:
        large = {"token": "x" * 2_000_000}
        assert visit.client.post("/console/sign-in", data=large, headers=OURS).status_code == 413
        many = {f"f{n}": "x" for n in range(100)}
        assert visit.client.post("/console/sign-in", data=many, headers=OURS).status_code in {
            400,
            401,
        }
        file = {"file": ("../../x", b"x")}
        assert visit.client.post("/console/sign-in", files=file, headers=OURS).status_code == 400
        assert visit.client.get(f"/console/findings/{'0' * 32}").status_code == 404
        assert visit.client.get("/console/findings/x'--").status_code == 422


def test_too_many_requests_of_a_session(sqlite_database: Database) -> None:
    limits = Limits(3, 1e-6, UNLIMITED.guesses, UNLIMITED.guesses_a_second)
    with visiting(sqlite_database, limits=limits) as visit:
        answers = [visit.client.get("/console/findings").status_code for _ in range(4)]
        assert answers[0] == 200
        assert answers[-1] == 429
