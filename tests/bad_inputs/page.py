"""The table as a page. Messages are what the command says now; nothing is copied by hand."""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from bad_inputs.run import Bad, Ended, as_typed, run
from bad_inputs.table import GROUPS
from tocsin.cli.main import COMMANDS, main

# Commands that need a shell are run in one.
_SHELL = re.compile(r"[|><$=#;&]|\\x")
_VOLATILE = (
    (re.compile(r"\(process \d+\)"), "(process 4711)"),
    (re.compile(r"\bport \d+ (?=\(for kafka\): Address)"), "port 9092 "),
    (re.compile(r"(?<=release 1 )[0-9a-f]{12}\b"), "d4c1f0aa93b7"),
)


def page() -> str:
    """A table for every group of bad inputs."""
    for name in COMMANDS:  # before forking, so that no child has to
        import_module(f"tocsin.cli.{name}")
    parts: list[str] = []
    for title, group in GROUPS.items():
        parts += [f"\n## {title}\n", "| what | command | exit | message |", "|---|---|---|---|"]
        parts += [_row(bad, _ended(bad)) for bad in group]
    return "\n".join(parts) + "\n"


def _ended(bad: Bad) -> Ended:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        ended = run(bad, folder, as_typed if bad.act or _SHELL.search(bad.command) else forked)
        said = (ended.stdout, ended.stderr)
        here = [text.replace(f"{folder}/", "").replace(str(folder), ".") for text in said]
        return Ended(ended.code, *here)


def forked(bad: Bad, folder: Path, env: Mapping[str, str]) -> Ended:
    """Run the command in a copy of this process, which has everything loaded: ten times as fast."""
    outputs = [folder.parent / f"{folder.name}.{stream}" for stream in ("out", "err")]
    child = os.fork()
    if child == 0:
        _become(bad, folder, env, outputs)
    _, status = os.waitpid(child, 0)
    texts = [path.read_text("utf-8", "backslashreplace") for path in outputs]
    for path in outputs:
        path.unlink()
    return Ended(os.waitstatus_to_exitcode(status), *texts)


def _become(bad: Bad, folder: Path, env: Mapping[str, str], outputs: list[Path]) -> None:
    """Never returns."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the child's life
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = shlex.split(bad.command)
    code: object = 1
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def message(bad: Bad, ended: Ended) -> str:
    """The line that says what is wrong, and its hint."""
    lines = [line.rstrip() for line in ended.said.splitlines() if line.strip()]
    told = {n: line for n, line in enumerate(lines) if not line.lstrip().startswith("hint: ")}
    wanted = (bad.says[:2], bad.says[:1], ("rror",), ("",))
    place = next(n for w in wanted for n, line in told.items() if all(s in line for s in w))
    hints = [line.strip() for line in lines[place + 1 : place + 4]]
    hint = next((line for line in hints if line.startswith("hint: ")), "")
    said = lines[place].strip() + (f"\n{hint}" if hint else "")
    for pattern, shown in _VOLATILE:
        said = pattern.sub(shown, said)
    return said


def _row(bad: Bad, ended: Ended) -> str:
    told = "<br>".join(_code(line) for line in message(bad, ended).splitlines())
    return f"| {bad.what} | {_code(bad.command)} | {ended.code} | {told} |"


def _code(text: str) -> str:
    """A piece of code in a cell: bars are escaped, backquotes fenced by longer ones."""
    fence = "``" if "`" in text else "`"
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text.replace('|', chr(92) + '|')}{edge}{fence}"
