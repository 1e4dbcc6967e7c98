"""The configuration of the local Flink cluster."""

from collections.abc import Mapping
from pathlib import Path

from tocsin_engines.engine import LOG4J
from tocsin_engines.ports import HOST

TASK_SLOTS = 8

FLINK_LOG4J = [
    *LOG4J,
    *"""\
logger.kafka.name = org.apache.kafka
logger.kafka.level = warn
logger.netty.name = org.apache.flink.shaded.netty4
logger.netty.level = error""".splitlines(),
]

_EXPORTS = (
    "java.base/sun.net.util",
    "java.rmi/sun.rmi.registry",
    "java.security.jgss/sun.security.krb5",
    *(f"jdk.compiler/com.sun.tools.javac.{part}" for part in ("api", "file", "parser")),
    *(f"jdk.compiler/com.sun.tools.javac.{part}" for part in ("tree", "util")),
)
_OPENS = (
    *("java.lang", "java.lang.reflect", "java.net", "java.io", "java.nio", "java.text"),
    *("java.time", "java.util", "java.util.concurrent", "java.util.concurrent.atomic"),
    *("java.util.concurrent.locks", "sun.nio.ch"),
)

# Flink's own `env.java.default-opts.all` for Java 17, which only its shell scripts would read.
# Without the encoding, the system's locale decides what a non-ASCII literal in SQL becomes.
MODULE_FLAGS = [
    *(f"--add-exports={package}=ALL-UNNAMED" for package in _EXPORTS),
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS),
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
]


def config(folder: Path, ports: Mapping[str, int]) -> list[str]:
    """Lines of `config.yaml`; everything that Flink writes lies below `folder`."""
    settings: dict[str, object] = {
        **_network(ports),
        "jobmanager.memory.process.size": "1024m",
        "taskmanager.memory.process.size": "1728m",
        # No job here keeps state outside the heap; many short jobs load many classes.
        "taskmanager.memory.managed.fraction": 0.2,
        "taskmanager.memory.jvm-metaspace.size": "320m",
        "taskmanager.numberOfTaskSlots": TASK_SLOTS,
        "parallelism.default": 1,
        "execution.checkpointing.interval": "1s",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        "execution.checkpointing.savepoint-dir": (folder / "savepoints").as_uri(),
        # The default is to restart for ever: a job that cannot run would never be seen to fail.
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": 2,
        "restart-strategy.fixed-delay.delay": "500ms",
        "io.tmp.dirs": folder / "tmp",
        "web.tmpdir": folder / "tmp",
        "blob.storage.directory": folder / "tmp",
    }
    return [f'{key}: "{value}"' for key, value in settings.items()]


def _network(ports: Mapping[str, int]) -> dict[str, object]:
    hosts = """
        jobmanager.rpc.address jobmanager.bind-host taskmanager.host taskmanager.bind-host
        rest.address rest.bind-address
        sql-gateway.endpoint.rest.address sql-gateway.endpoint.rest.bind-address
    """
    return {
        **dict.fromkeys(hosts.split(), HOST),
        "jobmanager.rpc.port": ports["flink-rpc"],
        "rest.port": ports["flink"],
        "rest.bind-port": ports["flink"],
        "sql-gateway.endpoint.rest.port": ports["flink-gateway"],
        "sql-gateway.endpoint.rest.bind-port": ports["flink-gateway"],
    }
