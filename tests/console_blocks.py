"""Documentation as a shell session: commands of ```console blocks, files of other blocks.

A block whose first line is a comment `file: PATH` is a file, written where the session stands. A
```console block holds commands (`$ …`, with `# exit code N` if it is not 0) and their output. Run
as a program with a page, it writes the true output below every command that shows no `…`.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from patience import SECONDS

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"\A(?:#|//) file: (\S+)\n")
CODE = re.compile(r"#\s*exit code (\d+)\s*$")
ELLIPSIS = "…"
# What differs from run to run.
VOLATILE = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b|\b[a-f]{7,8}\b"), "HASH"),
)
_MARK = "console-block-ended"


@dataclass(frozen=True, slots=True)
class Step:
    """A command with the output that the page shows below it, or a file to write."""

    line: int
    command: str
    shown: str = ""
    file: str = ""

    @property
    def code(self) -> int:
        """The exit code that the page announces."""
        found = CODE.search(self.command)
        return int(found[1]) if found else 0


def steps(page: str) -> list[Step]:
    """Everything that the page does, in order."""
    return [step for block in BLOCK.finditer(page) for step in _steps_of(page, block)]


def section(page: str, title: str) -> str:
    """The page with empty lines for all that does not stand under a heading of this title."""
    before, heading, rest = page.partition(f"## {title}\n")
    text = rest.partition("\n## ")[0]
    return "\n" * (before + heading).count("\n") + text


def _steps_of(page: str, block: re.Match[str]) -> Iterator[Step]:
    kind, body = block.groups()
    line = page.count("\n", 0, block.start(2)) + 1
    if kind != "console":
        if found := FILE.match(body):
            # Comments of JSON are not JSON; those of YAML and TOML may stay.
            text = body if body.startswith("#") else body[found.end() :]
            yield Step(line, "", text, found[1])
        return
    for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        if part:
            command, _, shown = part.removeprefix("$ ").partition("\n")
            yield Step(line, command, shown)
        line += part.count("\n")


HERE = f'tocsin() {{ {shlex.quote(sys.executable)} -m tocsin.cli.main "$@"; }}'
ON_PATH = ""


def play(
    page: str, folder: Path, env: Mapping[str, str], tocsin: str = HERE
) -> list[tuple[Step, int, str]]:
    """Run the whole page in one shell in a folder: every command with its exit code and output.

    `tocsin` says what that command is; nothing that the page starts outlives its end.
    """
    script = [tocsin, "trap 'kill $(jobs -p) 2>/dev/null' EXIT"]
    told = steps(page)
    for step in told:
        if step.file:
            script += [f"cat > {step.file} <<'END-OF-FILE'\n{step.shown}END-OF-FILE"]
        else:
            script += [step.command, rf"printf '\n{_MARK} %d\n' $?"]
    done = subprocess.run(
        ["bash"],
        input="\n".join(script) + "\n",
        cwd=folder,
        # Unbuffered: both streams in the order in which they are written, as on a terminal.
        env={**os.environ, **env, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    pieces = re.split(rf"\n{_MARK} (\d+)\n", done.stdout)
    commands = [step for step in told if not step.file]
    ran = zip(pieces[::2], pieces[1::2], strict=False)
    return [(step, int(code), output) for step, (output, code) in zip(commands, ran, strict=True)]


def agrees(shown: str, output: str) -> bool:
    """Whether the page shows the truth; what differs from run to run does not count."""
    pattern = ""
    for line in _lines(shown):
        if line == ELLIPSIS:
            pattern += "(?:.*\n)*"
        else:
            pattern += ".*".join(map(re.escape, line.split(ELLIPSIS))) + "\n"
    return bool(re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(output))))


def _lines(text: str) -> list[str]:
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def refreshed(page: str, ran: list[tuple[Step, int, str]]) -> str:
    """The page with true output where it shows something else."""
    lines = page.splitlines(keepends=True)
    for step, _, output in reversed(ran):
        if ELLIPSIS in step.shown or agrees(step.shown, output):
            continue
        end = step.line + step.shown.count("\n")
        lines[step.line : end] = [f"{line.rstrip()}\n" for line in output.strip("\n").splitlines()]
    return "".join(lines)


PERSON = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A Person",
    "GIT_AUTHOR_EMAIL": "a.person@example.org",
    "GIT_COMMITTER_NAME": "A Person",
    "GIT_COMMITTER_EMAIL": "a.person@example.org",
    "COLUMNS": "120",
    "LC_ALL": "C.UTF-8",
}

if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as place:
            text = Path(name).read_text("utf-8")
            Path(name).write_text(refreshed(text, play(text, Path(place), PERSON)), "utf-8")
