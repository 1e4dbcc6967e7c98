"""The jar of the Java matcher: built with Maven where its sources changed.

    python -m tocsin_flink_sql.matcher.maven

does so. A wheel brings the jar along: `hatch_build.py` calls this where nothing is installed yet,
so it needs the standard library only.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from tocsin import files
from tocsin.errors import EngineError, TocsinError
from tocsin.program import run

HERE = Path(__file__).parents[1]
SOURCES = HERE / "java"
BUILD_SECONDS = 600
WITHOUT = (
    "without the matcher for Flink, nothing can be tested on or deployed to Flink; all else works"
)
_TOOLS = {"javac": "a Java compiler (javac)", "mvn": "Maven (mvn)"}


def matcher_jar() -> Path:
    """The matcher's jar, built if its sources changed. Raises EngineError if that fails."""
    if not (SOURCES / "pom.xml").is_file():
        return _packaged()
    jar = HERE / f"matcher-{_sources_digest()}.jar"
    if not jar.is_file():
        _build(jar)
    return jar


def _packaged() -> Path:
    found = sorted(HERE.glob("matcher-*.jar"))
    if not found:
        raise EngineError(
            "this installation has no matcher for Flink: its wheel was built without Java",
            hint="build the wheel where there are a JDK (17 or newer) and Maven, and install that",
        )
    return found[0]


def _sources_digest() -> str:
    main = sorted((SOURCES / "src" / "main").rglob("*.java"))
    found = hashlib.sha256()
    for path in [SOURCES / "pom.xml", *main]:
        found.update(f"{path.relative_to(SOURCES).as_posix()}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _build(jar: Path) -> None:
    maven("-Dmaven.test.skip=true", "package")
    for old in HERE.glob("matcher-*.jar"):
        old.unlink()
    files.replace(jar, (SOURCES / "target" / "matcher.jar").read_bytes())


def maven(*arguments: str) -> str:
    """Run Maven on the matcher; what it says. Raises EngineError if it fails or is not there."""
    if absent := [name for tool, name in _TOOLS.items() if shutil.which(tool) is None]:
        raise EngineError(
            f"building the matcher for Flink needs {' and '.join(absent)}",
            hint="on Debian and Ubuntu: apt-get install openjdk-17-jdk-headless maven",
        )
    command = ["mvn", "-B", "-q", "-C", "-f", str(SOURCES / "pom.xml"), *arguments]
    done = run(command, BUILD_SECONDS, "the matcher for Flink was not built")
    said = done.stdout + done.stderr
    if done.returncode:
        wrong = [line for line in said.splitlines() if "ERROR" in line] or [said.strip()]
        raise EngineError("the matcher for Flink was not built", hint="\n".join(wrong[:5]))
    return said


def main() -> int:
    """Build; exit code 2 where that is not possible, with the reason and what it means."""
    try:
        matcher_jar()
    except TocsinError as error:
        said = f"{error.message}\n  hint: {error.hint}\n  {WITHOUT}"
        print(said, file=sys.stderr)  # noqa: T201 - for `make`
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
