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

from authoring import heed_interrupts, rule, write
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
        (["validate", "nothing.yml"], "nothing.yml: there is no such file or folder"),
        (["validate"], "no tocsin.toml in"),
        (["test"], "no tocsin.toml in"),
        (["scan"], "Missing option '--rules'"),
        (["scan", "--rules", ".", "--events"], "requires an argument"),
        (
            ["scan", "--rules", ".", "--events", "nothing.jsonl"],
            "nothing.jsonl: there is no such file",
        ),
        (["scan", "--rules", ".", "--events", "."], "it is a folder"),
        (
            ["scan", "--rules", "nothing", "--events", "e.jsonl"],
            "nothing: there is no such file or folder",
        ),
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
