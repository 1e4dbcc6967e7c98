"""A git repository that is written by one process, thousands of commits a minute."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO


class FastImport:
    """Commits on one branch, each with the files of the one before it but for what is named."""

    def __init__(self, folder: Path, branch: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
        command = ["git", "-c", "core.compression=1", "fast-import", "--quiet", "--depth=10"]
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._branch = branch

    def commit(
        self, files: Mapping[str, bytes], gone: Iterable[str], at: datetime, message: str
    ) -> str:
        """The id of the new commit."""
        stream, told = self._pipes()
        text, person = message.encode(), f"CI <ci@example.org> {int(at.timestamp())} +0000"
        stream.write(f"commit refs/heads/{self._branch}\nmark :1\ncommitter {person}\n".encode())
        stream.write(b"data %d\n%s\n" % (len(text), text))
        for path in gone:
            stream.write(f"D {path}\n".encode())
        for path, data in files.items():
            stream.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode())
            stream.write(data)
            stream.write(b"\n")
        stream.write(b"\nget-mark :1\n")
        stream.flush()
        return told.readline().decode().strip()

    def close(self) -> None:
        """All is written."""
        stream, told = self._pipes()
        stream.close()
        told.close()
        if self._process.wait():
            raise OSError("git fast-import failed")

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("git fast-import has no pipes")
        return self._process.stdin, self._process.stdout
