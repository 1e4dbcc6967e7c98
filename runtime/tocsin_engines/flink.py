"""Apache Flink: a session cluster (job manager, one task manager) and the SQL Gateway."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from tocsin.errors import EngineError
from tocsin.program import run
from tocsin_engines.cache import Cache
from tocsin_engines.engine import Launch, Say
from tocsin_engines.flink_conf import FLINK_LOG4J, MODULE_FLAGS, TASK_SLOTS, config
from tocsin_engines.packages import maven_jars, pom, python_package
from tocsin_engines.ports import HOST
from tocsin_engines.tools import JAVA, TOOL_SECONDS, Tool

_LIBRARIES = "apache-flink-libraries==2.2.1"
_LIBRARIES_SHA256 = "74dc5546fbd9add8fbcdf1222a237e09491f9b80296241aef8676ec56f8e686e"
_RESULT = "BASH_JAVA_UTILS_EXEC_RESULT:"
_RUNTIME = "org.apache.flink.runtime"
_JOB_MANAGER = f"{_RUNTIME}.entrypoint.StandaloneSessionClusterEntrypoint"
_TASK_MANAGER = f"{_RUNTIME}.taskexecutor.TaskManagerRunner"
_GATEWAY = "org.apache.flink.table.gateway.SqlGateway"
_ONE_GIGABYTE = ("-Xmx1g", "-XX:MaxMetaspaceSize=512m")
# Planning a set of twenty statements takes the gateway past 1 GB.
_TWO_GIGABYTES = ("-Xmx2g", "-XX:MaxMetaspaceSize=512m")


class FlinkEngine:
    """Three JVMs of about 1 GB, 1.7 GB and 2 GB, with the Kafka connector on the class path."""

    name = "flink"
    ports = ("flink", "flink-gateway", "flink-rpc")
    requires: tuple[Tool, ...] = (JAVA,)

    def install(self, cache: Cache, say: Say) -> Path:
        """Flink's jars come in a Python package, connector and gateway from Maven."""
        text = pom("flink")

        def fill(folder: Path) -> None:
            say("downloading Flink (315 MB)")
            python_package(_LIBRARIES, _LIBRARIES_SHA256, folder / "python")
            maven_jars(text, folder / "extra", transitive=False)

        return cache.folder("flink", _LIBRARIES + text, fill, say)

    def start(self, launch: Launch) -> None:
        """Start job manager and gateway; the task manager's memory is computed meanwhile."""
        conf = launch.write("conf/config.yaml", config(launch.folder, launch.ports)).parent
        logging = launch.write("conf/log4j.properties", FLINK_LOG4J)
        (launch.folder / "tmp").mkdir(exist_ok=True)
        env = _environment(launch, conf)
        path = ["-cp", _class_path(launch.installed)]

        def spawn(role: str, flags: Sequence[str], main: Sequence[str]) -> None:
            # The cluster's web page shows the file that `log.file` names.
            logs = [
                f"-Dlog4j.configurationFile={logging.as_uri()}",
                f"-Dlog.file={launch.log(role)}",
            ]
            launch.spawn(role, [JAVA.find(), *MODULE_FLAGS, *logs, *flags, *path, *main], env)

        spawn("flink-jobmanager", _ONE_GIGABYTE, [_JOB_MANAGER, "-c", str(conf)])
        spawn("flink-gateway", _TWO_GIGABYTES, [_GATEWAY])
        flags, options = _memory(launch.installed, conf, env)
        spawn("flink-taskmanager", flags, [_TASK_MANAGER, "--configDir", str(conf), *options])

    def healthy(self, ports: Mapping[str, int]) -> bool:
        """Has the cluster all its task slots, and does the gateway answer?"""
        addresses = self.addresses(ports)
        try:
            with httpx.Client(timeout=5, trust_env=False) as client:
                overview = client.get(addresses["flink_rest"] + "/overview").json()
                gateway = client.get(addresses["flink_gateway"] + "/info")
        except (httpx.HTTPError, ValueError):
            return False
        return bool(overview.get("slots-total", 0) >= TASK_SLOTS) and gateway.is_success

    def addresses(self, ports: Mapping[str, int]) -> dict[str, str]:
        """`flink_rest`: the cluster; `flink_gateway`: where SQL is sent."""
        return {
            "flink_rest": f"http://{HOST}:{ports['flink']}",
            "flink_gateway": f"http://{HOST}:{ports['flink-gateway']}",
        }


def _class_path(installed: Path) -> str:
    return f"{installed}/python/pyflink/lib/*:{installed}/extra/*"


def _environment(launch: Launch, conf: Path) -> dict[str, str]:
    flink = launch.installed / "python" / "pyflink"
    return {
        "FLINK_CONF_DIR": str(conf),
        "FLINK_LIB_DIR": str(flink / "lib"),
        "FLINK_OPT_DIR": str(flink / "opt"),
        "FLINK_PLUGINS_DIR": str(flink / "plugins"),
    }


def _memory(installed: Path, conf: Path, env: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """JVM flags and `-D` options of the task manager, which refuses any that do not add up."""
    jars = f"{installed}/python/pyflink/bin/bash-java-utils.jar:{_class_path(installed)}"
    command = [
        *(JAVA.find(), "-XX:TieredStopAtLevel=1", "-cp", jars),
        *(f"{_RUNTIME}.util.bash.BashJavaUtils", "GET_TM_RESOURCE_PARAMS"),
        *("--configDir", str(conf), "--bindAddress", HOST),
    ]
    failure = "Flink could not compute the task manager's memory"
    done = run(command, TOOL_SECONDS, failure, env)
    told = [part for line in done.stdout.splitlines() for part in line.split(_RESULT)[1:]]
    if len(told) != 2:  # noqa: PLR2004 - two lines: flags, options
        reason = (done.stderr or done.stdout).strip().splitlines()[:1]
        raise EngineError(f"{failure}: {reason}")
    return told[0].split(), told[1].split()
