"""The command line from outside: how it ends, what it prints where."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from authoring import OTHER_ID, RULE_ID, events, heed_interrupts, project, rule, write
from conftest import Tocsin
from patience import SECONDS

COMMAND = [sys.executable, "-m", "tocsin.cli.main"]


def test_all_is_well(child: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule())
    ended = child("validate", tmp_path)
    assert ended == (0, "", "1 detection without errors; no findings\n")


def test_findings_are_1_and_go_to_stdout(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule(level="huge"))
    ended = tocsin("validate", "r.yml", cwd=tmp_path)
    assert ended.code == 1
    assert ended.stdout.startswith("r.yml:4:8: error TOC010: 'huge' is not a valid")
    assert ended.stderr == "0 detections without errors; 1 error\n"


def test_warnings_alone_are_0(tocsin: Tocsin, tmp_path: Path) -> None:
    detection = {"sel": {"a": "b"}, "other": {"c": "d"}, "condition": "sel"}
    write(tmp_path / "r.yml", rule(detection=detection))
    ended = tocsin("validate", tmp_path)
    assert ended.code == 0
    assert "warning TOC034" in ended.stdout


def test_every_format_of_findings(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule(level="huge"))
    for fmt in ("json", "sarif"):
        ended = tocsin("validate", tmp_path, "--format", fmt)
        assert ended.code == 1
        assert "TOC010" in json.dumps(json.loads(ended.stdout))
    ended = tocsin("validate", tmp_path, "--format", "github")
    assert re.fullmatch(r"::error file=.*r\.yml,line=4,col=8,title=TOC010::.*\n", ended.stdout)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["validate", "--format", "xml"], "'xml' is not one of"),
        (["validate", "nothing.yml"], "no such file or folder: nothing.yml"),
        (["validate"], "no tocsin.toml in"),
        (["test"], "no tocsin.toml in"),
        (["scan"], "Missing option '--rules'"),
        (["scan", "--rules", ".", "--events"], "requires an argument"),
        (["scan", "--rules", ".", "--events", "nothing.jsonl"], "no such file: nothing.jsonl"),
        (["scan", "--rules", ".", "--events", "."], "a folder, not a file of events"),
        (["scan", "--rules", "nothing", "--events", "e.jsonl"], "no such file or folder: nothing"),
    ],
)
def test_usage_and_configuration_are_2(
    tocsin: Tocsin, tmp_path: Path, args: list[str], said: str
) -> None:
    ended = tocsin(*args, cwd=tmp_path)
    assert ended.code == 2
    assert ended.stdout == ""
    assert said in ended.stderr


def test_help_and_version(tocsin: Tocsin) -> None:
    assert tocsin("--version").stdout.startswith("tocsin, version ")
    ended = tocsin("validate", "-h")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Usage: tocsin validate [OPTIONS] [PATHS]...")


def test_help_imports_no_command() -> None:
    script = """
import sys
from tocsin.cli.main import main
try:
    main()
finally:
    heavy = {"sigma", "duckdb", "sqlglot", "re2", "git"} & set(sys.modules)
    print("heavy:", sorted(heavy))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("heavy: []\n")


def test_completion_of_the_shell(tocsin: Tocsin) -> None:
    ended = tocsin(env={"_TOCSIN_COMPLETE": "bash_source"})
    assert ended.code == 0
    assert "_tocsin_completion()" in ended.stdout
    words = {"COMP_WORDS": "tocsin val", "COMP_CWORD": "1", "_TOCSIN_COMPLETE": "bash_complete"}
    assert tocsin(env=words).stdout == "plain,validate\n"
    words |= {"COMP_WORDS": "tocsin validate --for", "COMP_CWORD": "2"}
    assert tocsin(env=words).stdout == "plain,--format\n"


CRASH = """
import tocsin.app.validate as use_case
from tocsin.cli.main import main

def crash(*_):
    secret = "the reason"
    raise RuntimeError(secret)

use_case.collect_again = crash
main()
"""


def test_our_own_bug_is_3_with_a_report_and_no_stack_trace(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH, "validate", str(write(tmp_path / "r.yml", rule()))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TOCSIN_STATE": str(tmp_path / "state")},
    )
    assert done.returncode == 3
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "the reason" not in done.stderr
    found = re.search(
        r"error: a bug in Tocsin; details in (\S+)\nhint: please report it", done.stderr
    )
    assert found
    report = Path(found[1]).read_text()
    folder = Path(found[1]).parent
    assert folder == tmp_path / "state" / "crashes"
    assert [path.stat().st_mode & 0o777 for path in (folder, Path(found[1]))] == [0o700, 0o600]
    assert "RuntimeError: the reason" in report
    assert "Traceback" in report


def test_ctrl_c_is_130(tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule())
    many = write(tmp_path / "e.jsonl", b'{"action": "refund"}\n' * 300_000)
    args = ["scan", "--rules", str(tmp_path), "--events", str(many), "--ignore-logsource"]
    with subprocess.Popen(
        [*COMMAND, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - no thread runs here
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()  # it is at work
        child.send_signal(signal.SIGINT)
        _, stderr = child.communicate(timeout=SECONDS)
    assert child.returncode == 130
    assert stderr.strip() == "interrupted"


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule())
    many = write(tmp_path / "e.jsonl", b'{"action": "refund"}\n' * 50_000)
    args = ["scan", "--rules", str(tmp_path), "--events", str(many), "--ignore-logsource"]
    with subprocess.Popen(
        [*COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr is not None
        stderr = child.stderr.read()
    assert child.returncode == 0
    assert stderr == ""


def on_terminal(args: list[str], env: dict[str, str], command: Sequence[str] = COMMAND) -> str:
    """What a person sees: both streams of a child whose terminal is ours."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*command, *args], stdout=theirs, stderr=theirs, env={**os.environ, **env}
    ) as child:
        os.close(theirs)
        seen = b""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux's way to say that the other side is closed
                break
            seen += part
        child.wait(timeout=SECONDS)
    os.close(ours)
    return seen.decode()


def test_colours_on_a_terminal_only(tocsin: Tocsin, tmp_path: Path) -> None:
    path = write(tmp_path / "r.yml", rule(level="huge"))
    assert "\x1b[31m" in on_terminal(["validate", str(path)], {"TERM": "xterm"})
    ended = tocsin("validate", path, env={"TERM": "xterm"})
    assert "\x1b" not in ended.stdout + ended.stderr
    ended = tocsin("validate", "nothing", env={"TERM": "xterm"})
    assert "\x1b" not in ended.stdout + ended.stderr


def test_names_of_files_that_are_no_text(tocsin: Tocsin, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.yml"
    try:
        Path(os.fsdecode(path)).write_text("a: b\n")
    except OSError:
        pytest.skip("this file system takes only names that are UTF-8")
    for fmt in ("text", "json", "github", "sarif"):
        assert tocsin("validate", tmp_path, "--format", fmt).code == 1


def test_scan_prints_one_line_a_match_and_figures_last(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "rules/a.yml", rule())
    write(tmp_path / "rules/b.yml", rule(id=OTHER_ID, detection={"s": {"x": 1}, "condition": "s"}))
    one = events(tmp_path / "1.jsonl", {"action": "refund"}, {"x": "1"})
    two = events(tmp_path / "2.jsonl", {"x": 1, "action": "Refund"})
    ended = tocsin("scan", "--rules", tmp_path / "rules", "--events", one, two, "--stats")
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"rule": OTHER_ID, "event": 1, "file": str(one), "line": 2, "time": None},
        {"rule": OTHER_ID, "event": 2, "file": str(two), "line": 1, "time": None},
        {"rule": RULE_ID, "event": 0, "file": str(one), "line": 1, "time": None},
        {"rule": RULE_ID, "event": 2, "file": str(two), "line": 1, "time": None},
    ]
    figures = json.loads(ended.stderr.splitlines()[-1])
    assert figures["events"] == 3
    assert figures["rules"] == 2
    assert figures["matches"] == 4
    assert {"load_seconds", "scan_seconds", "events_per_second"} <= set(figures)
    assert ended.code == 0


def test_scan_goes_on_despite_findings_unless_strict(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "rules/a.yml", rule())
    write(tmp_path / "rules/b.yml", rule(id=OTHER_ID, level="huge"))
    given = write(tmp_path / "e.jsonl", '{"action": "refund"}\nnonsense\n')
    args = ["scan", "--rules", str(tmp_path / "rules"), "--events", str(given)]
    ended = tocsin(*args)
    assert ended.code == 1
    [line] = ended.stdout.splitlines()
    assert json.loads(line) == {
        "rule": RULE_ID,
        "event": 0,
        "file": str(given),
        "line": 1,
        "time": None,
    }
    assert "TOC010" in ended.stderr
    assert "TOC071" in ended.stderr
    ended = tocsin(*args, "--strict")
    assert (ended.code, ended.stdout) == (1, "")
    assert "nothing scanned: 2 errors" in ended.stderr


def test_events_of_stdin_and_their_time(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule())
    given = '{"action": "pay"}\n\n{"action": "refund", "timestamp": "2026-03-04T05:06:07Z"}\n'
    args = ["scan", "--rules", str(tmp_path / "r.yml"), "--events", "-"]
    [line] = tocsin(*args, stdin=given).stdout.splitlines()
    told = {"file": "stdin", "line": 3, "time": "2026-03-04T05:06:07.000Z"}
    assert json.loads(line) == {"rule": RULE_ID, "event": 1, **told}
    table = tocsin(*args, "--format", "table", stdin=given).stdout
    assert "stdin:3" in table
    assert "2026-03-04T05:06:07.000Z" in table


def test_a_table_of_matches_is_on_stdout_with_titles_as_they_are(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    write(tmp_path / "r.yml", rule(title="A [/b] [red]title"))
    given = events(tmp_path / "e.jsonl", {"action": "refund"})
    args = ["scan", "--rules", str(tmp_path / "r.yml"), "--events", str(given)]
    ended = tocsin(*args, "--format", "table", env={"COLUMNS": "120"})
    assert ended.code == 0
    assert "A [/b] [red]title" in ended.stdout


def test_test_shows_names_and_events_as_they_are(tocsin: Tocsin, tmp_path: Path) -> None:
    tests = [{"name": "[/x] [b]y", "events": [{"action": "[/red]"}], "expect": {"alerts": 1}}]
    root = project(tmp_path / "[bold]", {"r.yml": rule(tocsin={"tests": tests})})
    ended = tocsin("test", root, env={"COLUMNS": "200"})
    assert ended.code == 1
    assert "[/x] [b]y" in ended.stderr
    assert "'[/red]'" in ended.stderr
    assert "[bold]" in ended.stderr


def test_test_in_json_and_junit(tocsin: Tocsin, tmp_path: Path) -> None:
    tests = [{"name": "fires", "events": [{"action": "refund"}], "expect": {"alerts": 1}}]
    root = project(tmp_path, {"r.yml": rule(tocsin={"tests": tests})})
    ended = tocsin("test", root, "--format", "json", "--junit", tmp_path / "out.xml")
    assert ended.code == 0
    [found] = json.loads(ended.stdout)
    assert (found["case"], found["status"], found["engine"]) == ("fires", "passed", "evaluator")
    assert b'<testsuite name="tocsin.evaluator"' in (tmp_path / "out.xml").read_bytes()


def test_test_of_a_rule_with_errors_is_1(tocsin: Tocsin, tmp_path: Path) -> None:
    root = project(tmp_path, {"r.yml": rule(level="huge")})
    ended = tocsin("test", root)
    assert ended.code == 1
    assert "not tested because of errors: 1 error" in ended.stderr
