"""Whatever strangers write is text: in every command and format, by the grammar of each."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from git import Repo  # noqa: TID251 - a repository to deploy from
from markdown_it import MarkdownIt

from authoring import RULE_ID, SOURCE, project, rule, write
from tocsin import escape
from tocsin.cli.main import main_group

FOLDER = Path(__file__).parent / "security"
HOSTILE = (
    "::error::x\x1b[2J\x9b31m\u202e[/x][red]\n::error file=a,line=1::pwn\r##[warning]w @org/team #1"
    " www.evil.example https://evil.example GH-1 <img src=x onerror=alert(1)><u> &commat;octocat"
    " &lt;i&gt; ![a](b) [l](http://e.example) `c` | *s* _e_ $m$ =cmd() %0A\u2028y"
)
SAFE_KEY = "[red]x[bold] &commat;octocat @org #1 www.evil.example"
ENVIRONMENT = """
[environments.local]
kind = "local"
backend = "batch-sql"
[environments.stream]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "127.0.0.1:1"
"""
COMMAND = re.compile(r"\s*(::|##\[)")
GITHUB = re.compile(r"::(error|warning|notice) file=[^,:\n]+,line=\d+,col=\d+,title=TOC\d+::.*")


def _root(tmp_path: Path) -> Path:
    """A project whose every free text is hostile; its key would be a file name, so it is milder."""
    selection = {"action": HOSTILE, "user.name|contains": HOSTILE}
    case = {"name": HOSTILE, "events": [{"action": HOSTILE}], "expect": {"alerts": 1}}
    odd = rule(
        title=HOSTILE,
        name=SAFE_KEY,
        description=HOSTILE,
        author=HOSTILE,
        references=[HOSTILE],
        falsepositives=[HOSTILE],
        tags=["attack.t1098"],
        detection={HOSTILE[:6] + "\x1b": selection, "s": {HOSTILE: "a"}, "condition": "s"},
        tocsin={"owner": HOSTILE, "controls": [HOSTILE], "tests": [case]},
    )
    fields = SOURCE + f"  {json.dumps(HOSTILE)}: string\n"
    wrong = rule(
        id=None, title=HOSTILE, detection={"s": {f"f|{HOSTILE}": HOSTILE}, "condition": HOSTILE}
    )
    sound = rule(
        id="7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a04",
        title=HOSTILE,
        name=SAFE_KEY,
        tags=["attack.t1098"],
        tocsin={"owner": HOSTILE, "tests": [case]},
        detection={"s": {"action": HOSTILE}, "condition": "s"},
    )
    root = project(tmp_path / "p", {"sound.yml": sound})
    write(root / "tocsin.toml", '[project]\nname = "shop"\n' + ENVIRONMENT)
    write(root / "sources/shop.yml", SOURCE.replace("title: Shop", f"title: {json.dumps(HOSTILE)}"))
    write(root / "odd/\x1b[31m::error::\u202e.yml", odd)
    write(root / "odd/wrong.yml", wrong)
    write(root / "odd/source.yml", fields)
    write(root / "events.jsonl", json.dumps({"action": HOSTILE, HOSTILE: "a"}) + "\n")
    with Repo.init(root) as repo:
        repo.git.add("-A")
        repo.git.execute(
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "all"]
        )
    return root


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Person")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a.person@example.org")
    made = _root(tmp_path)
    monkeypatch.chdir(made)
    return made


def _done(*command: str) -> Result:
    done = CliRunner().invoke(main_group, command)
    assert done.exit_code in (0, 1, 2), (command, done.output)
    if done.exception and not isinstance(done.exception, SystemExit):
        assert hasattr(done.exception, "exit_code"), (command, done.exception)
    return done


def _is_plain(text: str) -> None:
    """Nothing that a terminal or a log of CI would obey."""
    strange = {c for c in text if not c.isprintable() and c != "\n"}
    assert not strange, (strange, text)
    assert not [line for line in text.split("\n") if COMMAND.match(line)], text


TEXTS = (
    ("validate",),
    ("validate", "odd"),
    ("test",),
    ("test", "--junit", "junit.xml"),
    ("scan", "--rules", "rules", "odd", "--events", "events.jsonl", "--format", "table"),
    ("explain", "rules/sound.yml", "--event", "events.jsonl"),
    ("compile", "--target", "kafka-filter"),
    ("compile", "odd", "--target", "batch-sql"),
    ("status", "--env", "local"),
    ("plan", "--env", "local"),
    ("plan", "--env", "local", "--out", "plan.json"),
    ("apply", "--env", "local", "--plan", "plan.json"),
    ("history", "--env", "local"),
    ("coverage", "--env", "local", "--out", "page"),
    ("verify", "--env", "local"),
    ("lock",),
    ("worker", "--env", "local", "--events", "events.jsonl", "--source", "shop"),
    ("worker", "--env", "local", "--events", HOSTILE),
    ("worker", "--env", "local", "--events", "events.jsonl", "--source", HOSTILE),
    ("worker", "--env", HOSTILE),
    ("rollback", SAFE_KEY, "--env", "local", "--dry-run"),
    ("rollback", "--env", "local", "--to", "1", "--dry-run"),
    ("rollback", HOSTILE, "--env", "local"),
    ("rollback", "--env", "local", "--to", HOSTILE),
    ("promote", SAFE_KEY, "--to", "local"),
    ("promote", HOSTILE, "--to", "local"),
    ("shadow", SAFE_KEY, "--env", "local"),
    ("shadow", HOSTILE, "--env", "local"),
    ("manifests", "--env", "local", "--image", "registry/a:1"),
    ("manifests", "--env", "stream", "--image", HOSTILE, "--out", "made"),
    ("manifests", "--env", "stream", "--image", "registry/a:1", "--name", HOSTILE),
    ("new", HOSTILE, "--source", "shop"),
    ("new", "fine", "--source", HOSTILE),
    ("new", "fine", "--source", "shop", "--title", HOSTILE),
    ("validate",),
    ("init", HOSTILE),
    ("init", "."),
    ("conformance", "--backend", HOSTILE),
    ("conformance", "--engine", HOSTILE),
    ("explain", HOSTILE, "--event", HOSTILE),
    ("compile", HOSTILE, "--target", HOSTILE),
    ("scan", "--rules", HOSTILE, "--events", HOSTILE),
    ("test", HOSTILE),
    ("validate", HOSTILE),
    ("engines", "up", HOSTILE),
)


def test_a_terminal_shows_text(root: Path) -> None:
    for command in TEXTS:
        done = _done(*command)
        _is_plain(done.stdout)
        _is_plain(done.stderr)
    assert ET.parse(root / "junit.xml").find(".//testcase") is not None  # noqa: S314 - we wrote it
    assert (root / "page/index.html").is_file()
    assert len((root / ".tocsin/local/alerts.jsonl").read_text().splitlines()) == 1
    assert (root / "rules/shop/fine.yml").is_file()
    _Page().feed((root / "page/index.html").read_text("utf-8"))


class _Page(HTMLParser):
    """Fails at an element or attribute that is not ours."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("img", "u", "iframe")
        assert attrs or tag != "i"  # ours have a class
        assert not any(name.startswith("on") for name, _ in attrs)
        assert not any((value or "").startswith("javascript:") for _, value in attrs)

    def handle_data(self, data: str) -> None:
        assert all(c.isprintable() or c in "\n\t" for c in data)


@pytest.mark.parametrize(
    "command",
    [
        ("validate", "odd", "--format", "json"),
        ("validate", "odd", "--format", "sarif"),
        ("test", "--format", "json"),
        ("scan", "--rules", "rules", "odd", "--events", "events.jsonl"),
        ("explain", "rules/sound.yml", "--event", "events.jsonl", "--format", "json"),
        ("plan", "--env", "local", "--format", "json"),
    ],
    ids=" ".join,
)
def test_json_is_json(root: Path, command: tuple[str, ...]) -> None:
    del root
    done = _done(*command)
    _is_plain(done.stdout)
    found = [json.loads(line) for line in done.stdout.splitlines()] if "scan" in command else []
    assert found or json.loads(done.stdout)


def test_an_annotation_is_one_line(root: Path) -> None:
    del root
    shown = _done("validate", "odd", "--format", "github").stdout.splitlines()
    found = json.loads(_done("validate", "odd", "--format", "json").stdout)
    assert len(shown) == len(found) > 3
    assert all(GITHUB.fullmatch(line) and line.isprintable() for line in shown)


def test_a_comment_is_no_markup(root: Path) -> None:
    del root
    page = _done("plan", "--env", "local", "--format", "markdown").stdout
    assert "octocat" in page
    _is_text(page)


def _is_text(page: str) -> None:
    kinds = {token.type for token in _tokens(page)}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "code_block", "fence"}
    shown = "".join(token.content for token in _tokens(page) if token.type == "text")
    assert not re.search(r"@\w|#\d|www\.|://|GH-\d", shown, re.IGNORECASE)


def _tokens(page: str) -> Iterator[Any]:
    for token in MarkdownIt("commonmark").enable("table").parse(page):
        yield token
        yield from token.children or ()


def test_markdown_of_a_hostile_text() -> None:
    page = escape.markdown(HOSTILE)
    assert "\n" not in page
    _is_text(f"| {page} |\n|-|\n| {page} |\n\n- **x**: {page}\n")


@pytest.mark.parametrize("name", ["rich_markup_crash.yml", "markdown_mention.yml"])
def test_names_of_an_attack(name: str, root: Path) -> None:
    shutil.copy(FOLDER / name, root / "rules")
    for command in (*TEXTS[:2], ("test",), ("plan", "--env", "local")):
        _is_plain(_done(*command).output)


def test_names_of_cases(root: Path) -> None:
    for name in ("esc.yml", "esc.test.yml"):
        shutil.copy(FOLDER / "test_name_injection/app" / name, root / "rules")
    write(
        root / "sources/app.yml",
        SOURCE.replace("shop", "app").replace("source: app", "source: app"),
    )
    done = _done("test")
    assert "failed" in done.output
    _is_plain(done.output)


def test_escapes_leave_plain_text_alone() -> None:
    plain = "Admin role granted: 5 times (é, 中文)"
    for made in (escape.printable, escape.annotation, escape.sarif, escape.xml, escape.json_text):
        assert made(plain) == plain
    assert escape.json_text('"\U000e0001"') == '"\\udb40\\udc01"'
    assert RULE_ID in escape.markdown(RULE_ID)
