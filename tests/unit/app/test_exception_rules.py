"""Conditions of exceptions: Sigma over the project's sources; firing cases keep firing."""

from typing import Any

import pytest
import yaml

from small_project import write_project
from tocsin.app.exception_rules import ProjectRules
from tocsin_server.suppressions.condition import holds_on_all
from tocsin_server.suppressions.rules import RefusedError

ONE, MANY, SILENT = (f"{n}1111111-1111-4111-8111-111111111111" for n in "123")
SOURCE = """
source: logins
title: Logins
logsources: [{product: web, service: login}]
topic: logins
table: logins
time: {field: time, lateness: 5m}
fields: {time: timestamp, login: {type: string, from: who.login}, ip: string}
"""
RULE = """
title: %(title)s
id: %(id)s
name: %(name)s
status: test
level: high
logsource: {product: web, service: login}
detection: {selection: {ip: 10.0.0.1}, condition: selection}
tocsin:
  tests:
    - name: fires
      events:
        - {at: 0s, who: {login: eve}, ip: 10.0.0.1}
        - {at: 1s, who: {login: job}, ip: 10.0.0.2}
      expect: {alerts: %(alerts)s}
"""
CORRELATION = f"""
title: Many logins
id: {MANY}
status: test
level: high
correlation:
  type: event_count
  rules: [one_login]
  timespan: 1m
  condition: {{gte: 2}}
tocsin:
  tests:
    - name: twice
      events:
        - {{at: 0s, who: {{login: job}}, ip: 10.0.0.1}}
        - {{at: 1s, who: {{login: eve}}, ip: 10.0.0.1}}
      expect: {{alerts: 1}}
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> ProjectRules:
    one = RULE % {"title": "One login", "id": ONE, "name": "one_login", "alerts": 1}
    silent = RULE % {"title": "Silent", "id": SILENT, "name": "silent", "alerts": 0}
    root = write_project(
        tmp_path_factory.mktemp("project"),
        {
            "sources/logins.yml": SOURCE,
            "rules/one.yml": one,
            "rules/many.yml": CORRELATION,
            "rules/silent.yml": silent.replace("selection: {ip: 10.0.0.1}", "selection: {ip: x}"),
        },
    )
    return ProjectRules(root)


def section(**selection: Any) -> dict[str, Any]:
    return {"selection": selection, "condition": "selection"}


def test_a_condition_on_the_fields_of_the_source(rules: ProjectRules) -> None:
    made = rules.compiled(ONE, section(**{"login|startswith": "JO"}))
    assert holds_on_all(made, [{"who": {"login": "job"}}])
    assert not holds_on_all(made, [{"who": {"login": "eve"}}, {"who": {"login": "job"}}])
    assert not holds_on_all(made, [])


def test_a_correlation_is_excepted_by_all_its_events(rules: ProjectRules) -> None:
    rules.compiled(MANY, section(login="job"))
    with pytest.raises(RefusedError, match="'twice' must fire"):
        rules.compiled(MANY, section(login=["job", "eve"]))


@pytest.mark.parametrize(
    ("detection", "given", "reason"),
    [
        (ONE, section(login="eve"), "'fires' must fire, and the exception takes it in"),
        (ONE, section(ip="*"), "'fires' must fire"),
        (ONE, section(user="x"), "no field 'user'"),
        (ONE, {"selection": {"ip": "x"}}, "no `condition`"),
        (ONE, {"selection": {"ip": "x"}, "condition": "other"}, "other"),
        (ONE, section(**{"ip|cidr": "x"}), "x"),
        (SILENT, section(login="job"), "no case that fires"),
        ("other", section(login="job"), "no detection other"),
    ],
)
def test_what_is_refused(
    rules: ProjectRules, detection: str, given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RefusedError, match=reason):
        rules.compiled(detection, given)


def test_an_exception_as_a_file_for_the_project(rules: ProjectRules) -> None:
    file = rules.filter_file(ONE, section(login="job"), "PAY-7: a/../b", "the nightly job")
    assert file.path == "rules/filters/one-login-pay-7-a-b.yml"
    told = yaml.safe_load(file.text)
    assert told["logsource"] == {"product": "web", "service": "login"}
    assert told["filter"]["rules"] == [ONE]
    assert told["filter"]["condition"] == "not (selection)"
    with pytest.raises(RefusedError, match="must fire"):
        rules.filter_file(ONE, section(login="eve"), "PAY-7", "x")


@pytest.mark.parametrize(
    "text", ["- a", "a: [", "a: &x [1]\nb: *x\nc: !!python/name:os.system", "x"]
)
def test_text_that_is_no_condition(rules: ProjectRules, text: str) -> None:
    with pytest.raises(RefusedError):
        rules.section(text)
