"""Fetch engines from package registries: jars with Maven, Python packages with uv or pip."""

import importlib.util
import re
import shutil
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from tocsin.errors import EngineError
from tocsin.program import run
from tocsin_engines.tools import MAVEN

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_TIMEOUT_SECONDS = 1800
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Lines in which Maven ("[ERROR] …"), uv ("error: …", "cause: …") and pip ("ERROR: …") say why.
_TELLING = re.compile(
    r"(?:\[ERROR\] |(?i:error|cause|caused by): )(?!To see|Re-run|For more|\[Help)(.+)"
)


def pom(name: str) -> str:
    """The text of a pom.xml that ships with this package."""
    return resources.files(__package__).joinpath("poms", f"{name}.xml").read_text("utf-8")


def maven_jars(pom_text: str, target: Path, *, transitive: bool) -> None:
    """Copy the dependencies of a pom.xml, and theirs if `transitive`, into `target`."""
    mvn = MAVEN.find()
    target.mkdir(parents=True, exist_ok=True)
    file = target / "pom.xml"
    file.write_text(pom_text, encoding="utf-8")
    only_direct = [] if transitive else ["-DexcludeTransitive=true"]
    # -U: else a download that failed once is not tried again for a day. -C: a file that is not what
    # the registry says of it is refused, plug-ins included.
    command = [mvn, "-B", "-q", "-U", "-C", "-f", str(file), _COPY, f"-DoutputDirectory={target}"]
    _run([*command, *only_direct], "Maven could not download the jars")


def python_package(requirement: str, sha256: str, target: Path) -> None:
    """Install the wheel of one Python package that has this digest into a folder of its own.

    What it depends on is left out, and no source is built: that would run what nothing pins.
    """
    target.mkdir(parents=True, exist_ok=True)
    file = target / "requirements.txt"
    file.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--target", str(target)]
    _run([*_installer(), *options, "-r", str(file)], f"could not download {requirement}")


def _installer() -> list[str]:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    if importlib.util.find_spec("pip") is None:
        raise EngineError("neither uv nor pip was found", hint="install uv: pip install uv")
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _run(command: Sequence[str], failure: str) -> None:
    done = run(command, _TIMEOUT_SECONDS, failure)
    if done.returncode:
        reason = _reason(done.stdout + "\n" + done.stderr)
        raise EngineError(
            f"{failure}: {reason}",
            hint="the first start downloads packages, so a package registry must be reachable",
        )


def _reason(output: str) -> str:
    lines = [line.strip() for line in _COLOUR.sub("", output).splitlines() if line.strip()]
    telling = [found[1] for line in lines if (found := _TELLING.match(line))] or lines[-1:]
    return " ".join(telling[:2])[:500] or "no reason given"
