"""Programs that are needed and not included: Java and Maven."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import EngineError
from tocsin.program import run

_OLDEST_JAVA = 17
TOOL_SECONDS = 120
"""What a tool of an engine may take for an answer, on a machine that is busy."""


@dataclass(frozen=True)
class Tool:
    """A program: its command, the variable that names its home (or ""), and how to get it."""

    command: str
    home: str
    hint: str

    def find(self) -> str:
        """Path of the program: under its home variable if set, else on PATH."""
        home = os.environ.get(self.home) if self.home else None
        below_home = shutil.which(Path(home) / "bin" / self.command) if home else None
        found = below_home or shutil.which(self.command)
        if found is None:
            raise EngineError(f"{self.command} was not found on PATH", hint=self.hint)
        return str(found)

    def check(self) -> None:
        """Refuse what is missing or too old, before an engine fails in less plain words."""
        self.find()


class _Java(Tool):
    def check(self) -> None:
        java = self.find()
        told = run([java, "-version"], TOOL_SECONDS, f"{java} does not work")
        version = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
        if version is None:
            raise EngineError(f"{java} does not work: {told.stderr.strip()[:200]}", hint=self.hint)
        if int(version[1]) < _OLDEST_JAVA:
            raise EngineError(f"{java} is Java {version[1]}, too old", hint=self.hint)


JAVA = _Java(
    "java",
    "JAVA_HOME",
    "install Java 17 or newer (Debian, Ubuntu: openjdk-17-jre-headless; macOS: openjdk@17)",
)
MAVEN = Tool("mvn", "MAVEN_HOME", "install Maven (package maven); it is needed once, to download")
