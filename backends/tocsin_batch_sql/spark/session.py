"""Spark inside this process: one session, started when the first job asks and stopped at exit."""

from __future__ import annotations

import atexit
import logging
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import TYPE_CHECKING, Any

from tocsin.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

INSTALL = "pip install 'tocsin[spark]' (or: uv sync --extra spark); it needs Java 17 or newer"
SETTINGS = {
    "spark.master": "local[2]",
    "spark.app.name": "tocsin",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-Xss16m",  # long conditions are deep trees
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.shuffle.partitions": "1",
    # It reads the environment for whoever writes `${env:NAME}` into a statement.
    "spark.sql.variable.substitute": "false",
    "spark.sql.variant.allowDuplicateKeys": "true",
    # Compiling code for the few events of a case or a scan costs more than it saves.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
_starting = Lock()


def missing() -> str:
    """What keeps Spark from starting here, or nothing."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed"
    return "" if shutil.which("java") else "no java on PATH"


def session() -> SparkSession:
    """The session of this process. Raises EngineError where Spark cannot be started."""
    why = missing()
    if why:
        raise EngineError(f"spark: {why}", hint=INSTALL)
    with _starting:
        return _started()


@cache
def _started() -> SparkSession:
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415 - an optional extra
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.java_gateway import launch_gateway  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    # It writes every failed statement to stderr; we raise what it says.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    folder = Path(mkdtemp(prefix="tocsin-spark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    places = {"spark.local.dir": folder, "spark.sql.warehouse.dir": folder / "warehouse"}
    settings = SETTINGS | {key: str(value) for key, value in places.items()}
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    log = folder / "log"
    try:
        with log.open("wb") as out:
            launch: Callable[..., Any] = launch_gateway  # untyped in PySpark
            gateway = launch(conf, {"stdout": out, "stderr": subprocess.STDOUT})
        atexit.register(_stop, gateway)
        spark = SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (PySparkException, OSError) as error:
        tail = log.read_text(errors="replace").splitlines()[-1:]
        raise EngineError(f"spark does not start: {error}", hint=" ".join(tail)) from None
    return spark


def _stop(gateway: Any) -> None:
    """End the JVM, which ends itself where its stdin is closed."""
    with suppress(Exception):  # it may be gone already, and nobody is left to tell
        gateway.shutdown()
    gateway.proc.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        gateway.proc.wait(10)
