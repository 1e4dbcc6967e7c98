"""The jar of the Java matcher, and the jar of a pack: the matcher's classes and the pack.

    python -m tocsin_flink_sql.matcher.jar

builds the matcher with Maven where its sources changed. A wheel brings it along.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tocsin import files
from tocsin.errors import EngineError, TocsinError
from tocsin.pack import Pack
from tocsin_flink_sql.matcher.java_regex import letters, regexes
from tocsin_flink_sql.sql.functions import FUNCTIONS, definitions

HERE = Path(__file__).parents[1]
SOURCES = HERE / "java"
BUILD_SECONDS = 600
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry of a jar: equal contents are equal bytes."""


def matcher_jar() -> Path:
    """The matcher's jar, built if its sources changed. Raises EngineError if that fails."""
    if not (SOURCES / "pom.xml").is_file():
        return _packaged()
    jar = HERE / f"matcher-{_sources_digest()}.jar"
    if not jar.is_file():
        _build(jar)
    return jar


def pack_jar(pack: Pack) -> bytes:
    """The jar that runs a pack. Raises Unsupported for a regular expression Java cannot say."""
    return _jar({"tocsin/pack": pack.encoded, "tocsin/regexes.json": regexes(pack.parts)})


@cache
def functions_jar() -> bytes:
    """The jar of the functions that views and statements use."""
    return _jar({})


@contextmanager
def functions() -> Iterator[list[str]]:
    """What defines the functions in a session, as long as this lasts."""
    with TemporaryDirectory() as folder:
        file = Path(folder, FUNCTIONS)
        file.write_bytes(functions_jar())
        yield definitions(file.as_uri())


def _jar(own: Mapping[str, bytes]) -> bytes:
    entries = {**_classes(matcher_jar()), **own, "tocsin/letters.json": letters()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as jar:
        for name in sorted(entries):
            jar.writestr(zipfile.ZipInfo(name, EPOCH), entries[name])
    return made.getvalue()


@cache
def _classes(jar: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(jar) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name.endswith(".class")}


def _packaged() -> Path:
    found = sorted(HERE.glob("matcher-*.jar"))
    if not found:
        raise EngineError(
            "this installation has no matcher for Flink",
            hint="install a wheel, or build from a checkout with Java 17 and Maven",
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
    mvn = shutil.which("mvn")
    if mvn is None or shutil.which("javac") is None:
        raise EngineError(
            "building the matcher for Flink needs a Java compiler and Maven",
            hint="install both (Debian, Ubuntu: openjdk-17-jdk-headless, maven)",
        )
    command = [mvn, "-B", "-q", "-C", "-f", str(SOURCES / "pom.xml"), *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"Maven did not end in {BUILD_SECONDS} s") from error
    said = done.stdout + done.stderr
    if done.returncode:
        wrong = [line for line in said.splitlines() if "ERROR" in line] or [said.strip()]
        raise EngineError("the matcher for Flink was not built", hint="\n".join(wrong[:5]))
    return said


def main() -> int:
    """Build; exit code 2 where that is not possible."""
    try:
        matcher_jar()
    except TocsinError as error:
        print(f"{error.message}\n  {error.hint}", file=sys.stderr)  # noqa: T201 - for `make`
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
