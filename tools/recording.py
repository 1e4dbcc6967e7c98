"""What commands show: in a terminal and in a pipe of 80 columns, with the longest silence of each.

    .venv/bin/python -m tools.recording OUT COMMAND …

runs each COMMAND (one argument, as a shell takes it) in both ways and writes OUT: how long it took,
the longest time without a sign of life (in a terminal) and the longest line (in a pipe), then the
text as a person would have seen it: of a spinner that turns, what stays.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Recording:
    """All that a command wrote, with its seconds, and the longest time without a sign."""

    command: str
    where: str
    text: str
    code: int
    seconds: float
    silence: float

    @property
    def widest(self) -> int:
        """Characters of its longest line."""
        return max(map(len, self.text.splitlines() or [""]))

    def shown(self) -> str:
        """The text, under its command."""
        told = f"exit code {self.code}, {self.seconds:.1f} s"
        silence = (
            f", at most {self.silence:.1f} s without a sign" if self.where == "terminal" else ""
        )
        widest = f", longest line {self.widest}" if self.where == "pipe" else ""
        return f"$ {self.command}    # {self.where}: {told}{silence}{widest}\n{self.text}\n"


def in_terminal(command: str) -> Recording:
    """Run it where 80 columns are shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    env = {**os.environ, "TERM": "xterm", "COLUMNS": str(COLUMNS)}
    begun = last = time.monotonic()
    with subprocess.Popen(
        ["bash", "-c", command], stdin=theirs, stdout=theirs, stderr=theirs, env=env
    ) as run:
        os.close(theirs)
        written, silence = b"", 0.0
        while True:
            ready, _, _ = select.select([ours], [], [], 0.2)
            now = time.monotonic()
            if not ready:
                continue
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            silence, last = max(silence, now - last), now
            written += part
    end = time.monotonic()
    os.close(ours)
    text = seen(written.decode(errors="replace"))
    return Recording(
        command, "terminal", text, run.returncode, end - begun, max(silence, end - last)
    )


def seen(text: str) -> str:
    """What stays on the screen: lines that were written over are shown as they were last."""
    lines: list[str] = [""]
    for part in re.split(r"(\r\n|\n|\r|\x1b\[[0-9;?]*[A-Za-z])", text):
        if part in ("\r\n", "\n"):
            lines.append("")
        elif part == "\r" or part.endswith(("[2K", "[K")):
            lines[-1] = ""
        elif part.endswith("A") and part.startswith("\x1b"):
            del lines[-1]
            lines = lines or [""]
        elif not part.startswith("\x1b"):
            lines[-1] += part
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def in_pipe(command: str) -> Recording:
    """Run it where nobody looks on."""
    env = {**os.environ, "COLUMNS": str(COLUMNS)}
    begun = time.monotonic()
    done = subprocess.run(
        ["bash", "-c", f"{command} 2>&1 | cat; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        stdin=subprocess.DEVNULL,
    )
    seconds = time.monotonic() - begun
    return Recording(command, "pipe", done.stdout.rstrip("\n"), done.returncode, seconds, seconds)


def main() -> None:
    """Record the commands."""
    out, *commands = sys.argv[1:]
    found = [way(command).shown() for command in commands for way in (in_terminal, in_pipe)]
    Path(out).write_text("\n".join(found))


if __name__ == "__main__":
    main()
