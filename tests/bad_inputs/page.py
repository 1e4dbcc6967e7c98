"""The table as a page. Messages are what the command says now; nothing is copied by hand."""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bad_inputs.run import Bad, Ended, as_typed, run
from bad_inputs.table import GROUPS
from prepared import said

# Commands that need a shell are run in one.
_SHELL = re.compile(r"[|><$=#;&]|\\x")
_VOLATILE = (
    (re.compile(r"\(process \d+\)"), "(process 4711)"),
    (re.compile(r"\bport \d+ (?=\(for kafka\): Address)"), "port 9092 "),
    (re.compile(r"(?<=release 1 )[0-9a-f]{12}\b"), "d4c1f0aa93b7"),
)


def page() -> str:
    """A table for every group of bad inputs."""
    parts: list[str] = []
    for title, group in GROUPS.items():
        parts += [f"\n## {title}\n", "| what | command | exit | message |", "|---|---|---|---|"]
        parts += map(_made, group)
    return "\n".join(parts) + "\n"


def _made(bad: Bad) -> str:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        return row(bad, run(bad, folder, copied), folder)


def copied(bad: Bad, folder: Path, env: Mapping[str, str]) -> Ended:
    """Run the command as a user does; what needs no shell, in a copy of a prepared process."""
    if bad.act or _SHELL.search(bad.command):
        return as_typed(bad, folder, env)
    _, *args = shlex.split(bad.command)
    return Ended(*said(args, folder, env))


def message(bad: Bad, ended: Ended) -> str:
    """The line that says what is wrong, and its hint."""
    lines = [line.rstrip() for line in ended.said.splitlines() if line.strip()]
    told = {n: line for n, line in enumerate(lines) if not line.lstrip().startswith("hint: ")}
    wanted = (bad.says[:2], bad.says[:1], ("rror",), ("",))
    place = next(n for w in wanted for n, line in told.items() if all(s in line for s in w))
    hints = [line.strip() for line in lines[place + 1 : place + 4]]
    hint = next((line for line in hints if line.startswith("hint: ")), "")
    told_so = lines[place].strip() + (f"\n{hint}" if hint else "")
    for pattern, shown in _VOLATILE:
        told_so = pattern.sub(shown, told_so)
    return told_so


def row(bad: Bad, ended: Ended, folder: Path) -> str:
    """Its line of the page, whatever folder it was run in."""
    texts = (ended.stdout, ended.stderr)
    here = [text.replace(f"{folder}/", "").replace(str(folder), ".") for text in texts]
    told = "<br>".join(_code(line) for line in message(bad, Ended(ended.code, *here)).splitlines())
    return f"| {bad.what} | {_code(bad.command)} | {ended.code} | {told} |"


def _code(text: str) -> str:
    """A piece of code in a cell: bars are escaped, backquotes fenced by longer ones."""
    fence = "``" if "`" in text else "`"
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text.replace('|', chr(92) + '|')}{edge}{fence}"
