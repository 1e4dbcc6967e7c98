"""Bad projects: settings, sources, words on the command line, events."""

from __future__ import annotations

import gzip

from bad_inputs.files import HEAD, RULE
from bad_inputs.run import Bad

OTHER = "rules/app/payout.yml"
SOURCE = "sources/app_audit.yml"
TESTS = "rules/app/payout.test.yml"


def project(what: str, command: str, code: int, *says: str, **files: str | bytes) -> Bad:
    """A sound project into which these files are put."""
    return Bad(what, command, code, says, files, start="project")


def in_rule(what: str, text: str, *says: str) -> Bad:
    """A rule that is sound by itself and does not fit the project."""
    return Bad(what, "tocsin validate", 1, ("payout.yml:", *says), {OTHER: text}, start="project")


def in_file(what: str, name: str, text: str | bytes, command: str, code: int, *says: str) -> Bad:
    """A project with one file more."""
    return Bad(what, command, code, says, {name: text}, start="project")


CASES = """\
cases:
  - name: fires
    events: [{at: 0s, action: payout.update}]
    expect: {alert: 1}
"""
OUTPUT = "[environments.local]\nkind = 'local'\n"

FITTING = (
    in_rule("an unknown field", RULE.replace("action:", "actoin:"), "TOC047", ":6:5:", "'action'"),
    in_rule(
        "a log source that no source serves",
        RULE.replace("service: audit", "service: audti"),
        "TOC045",
        ":3:1:",
        "did you mean",
    ),
    in_rule(
        "a test that the type cannot pass",
        RULE.replace("action: payout.update", "actor.mfa|gt: 5"),
        "TOC048",
        "boolean",
    ),
    project(
        "a misspelt expectation",
        "tocsin validate",
        1,
        "payout.test.yml:4:14: ",
        "alert: unknown key",
        "'alerts'",
        **{OTHER: RULE, TESTS: CASES},
    ),
    in_file("cases without a rule", TESTS, CASES, "tocsin validate", 0, "TOC110", "payout.yml"),
    in_file(
        "a source without time",
        SOURCE,
        "source: app_audit\ntitle: A\nlogsources: [{product: app}]\nfields: {a: string}\n",
        "tocsin validate",
        1,
        "TOC060",
        "time",
    ),
    in_file(
        "a field of an unknown type",
        SOURCE,
        "source: app_audit\ntitle: A\n"
        "logsources: [{product: app}]\ntime: {field: a}\nfields: {a: text}\n",
        "tocsin validate",
        1,
        "TOC060",
        "string",
    ),
    in_file(
        "event time in a field that is not declared",
        SOURCE,
        "source: app_audit\ntitle: A\n"
        "logsources: [{product: app}]\ntime: {field: tme}\nfields: {time: timestamp}\n",
        "tocsin validate",
        1,
        "TOC061",
        "tme",
    ),
)

SETTINGS = (
    in_file(
        "broken TOML",
        "tocsin.toml",
        "[project\n",
        "tocsin validate",
        2,
        "tocsin.toml",
        "tocsin.toml:1:",
    ),
    in_file(
        "a wrong setting",
        "tocsin.toml",
        OUTPUT + "bakcend = 'batch-sql'\n",
        "tocsin plan --env local",
        2,
        "environments.local",
        "bakcend",
        "'backend'",
    ),
    in_file(
        "an unknown kind",
        "tocsin.toml",
        "[environments.local]\nkind = 'spark'\nbackend = 'batch-sql'\n",
        "tocsin plan --env local",
        2,
        "kind",
        "'flink'",
    ),
    in_file(
        "an unknown backend",
        "tocsin.toml",
        OUTPUT + "backend = 'flink-sqll'\n",
        "tocsin plan --env local",
        2,
        "no backend 'flink-sqll'",
        "flink-sql",
    ),
    in_file(
        "a broken lock file",
        "tocsin.lock",
        "<<<<<<< HEAD\n",
        "tocsin plan --env local",
        2,
        "tocsin.lock:1",
        "tocsin lock",
    ),
    Bad(
        "a broken plug-in",
        "PYTHONPATH=plugins tocsin plan --env local",
        2,
        ("cannot load backend 'broken'", "no_such_module"),
        {
            "tocsin.toml": OUTPUT + "backend = 'broken'\n",
            "plugins/broken-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: broken\n"
            "Version: 1\n",
            "plugins/broken-1.dist-info/entry_points.txt": "[tocsin.backends]\n"
            "broken = no_such_module:Backend\n",
        },
        start="project",
    ),
    Bad("no project here", "tocsin validate", 2, ("no tocsin.toml", "tocsin init")),
)

WORDS = (
    Bad("an unknown command", "tocsin valdate", 2, ("valdate", "validate")),
    Bad(
        "an unknown option",
        "tocsin plan --enviroment local",
        2,
        ("--enviroment", "--env"),
        start="project",
    ),
    Bad("an option without its value", "tocsin plan --env", 2, ("--env",), start="project"),
    Bad("a forgotten option", "tocsin plan", 2, ("Missing option '--env'",), start="project"),
    Bad(
        "an unknown choice",
        "tocsin test --engine sqlite",
        2,
        ("sqlite", "duckdb"),
        start="project",
    ),
    Bad(
        "an unknown environment",
        "tocsin plan --env prod",
        2,
        ("no environment 'prod'", "local"),
        start="project",
    ),
    Bad(
        "a missing file", "tocsin validate rules/gone.yml", 2, ("rules/gone.yml",), start="project"
    ),
    Bad("a missing folder", "tocsin plan --env local --project gone", 2, ("gone",)),
    Bad(
        "tests of a missing file",
        "tocsin test rules/gone.yml",
        2,
        ("rules/gone.yml",),
        start="project",
    ),
    Bad(
        "a folder where a file belongs",
        "tocsin scan --rules rules --events rules",
        2,
        ("rules", "folder"),
        start="project",
    ),
    Bad(
        "an unknown revision",
        "tocsin test --changed-since v99",
        2,
        ("v99",),
        start="project",
    ),
    Bad(
        "`init` over existing work",
        "tocsin init rules",
        2,
        ("rules is not empty",),
        start="project",
    ),
    Bad(
        "a malformed date",
        "tocsin coverage --out page --env local --at yesterday",
        2,
        ("yesterday",),
        start="deployed",
    ),
    project(
        "an unknown detection",
        "tocsin explain admin_role --event events.jsonl",
        2,
        "admin_role",
        "'admin_role_granted'",
        **{"events.jsonl": "{}\n"},
    ),
    project(
        "an event number that is too high",
        "tocsin explain admin_role_granted --event e.jsonl --number 5",
        2,
        "event 5 does not exist",
        "0 to 0",
        **{"e.jsonl": "{}\n"},
    ),
    project(
        "an unknown target",
        "tocsin compile --target oracle-sql",
        2,
        "no backend 'oracle-sql'",
        "batch-sql",
    ),
    project("artifacts into a file", "tocsin compile --out README.md", 2, "README.md"),
    project("a malformed name", "tocsin new 'My Rule!' --source app_audit", 2, "My Rule!"),
    project(
        "a detection that is there",
        "tocsin new admin-role-granted --source app_audit",
        2,
        "admin-role-granted",
    ),
    project(
        "an unknown source",
        "tocsin new refund --source app_audti",
        2,
        "app_audti",
        "app_audit",
    ),
    Bad("a broken file name", "tocsin validate $'rule\\xff.yml'", 2, ("rule",)),
)

SCAN = "tocsin scan --rules rule.yml --events "


def events(what: str, content: str | bytes, *says: str, name: str = "events.jsonl") -> Bad:
    """Events that cannot be read, scanned by one rule."""
    return Bad(what, SCAN + name, 1, (f"{name}:", *says), {"rule.yml": RULE, name: content})


GOOD = '{"action": "payout.update"}\n'
EVENTS = (
    events("a line that is not JSON", f"{GOOD}action=payout.update\n", "TOC071", ":2:"),
    events("a line that is not an event", f"{GOOD}[1, 2]\n", "TOC071", ":2:", "object"),
    events("half a surrogate pair", f'{GOOD}{{"action": "\\ud800"}}\n', "TOC071", ":2:"),
    events("bytes that are not UTF-8", b'{"action": "\xff"}\n', "TOC071", ":1:"),
    events("100,000 levels of JSON", f'{GOOD}{{"a": {"[" * 100_000}\n', "TOC071", ":2:"),
    events(
        "a .gz that is cut short",
        gzip.compress(GOOD.encode() * 9999, mtime=0)[:60],
        "TOC070",
        "cut short",
        name="events.jsonl.gz",
    ),
    Bad(
        "refused events with --strict",
        f"{SCAN}events.jsonl --strict",
        1,
        ("TOC070", "nothing scanned"),
        {"rule.yml": RULE, "events.jsonl": "x\n"},
    ),
    Bad(
        "a refused rule with --strict",
        f"{SCAN}events.jsonl --strict",
        1,
        ("TOC020", "nothing scanned"),
        {"rule.yml": HEAD, "events.jsonl": GOOD},
    ),
    Bad(
        "missing events",
        f"{SCAN}gone.jsonl",
        2,
        ("gone.jsonl: there is no such file",),
        {"rule.yml": RULE},
    ),
)
