"""Apicurio Registry: a schema registry with Confluent's API; schemas are kept in memory."""

import tarfile
from collections.abc import Mapping
from pathlib import Path

import httpx

from tocsin.errors import EngineError
from tocsin_engines.cache import Cache
from tocsin_engines.engine import Launch, Say
from tocsin_engines.packages import maven_jars, pom
from tocsin_engines.ports import HOST
from tocsin_engines.tools import JAVA, Tool

_API = "/apis/ccompat/v7"


class Apicurio:
    """One JVM of about 0.3 GB with an empty registry that accepts any change of a schema."""

    name = "registry"
    ports = ("registry",)
    requires: tuple[Tool, ...] = (JAVA,)

    def install(self, cache: Cache, say: Say) -> Path:
        """One archive, 109 MB."""
        text = pom("registry")

        def fill(folder: Path) -> None:
            say("downloading Apicurio Registry (109 MB)")
            maven_jars(text, folder, transitive=False)
            _unpack(folder)

        return cache.folder("registry", text, fill, say)

    def start(self, launch: Launch) -> None:
        """Start the one process, which writes below the engine's folder only."""
        temporary = launch.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        settings = {
            "java.io.tmpdir": temporary,
            "file.encoding": "UTF-8",
            "quarkus.http.host": HOST,
            "quarkus.http.port": launch.ports["registry"],
            "apicurio.import.work-dir": temporary / "import",
            "apicurio.storage.snapshot.location": temporary,
            # Twenty connections to a database in memory would only make the start slower.
            "apicurio.datasource.jdbc.initial-size": 1,
            "apicurio.datasource.jdbc.min-size": 1,
        }
        flags = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        options = [f"-D{name}={value}" for name, value in settings.items()]
        launch.spawn(
            "registry", [JAVA.find(), *flags, *options, "-jar", str(_program(launch.installed))]
        )

    def healthy(self, ports: Mapping[str, int]) -> bool:
        """Does it list its subjects?"""
        try:
            with httpx.Client(timeout=5, trust_env=False) as client:
                return client.get(self.addresses(ports)["registry"] + "/subjects").is_success
        except httpx.HTTPError:
            return False

    def addresses(self, ports: Mapping[str, int]) -> dict[str, str]:
        """`registry`: URL of the API that Confluent's registry has as well."""
        return {"registry": f"http://{HOST}:{ports['registry']}{_API}"}


def _unpack(folder: Path) -> None:
    for archive in folder.glob("*.tar.gz"):
        try:
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
        except tarfile.TarError as error:
            raise EngineError(f"cannot unpack {archive.name}: {error}") from error
        archive.unlink()


def _program(folder: Path) -> Path:
    found = next(folder.glob("*-runner.jar"), None)
    if found is None:
        raise EngineError(f"Apicurio Registry is not complete: no program in {folder}")
    return found
