"""Apache Kafka: one node that is broker and controller (KRaft)."""

import base64
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from tocsin.errors import EngineError
from tocsin.program import run
from tocsin_engines.cache import Cache
from tocsin_engines.engine import LOG4J, Launch, Say
from tocsin_engines.packages import maven_jars, pom
from tocsin_engines.ports import HOST, answers
from tocsin_engines.tools import JAVA, TOOL_SECONDS, Tool


class KafkaEngine:
    """A broker with an empty log; topics are made on first use."""

    name = "kafka"
    ports = ("kafka", "kafka-controller")
    requires: tuple[Tool, ...] = (JAVA,)

    def install(self, cache: Cache, say: Say) -> Path:
        """46 jars, 43 MB."""
        text = pom("kafka")

        def fill(folder: Path) -> None:
            say("downloading Kafka (43 MB)")
            maven_jars(text, folder, transitive=True)

        return cache.folder("kafka", text, fill, say)

    def start(self, launch: Launch) -> None:
        """Format the data folder, which Kafka insists on, and start the one process."""
        java = [JAVA.find(), "-cp", f"{launch.installed}/*"]
        properties = launch.write("server.properties", _properties(launch))
        logging = launch.write("log4j2.properties", LOG4J)
        _format(java, properties)
        flags = [
            "-Xmx512m",
            "-Dfile.encoding=UTF-8",
            f"-Dlog4j2.configurationFile={logging.as_uri()}",
        ]
        launch.spawn("kafka", [*java, *flags, "kafka.Kafka", str(properties)])

    def healthy(self, ports: Mapping[str, int]) -> bool:
        """Does the broker answer a metadata request?"""
        # librdkafka waits and logs while nobody listens: look at the port first.
        return answers(ports["kafka"]) and _is_up(self.addresses(ports)["kafka"])

    def addresses(self, ports: Mapping[str, int]) -> dict[str, str]:
        """`kafka`: the bootstrap servers."""
        return {"kafka": f"{HOST}:{ports['kafka']}"}


def _properties(launch: Launch) -> list[str]:
    client = f"PLAINTEXT://{HOST}:{launch.ports['kafka']}"
    controller = f"{HOST}:{launch.ports['kafka-controller']}"
    return [
        "process.roles=broker,controller",
        "node.id=1",
        f"controller.quorum.voters=1@{controller}",
        f"listeners={client},CONTROLLER://{controller}",
        f"advertised.listeners={client}",
        "controller.listener.names=CONTROLLER",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        f"log.dirs={launch.folder / 'data'}",
        "offsets.topic.replication.factor=1",
        # The defaults of 50 partitions make the first consumer and the first transaction slow.
        "offsets.topic.num.partitions=4",
        "transaction.state.log.replication.factor=1",
        "transaction.state.log.min.isr=1",
        "transaction.state.log.num.partitions=4",
        "share.coordinator.state.topic.replication.factor=1",
        "share.coordinator.state.topic.min.isr=1",
        "group.initial.rebalance.delay.ms=0",
    ]


def _format(java: list[str], properties: Path) -> None:
    tool = ["-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format"]
    command = [*java, *tool, "-t", _cluster_id(), "-c", str(properties)]
    failure = "Kafka could not format its data folder"
    done = run(command, TOOL_SECONDS, failure)
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise EngineError(f"{failure}: {' '.join(told[:2])}")


def _cluster_id() -> str:
    # Kafka's form of a UUID; a leading dash would read as an option of the tool.
    return "T" + base64.urlsafe_b64encode(uuid4().bytes).decode()[1:22]


def _is_up(servers: str) -> bool:
    from tocsin_kafka.admin import has_broker  # noqa: PLC0415 - starting must not need it

    return has_broker(servers)
